//! What the command line can do, one module for each command.

mod config_check;
mod config_show;
mod demo;
mod events;
mod generate_docs;
mod import;
mod keys;
mod migration;
mod output;
mod serve;

use std::process::ExitCode;

use rustls::crypto::aws_lc_rs;

use crate::Failure;
use crate::cli::{Cli, Command, ConfigCommand, EventsCommand, ImportCommand, KeysCommand, MigrationCommand};
use crate::memory::take_small_pages;
pub(crate) use demo::DemoOptions;
pub(crate) use import::ImportUsers;

/// Does what the command line says; what goes wrong is said on the standard error stream.
pub fn run(cli: &Cli) -> ExitCode {
    // Whoever sets up TLS anywhere in this process finds this provider. The first to install one wins, and nobody came
    // before.
    let _ = aws_lc_rs::default_provider().install_default();
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            output::remark(format_args!("error: {failure}\n"));
            failure.exit_code()
        }
    }
}

fn dispatch(cli: &Cli) -> Result<(), Failure> {
    match &cli.command {
        Command::Serve => {
            take_small_pages();
            in_runtime(serve::run(&cli.load()?))
        }
        Command::Demo(options) => in_runtime(demo::run(options)),
        Command::Config(ConfigCommand::Check) => config_check::run(&cli.load()?),
        Command::Config(ConfigCommand::Show) => Ok(config_show::run(&cli.load()?)?),
        Command::Keys(KeysCommand::List) => in_runtime(keys::list(&cli.load()?)),
        Command::Keys(KeysCommand::Rotate) => in_runtime(keys::rotate(&cli.load()?)),
        Command::Keys(KeysCommand::Revoke { kid }) => in_runtime(keys::revoke(&cli.load()?, kid)),
        Command::Events(EventsCommand::Verify { head }) => in_runtime(events::verify(&cli.load()?, head.as_ref())),
        Command::Import(ImportCommand::Users(command)) => in_runtime(import::run(&cli.load()?, command)),
        Command::Migration(MigrationCommand::Status { json }) => in_runtime(migration::status(&cli.load()?, *json)),
        Command::GenerateDocs { folder } => Ok(generate_docs::run(folder)?),
    }
}

fn in_runtime(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    runtime.block_on(work)
}
