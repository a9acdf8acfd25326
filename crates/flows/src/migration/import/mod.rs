//! Loading people from a file into a database connection, ahead of their first sign-in.
//!
//! The input is read twice, a row at a time: first for people who fall together ([`collisions`]), then row by row into
//! batches ([`batch`]) that are decided against the directory ([`deciding`]) and written whole ([`writing`]). A row
//! that cannot be taken is refused by itself. Whatever stops a run, what was written stays, and the same run again
//! takes up where it left off, because people who are there already are passed over.

mod auth0;
mod batch;
mod checkpoint;
mod collisions;
mod deciding;
mod decision;
mod directory;
mod entry;
mod fields;
mod format;
mod framing;
#[doc(hidden)]
pub mod inspection;
mod members;
mod presumption;
mod reader;
mod refusal;
mod run;
mod summary;
#[cfg(test)]
mod tests;

mod writing;

use std::io::{self, Read, Seek};
use std::sync::Arc;

use credentials::password::Limits;
use model::connection::Connection;
use model::event::EventType;
use store::StoreError;

use crate::events::event;
use crate::jobs::UsersImportProgress;
use crate::{InternalError, RequestContext, Services};
use checkpoint::{Beginning, Checkpoint};
use deciding::Decider;
use decision::Rules;
use run::Run;

pub use format::Format;
pub use framing::Place;
pub use reader::SkipReason;
pub use refusal::{RefusedRow, RowCode, RowError};
pub use summary::Summary;

/// How many rows have to come for the database to count its people.
const A_CROWD: u64 = 1_000;

/// What to import, and how.
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// Name of the database connection.
    pub connection: String,
    /// What the file holds; told from its beginning where this is `None`.
    pub format: Option<Format>,
    /// The connection's name in the file, where it differs from ours and from the source's realm. Rows of other
    /// connections are passed over.
    pub from_connection: Option<String>,
    /// The source that holds the passwords that come without a hash. By default the connection's own, if it is enabled.
    pub source: Option<String>,
    /// What becomes of people who are there already.
    pub existing: Existing,
    /// People who were deleted here are brought back.
    pub restore_deleted: bool,
    /// Nothing is written.
    pub dry_run: bool,
}

/// What a row does to somebody who is there already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Existing {
    /// They stay as they are, so that a run can simply be repeated.
    #[default]
    Keep,
    /// They are brought up to date.
    Update,
    /// The row is refused, as Auth0's import jobs do.
    Refuse,
}

/// Hears of a run while it runs.
pub trait ImportObserver: Send {
    /// Another batch has been dealt with.
    fn progress(&mut self, so_far: &Summary);

    /// A row was not taken. An error ends the run. Rows come in their order, but for those of batches that were
    /// written at once.
    fn refused(&mut self, row: RefusedRow) -> io::Result<()>;
}

/// Why an import does not run, or stops. What was written before stays.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefused {
    /// No connection has this name.
    #[error("no connection is called {0:?}")]
    UnknownConnection(String),
    /// Only our own database takes people in.
    #[error("the connection {0:?} is not a database connection")]
    NotADatabase(String),
    /// There is nothing in the input.
    #[error("the input is empty")]
    Empty,
    /// The input is compressed.
    #[error("the input is compressed; decompress it first, as in: zcat FILE | landbridge import users … -")]
    Compressed,
    /// The format cannot be told.
    #[error("the input looks like no format we know; name it, if it is one of {}", Format::ALL.map(Format::as_str).join(", "))]
    UnknownFormat,
    /// The input cannot be read.
    #[error("the input cannot be read")]
    Input(#[source] io::Error),
    /// The observer could not take a refused row.
    #[error("the report cannot be written")]
    Report(#[source] io::Error),
    /// Somebody else goes on with the run by now. What was written meanwhile is theirs.
    #[error("another process goes on with this import")]
    Overtaken,
    /// Something failed on our side.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for ImportRefused {
    fn from(error: StoreError) -> Self {
        ImportRefused::Internal(error.into())
    }
}

/// Imports people, or hashes of people who are there. Memory is bounded: one row of at most a MiB, a few batches, and
/// 16 to 24 bytes for each row of the input.
pub async fn import<R: Read + Seek + Send + 'static>(
    svc: &Services,
    cx: &RequestContext,
    request: &ImportRequest,
    input: R,
    observer: &mut dyn ImportObserver,
) -> Result<Summary, ImportRefused> {
    let connection = database_connection(svc, &request.connection).await?;
    let begun = event(svc, cx, EventType::ManagementWrite).describe("Began to import users from a file");
    let beginning = Beginning::told_by(begun.connection(&connection));
    let run = run(svc, cx, &connection, request, Checkpoint::Beginning(&beginning));
    let outcome = run.through(input, Summary::default(), observer).await;
    match &outcome {
        Ok(summary) if !request.dry_run => {
            record(svc, cx, &connection, summary).await?;
            if summary.read > A_CROWD {
                tell_the_database(svc).await;
            }
        }
        Err(refused) if beginning.is_told() => {
            let failed = event(svc, cx, EventType::UsersImportFailed).connection(&connection);
            failed.describe(refused.to_string()).record_alone(svc).await?;
        }
        Ok(_) | Err(_) => {}
    }
    outcome
}

/// The import is done without it.
async fn tell_the_database(svc: &Services) {
    if let Err(error) = svc.store.count_people().await {
        tracing::warn!(%error, "the database could not count its people; searches may be slow until it does by itself");
    }
}

/// Goes on with an import for a job, whose files are small, and which hears of every row in the write that settles it.
pub(crate) async fn resume<R: Read + Seek + Send + 'static>(
    svc: &Services,
    cx: &RequestContext,
    request: &ImportRequest,
    input: R,
    progress: &UsersImportProgress<'_>,
) -> Result<Summary, ImportRefused> {
    let connection = database_connection(svc, &request.connection).await?;
    let run = run(svc, cx, &connection, request, Checkpoint::Job(progress));
    let summary = run.through(input, progress.before(), &mut Unheard).await?;
    record(svc, cx, &connection, &summary).await?;
    Ok(summary)
}

fn run<'a>(
    svc: &Services,
    cx: &RequestContext,
    connection: &Connection,
    request: &'a ImportRequest,
    checkpoint: Checkpoint<'a>,
) -> Run<'a> {
    let decider = Decider::of(&svc.store, &svc.entropy, Rules::of(request, connection, cx.now));
    Run { request, limits: Limits::default(), decider, checkpoint, pace: Arc::default() }
}

/// A job is told at its checkpoints.
struct Unheard;

impl ImportObserver for Unheard {
    fn progress(&mut self, _: &Summary) {}

    fn refused(&mut self, _: RefusedRow) -> io::Result<()> {
        Ok(())
    }
}

async fn database_connection(svc: &Services, name: &str) -> Result<Connection, ImportRefused> {
    let stored = store::connections::find_by_name(&mut svc.store.read().await?, name).await?;
    let connection = stored.ok_or_else(|| ImportRefused::UnknownConnection(name.to_owned()))?.connection;
    if connection.is_database() { Ok(connection) } else { Err(ImportRefused::NotADatabase(connection.name)) }
}

async fn record(
    svc: &Services,
    cx: &RequestContext,
    connection: &Connection,
    summary: &Summary,
) -> Result<(), StoreError> {
    let skipped: u64 = summary.skipped.values().sum();
    event(svc, cx, EventType::UsersImported)
        .connection(connection)
        .describe("Imported users from a file")
        .detail("total", summary.total)
        .detail("inserted", summary.inserted)
        .detail("updated", summary.updated)
        .detail("unchanged", summary.unchanged)
        .detail("skipped", skipped)
        .detail("failed", summary.refused)
        .record_alone(svc)
        .await
}
