//! `landbridge import users`.

mod input;
mod observer;
mod outcome;

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use anyhow::{Context, anyhow};
use clap::Args;
use flows::migration::import::{self, Existing, Format, ImportRefused, ImportRequest, Summary};

use crate::config::Loaded;
use crate::wiring::{self, Opening};

use super::{Failure, output};
use observer::Console;

/// Loads people from another system into a database connection
#[derive(Debug, Args)]
pub(crate) struct ImportUsers {
    /// The database connection that takes the people in
    #[arg(long, value_name = "NAME")]
    connection: String,
    /// What the file holds: auto, auth0-import, auth0-export or auth0-hashes
    #[arg(long, default_value = "auto", value_parser = format)]
    format: Told,
    /// The connection's name in the file, where it is another; rows of other connections are passed over
    #[arg(long, value_name = "NAME")]
    from_connection: Option<String>,
    /// The source that holds the passwords of people who come without a hash; by default the connection's own
    #[arg(long, value_name = "NAME")]
    source: Option<String>,
    /// Brings people up to date who are there already, instead of leaving them as they are
    #[arg(long)]
    upsert: bool,
    /// Brings people back who were deleted here
    #[arg(long)]
    restore_deleted: bool,
    /// Writes each refused row, and why, to this file as a line of JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Reads and checks everything and writes nothing but the report
    #[arg(long)]
    dry_run: bool,
    /// The file; - reads the standard input
    file: PathBuf,
}

/// A format, or none where it is to be told from the file.
#[derive(Clone, Copy, Debug)]
struct Told(Option<Format>);

fn format(name: &str) -> Result<Told, String> {
    let format = Format::ALL.into_iter().find(|format| format.as_str() == name);
    match format {
        None if name != "auto" => Err(format!("expected auto, {}", Format::ALL.map(Format::as_str).join(", "))),
        format => Ok(Told(format)),
    }
}

impl ImportUsers {
    fn request(&self) -> ImportRequest {
        ImportRequest {
            connection: self.connection.clone(),
            format: self.format.0,
            from_connection: self.from_connection.clone(),
            source: self.source.clone(),
            existing: if self.upsert { Existing::Update } else { Existing::Keep },
            restore_deleted: self.restore_deleted,
            dry_run: self.dry_run,
        }
    }
}

pub(super) async fn run(loaded: &Loaded, command: &ImportUsers) -> Result<(), Failure> {
    let input = input::open(&command.file)?;
    if command.report.as_deref().is_some_and(|report| is_one_file(report, &command.file)) {
        return Err(Failure::Configuration("--report names the file that is to be imported; name another".to_owned()));
    }
    let mut console = Console::new(command.report.as_deref())?;
    let services = wiring::services(&loaded.config, Opening::ForImport, None).await?;
    let context = wiring::own_context("landbridge import");
    let outcome = import::import(&services, &context, &command.request(), input, &mut console).await;
    services.store.close().await;
    let so_far = console.finish().context("the report cannot be written")?;
    let summary = outcome.map_err(|refused| failure(refused, &so_far))?;
    output::say(outcome::told(&summary, &command.connection, command.dry_run))?;
    refusals(&summary, command)
}

/// Whether both lead to the same file, by whatever names.
fn is_one_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| std::fs::metadata(path).map(|metadata| (metadata.dev(), metadata.ino())).ok();
    identity(one).is_some_and(|one| identity(other) == Some(one))
}

/// Part of the rows may be in already; whoever reads this learns that the same command takes up from there.
fn failure(refused: ImportRefused, so_far: &Summary) -> Failure {
    match refused {
        ImportRefused::UnknownConnection(_) | ImportRefused::NotADatabase(_) => {
            Failure::Configuration(refused.to_string())
        }
        refused if so_far.read == 0 => Failure::Work(refused.into()),
        refused => Failure::Work(anyhow::Error::from(refused).context(format!(
            "the import stopped after {} of {} rows, which stay; run the same command again to go on",
            so_far.read, so_far.total
        ))),
    }
}

fn refusals(summary: &Summary, command: &ImportUsers) -> Result<(), Failure> {
    if summary.refused == 0 {
        return Ok(());
    }
    let place = match &command.report {
        Some(report) => format!("{} says which, and why", report.display()),
        None => "run it again with --report FILE to have them all, with what is wrong with each".to_owned(),
    };
    Err(Failure::Incomplete(anyhow!("{} of {} rows were refused; {place}", summary.refused, summary.total)))
}
