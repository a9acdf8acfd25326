//! One run, from the first byte to the last batch.

use std::io::{self, Read, Seek, SeekFrom};

use credentials::password::Limits;
use keys::Entropy;
use model::connection::{Connection, Source};
use model::{Timestamp, UserId};
use store::{Store, StoreError};
use tokio::sync::mpsc;

use super::batch::{self, Reading};
use super::collisions::{Key, Survey};
use super::decision::{Decision, Rules};
use super::directory::Directory;
use super::entry::Entry;
use super::format::Format;
use super::framing::Records;
use super::reader::{RowReader, Said};
use super::refusal::{RefusedRow, RowCode, RowError, masked};
use super::summary::Summary;
use super::writing::{Written, write};
use super::{ImportObserver, ImportRefused, ImportRequest};
use crate::error::OrInternal;

/// How often one row is decided again before it is given up. Each time, somebody changed the same person meanwhile.
const ATTEMPTS: u32 = 3;

/// The first byte of what gzip made. No text begins with it.
const GZIP: u8 = 0x1f;

/// What a run works with.
pub(super) struct Run<'a> {
    pub(super) store: &'a Store,
    pub(super) entropy: &'a dyn Entropy,
    pub(super) connection: &'a Connection,
    pub(super) request: &'a ImportRequest,
    pub(super) limits: Limits,
    pub(super) now: Timestamp,
}

impl Run<'_> {
    /// Reads the input twice and writes what it says.
    pub(super) async fn through<R: Read + Seek + Send + 'static>(
        &self,
        input: R,
        observer: &mut dyn ImportObserver,
    ) -> Result<Summary, ImportRefused> {
        let first_pass = self.first_pass();
        let prepared = tokio::task::spawn_blocking(move || first_pass.over(input));
        let Prepared { input, reader, survey } = prepared.await.or_internal("reading the input")??;
        let mut summary = Summary { total: survey.rows, ..Summary::default() };
        observer.progress(&summary);
        let (sender, mut receiver) = mpsc::channel(batch::AHEAD);
        let second_pass = tokio::task::spawn_blocking(move || send_batches(input, &reader, &survey, &sender));
        while let Some(batch) = receiver.recv().await {
            self.take(batch.map_err(ImportRefused::Input)?, &mut summary, observer).await?;
            observer.progress(&summary);
        }
        second_pass.await.or_internal("reading the input")?;
        Ok(summary)
    }

    fn first_pass(&self) -> FirstPass {
        FirstPass {
            format: self.request.format,
            connection: self.connection.clone(),
            called: self.request.from_connection.clone(),
            limits: self.limits,
            key: self.entropy.array(),
        }
    }

    async fn take(
        &self,
        batch: Vec<Reading>,
        summary: &mut Summary,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportRefused> {
        let entries: Vec<&Entry> = batch.iter().filter_map(Reading::entry).collect();
        let mut decisions = self.settle(&entries).await?.into_iter();
        for reading in batch {
            summary.read += 1;
            let errors = match reading.said {
                Said::Refused(errors) => errors,
                Said::Skipped(reason) => {
                    summary.skip(reason);
                    Vec::new()
                }
                Said::Entry(_) => {
                    let decision = decisions.next().expect("every entry is decided once, in their order");
                    summary.count(decision, reading.left_out).into_iter().collect()
                }
            };
            if !errors.is_empty() {
                summary.refused += 1;
                let refused = RefusedRow { place: reading.place, user: reading.row.as_ref().map(masked), errors };
                observer.refused(refused).map_err(ImportRefused::Report)?;
            }
        }
        Ok(())
    }

    /// Decides and writes. Where the directory changed meanwhile, each row is decided and written by itself.
    async fn settle(&self, entries: &[&Entry]) -> Result<Vec<Decision>, StoreError> {
        if let Some(decisions) = self.attempt(entries).await? {
            return Ok(decisions);
        }
        let mut decisions = Vec::with_capacity(entries.len());
        for entry in entries {
            decisions.push(self.settle_alone(entry).await?);
        }
        Ok(decisions)
    }

    async fn settle_alone(&self, entry: &Entry) -> Result<Decision, StoreError> {
        for _ in 0..ATTEMPTS {
            if let Some(decision) = self.attempt(&[entry]).await?.and_then(|mut decisions| decisions.pop()) {
                return Ok(decision);
            }
        }
        let message = "the person is being changed at this moment; import the row again";
        Ok(Decision::Refuse(RowError::of_row(RowCode::Conflict, message)))
    }

    /// `None` where somebody signed up, changed or left between the question and the write; nothing was written.
    async fn attempt(&self, entries: &[&Entry]) -> Result<Option<Vec<Decision>>, StoreError> {
        let Run { store, connection, request, .. } = self;
        let directory = Directory::about(&mut store.snapshot().await?, &connection.id, entries, request.upsert).await?;
        let rules = self.rules();
        let fresh_id = || UserId::random_external_id(self.entropy.array());
        let decisions: Vec<_> = entries.iter().map(|entry| rules.decide(entry, &directory, fresh_id)).collect();
        if request.dry_run {
            return Ok(Some(decisions));
        }
        Ok(match write(store, &connection.id, &decisions, self.now).await? {
            Written::Outdated => None,
            Written::Done(moved) => Some(decisions.into_iter().map(|one| one.unless_moved(&moved)).collect()),
        })
    }

    fn rules(&self) -> Rules<'_> {
        let enabled =
            self.connection.source.as_ref().filter(|source| source.enabled).map(|source: &Source| &source.name);
        Rules {
            connection: self.connection,
            source: self.request.source.as_ref().or(enabled).map(String::as_str),
            upsert: self.request.upsert,
            restore_deleted: self.request.restore_deleted,
            now: self.now,
        }
    }
}

/// What the first pass needs, on a thread of its own.
struct FirstPass {
    format: Option<Format>,
    connection: Connection,
    called: Option<String>,
    limits: Limits,
    key: Key,
}

/// What the second pass needs.
struct Prepared<R> {
    input: R,
    reader: RowReader,
    survey: Survey,
}

impl FirstPass {
    fn over<R: Read + Seek>(self, mut input: R) -> Result<Prepared<R>, ImportRefused> {
        let format = match self.format {
            Some(format) => format,
            None => Format::tell(open_rows(&mut input)?)
                .map_err(ImportRefused::Input)?
                .ok_or(ImportRefused::UnknownFormat)?,
        };
        let reader = RowReader::new(format, &self.connection, self.called.as_deref(), self.limits);
        let survey = Survey::of(open_rows(&mut input)?, &reader, self.key).map_err(ImportRefused::Input)?;
        Ok(Prepared { input, reader, survey })
    }
}

/// The rows of the input from its beginning, if it may hold any.
fn open_rows<R: Read + Seek>(input: &mut R) -> Result<Records<&mut R>, ImportRefused> {
    let records = open(input).map_err(ImportRefused::Input)?.ok_or(ImportRefused::Empty)?;
    if records.first_byte() == GZIP { Err(ImportRefused::Compressed) } else { Ok(records) }
}

fn open<R: Read + Seek>(input: &mut R) -> io::Result<Option<Records<&mut R>>> {
    input.seek(SeekFrom::Start(0))?;
    Records::open(input)
}

fn send_batches<R: Read + Seek>(
    mut input: R,
    reader: &RowReader,
    survey: &Survey,
    sender: &mpsc::Sender<io::Result<Vec<Reading>>>,
) {
    match open(&mut input) {
        Ok(records) => records.into_iter().for_each(|records| batch::send_all(records, reader, survey, sender)),
        Err(error) => {
            // An error says that nobody waits for it.
            let _ = sender.blocking_send(Err(error));
        }
    }
}
