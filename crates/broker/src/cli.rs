//! The command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use flows::event_seals::Head;

use crate::commands::{DemoOptions, ImportUsers};
use crate::config::{ConfigError, Loaded, Sources, environment, load};

/// An OIDC identity broker with lazy migration: applications sign people in through it while people move between
/// identity providers, one sign-in at a time.
#[derive(Debug, Parser)]
#[command(name = "landbridge", version)]
pub struct Cli {
    /// The configuration file; landbridge.toml in the working directory if it exists
    #[arg(long, global = true, env = "LANDBRIDGE_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Overrides one setting, such as server.listen=0.0.0.0:3000; may be given several times
    #[arg(long = "set", global = true, value_name = "KEY=VALUE")]
    overrides: Vec<String>,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Runs the broker until it is told to stop
    Serve,
    /// Runs a broker, an old provider with people in it and an application on this machine, to try a move
    Demo(DemoOptions),
    /// Looks at the configuration without starting
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Looks after the keys that sign tokens
    #[command(subcommand)]
    Keys(KeysCommand),
    /// Looks after the log of events
    #[command(subcommand)]
    Events(EventsCommand),
    /// Loads what another system holds
    #[command(subcommand)]
    Import(ImportCommand),
    /// Looks after a move from another system
    #[command(subcommand)]
    Migration(MigrationCommand),
    /// Writes the generated part of docs/reference
    #[command(hide = true)]
    GenerateDocs {
        /// Where to
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ConfigCommand {
    /// Validates every setting and every file that settings name
    Check,
    /// Prints the values in effect and where each comes from, and no secret
    Show,
}

#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Prints every key there has been
    List,
    /// Has the published next key sign from now on, and publishes another
    Rotate,
    /// Withdraws a key that no longer signs: its tokens become worthless
    Revoke {
        /// The key's id, as `landbridge keys list` prints it
        // One in 64 begins with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum EventsCommand {
    /// Tells whether anybody altered the log behind the broker's back, and where
    Verify {
        /// A head that was printed or logged before and kept elsewhere, to tell whether the end was cut off
        #[arg(long, value_name = "HEAD")]
        head: Option<Head>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum ImportCommand {
    /// Loads people, or the hashes of people who are there, into a database connection
    Users(ImportUsers),
}

#[derive(Debug, Subcommand)]
pub(crate) enum MigrationCommand {
    /// Counts who has moved and who is still to come
    Status {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

impl Cli {
    /// The configuration this command line, the environment and the file make together.
    pub(crate) fn load(&self) -> Result<Loaded, ConfigError> {
        let environment = environment::variables()?;
        load(&Sources { file: self.config.clone(), environment, overrides: self.overrides.clone() })
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn options_may_stand_behind_the_command() {
        let cli =
            Cli::parse_from(["landbridge", "config", "show", "--config", "a.toml", "--set", "a=b", "--set", "c=d"]);
        assert_eq!(cli.config, Some("a.toml".into()));
        assert_eq!(cli.overrides, ["a=b", "c=d"]);
        assert!(matches!(cli.command, Command::Config(ConfigCommand::Show)));
    }
}
