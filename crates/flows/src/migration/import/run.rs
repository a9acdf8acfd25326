//! One run, from the first byte to the last batch.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::{Arc, Mutex, MutexGuard};

use credentials::password::Limits;
use futures_util::future::try_join_all;
use model::connection::Connection;
use tokio::sync::mpsc;

use super::batch::{Batch, Batches, Pace, SurveyedReader};
use super::checkpoint::Checkpoint;
use super::collisions::{Key, Survey};
use super::deciding::{Decided, DecidedRow, Decider};
use super::format::Format;
use super::framing::Records;
use super::reader::{RowReader, SkipReason};
use super::refusal::{RefusedRow, RowCode, RowError};
use super::summary::Summary;
use super::writing::{Outcome, Written};
use super::{Existing, ImportObserver, ImportRefused, ImportRequest};
use crate::error::OrInternal;

/// How often the directory is asked about a batch before each of its rows is by itself.
const ATTEMPTS_TOGETHER: u32 = 2;

/// How often one row is decided again before it is given up. Each time, somebody changed the same person meanwhile.
const ATTEMPTS: u32 = 3;

/// Batches that are being decided about, or wait to be written.
const AHEAD: usize = 1;

/// The first byte of what gzip made. No text begins with it.
const GZIP: u8 = 0x1f;

/// What a run works with.
pub(super) struct Run<'a> {
    pub(super) request: &'a ImportRequest,
    pub(super) limits: Limits,
    pub(super) decider: Arc<Decider>,
    pub(super) checkpoint: Checkpoint<'a>,
    pub(super) pace: Arc<Pace>,
}

impl Run<'_> {
    /// Reads the input twice and writes what it says. `before` is what an earlier run counted of the same input.
    pub(super) async fn through<R: Read + Seek + Send + 'static>(
        &self,
        input: R,
        before: Summary,
        observer: &mut dyn ImportObserver,
    ) -> Result<Summary, ImportRefused> {
        let first_pass = self.first_pass();
        let prepared = tokio::task::spawn_blocking(move || first_pass.over(input));
        let Prepared { input, reader } = prepared.await.or_internal("reading the input")??;
        let settled = usize::try_from(before.read).or_internal("counting rows")?;
        let mut summary = Summary { total: reader.survey.rows, ..before };
        observer.progress(&summary);
        let (sender, batches) = mpsc::channel(AHEAD);
        let (decider, pace) = (Arc::clone(&self.decider), Arc::clone(&self.pace));
        let second_pass = tokio::task::spawn_blocking(move || match open(input) {
            Ok(records) => {
                let records = records.into_iter().flatten().skip(settled);
                decider.decide_all(Batches::of(records, reader, pace), &sender);
            }
            Err(error) => {
                // An error says that nobody waits for it.
                let _ = sender.blocking_send(Err(ImportRefused::Input(error)));
            }
        });
        self.take_all(batches, &mut summary, observer).await?;
        second_pass.await.or_internal("reading rows and deciding about them")?;
        Ok(summary)
    }

    async fn take_all(
        &self,
        batches: mpsc::Receiver<Result<Decided, ImportRefused>>,
        summary: &mut Summary,
        observer: &mut dyn ImportObserver,
    ) -> Result<(), ImportRefused> {
        let batches = tokio::sync::Mutex::new(batches);
        let told = Mutex::new(Told { summary, observer });
        // How far a job is can be noted only if one batch is written after the other.
        let lanes = if self.checkpoint.is_kept() { 1 } else { self.decider.store.writes_at_once() };
        try_join_all((0..lanes).map(|_| self.take_some(&batches, &told))).await.map(|_| ())
    }

    async fn take_some(
        &self,
        batches: &tokio::sync::Mutex<mpsc::Receiver<Result<Decided, ImportRefused>>>,
        told: &Mutex<Told<'_>>,
    ) -> Result<(), ImportRefused> {
        let next = async || batches.lock().await.recv().await;
        while let Some(decided) = next().await {
            let refused = Box::pin(self.settle(decided?, told)).await?;
            locked(told).tell(refused)?;
        }
        Ok(())
    }

    fn connection(&self) -> &Connection {
        &self.decider.rules.connection
    }

    fn first_pass(&self) -> FirstPass {
        FirstPass {
            format: self.request.format,
            connection: self.connection().clone(),
            called: self.request.from_connection.clone(),
            limits: self.limits,
            key: self.decider.entropy.array(),
        }
    }

    /// Writes, counts, and answers which rows were refused. Where the directory is not what it was presumed to be, or has
    /// changed meanwhile, it is asked about the batch, and if it has changed once more, each row is decided and written
    /// by itself.
    async fn settle(&self, mut decided: Decided, told: &Mutex<Told<'_>>) -> Result<Vec<RefusedRow>, ImportRefused> {
        let mut changes = 0;
        loop {
            let is_presumed = decided.is_presumed;
            let outdated = match self.write(decided, told).await? {
                Ok(refused) => return Ok(refused),
                Err(outdated) => outdated,
            };
            if is_presumed {
                self.decider.presumption.was_wrong();
            } else {
                changes += 1;
            }
            if changes == ATTEMPTS_TOGETHER {
                return self.settle_singles(outdated, told).await;
            }
            decided = self.decider.decide(outdated).await?;
        }
    }

    async fn settle_singles(&self, batch: Batch, told: &Mutex<Told<'_>>) -> Result<Vec<RefusedRow>, ImportRefused> {
        let mut refused = Vec::new();
        for single in batch.into_singles() {
            refused.extend(self.settle_single(single, told).await?);
        }
        Ok(refused)
    }

    async fn settle_single(&self, mut single: Batch, told: &Mutex<Told<'_>>) -> Result<Vec<RefusedRow>, ImportRefused> {
        for _ in 0..ATTEMPTS {
            single = match self.write(self.decider.decide(single).await?, told).await? {
                Ok(refused) => return Ok(refused),
                Err(outdated) => outdated,
            };
        }
        let message = "the person is being changed at this moment; import the row again";
        let given_up = self.decider.refuse(single, &RowError::of_row(RowCode::Conflict, message));
        Ok(self.write(given_up, told).await?.unwrap_or_default())
    }

    /// Gives the batch back where somebody signed up, changed or left between the question and the write; nothing was
    /// written then.
    async fn write(
        &self,
        Decided { reader, mut rows, writing, .. }: Decided,
        told: &Mutex<Told<'_>>,
    ) -> Result<Result<Vec<RefusedRow>, Batch>, ImportRefused> {
        let writes = !writing.is_empty() || self.checkpoint.is_kept();
        if self.request.dry_run || !writes {
            return Ok(Ok(self.count(&reader, &rows, locked(told).summary)));
        }
        let outdated = |rows: Vec<DecidedRow>| Batch {
            reader: Arc::clone(&reader),
            records: rows.into_iter().map(|row| row.record).collect(),
        };
        let mut tx = self.decider.store.write().await?;
        let moved = match writing.write(&mut tx, &self.connection().id).await {
            Ok(Written::Done(moved)) => moved,
            Ok(Written::Outdated) => return Ok(Err(outdated(rows))),
            Ok(Written::ConnectionGone) => {
                return Err(ImportRefused::UnknownConnection(self.connection().name.clone()));
            }
            Err(error) if error.is_of_a_deadlock() => return Ok(Err(outdated(rows))),
            Err(error) => return Err(error.into()),
        };
        for row in &mut rows {
            row.outcome.leave_alone(&moved);
        }
        let (refused, so_far) = {
            let summary = &mut *locked(told).summary;
            (self.count(&reader, &rows, summary), summary.clone())
        };
        if !self.checkpoint.note(&mut tx, &so_far, &refused).await? {
            return Err(ImportRefused::Overtaken);
        }
        tx.commit().await?;
        // Its memory is given back meanwhile, which takes longer than the way that is made.
        tokio::task::spawn_blocking(move || drop(rows));
        let others_wrote = self.decider.store.make_way().await;
        self.pace.keep_to(others_wrote || !self.may_take_longer());
        Ok(Ok(refused))
    }

    /// Whether batches may be larger while nobody else writes. A job runs where others write by the same connection, of
    /// which nothing tells; and whoever is updated or brought back is some statements, and not a part of one.
    fn may_take_longer(&self) -> bool {
        !self.checkpoint.is_kept() && self.request.existing != Existing::Update && !self.request.restore_deleted
    }

    /// Counts every row of a batch, and answers which were refused. A job has to tell of each row that it did not take.
    fn count(&self, reader: &SurveyedReader, rows: &[DecidedRow], summary: &mut Summary) -> Vec<RefusedRow> {
        let mut refused = Vec::new();
        for DecidedRow { record, outcome, left_out } in rows {
            let errors = match outcome {
                Outcome::Skipped(reason) if self.checkpoint.is_kept() => {
                    summary.count(&Outcome::Refused(vec![passed_over(*reason)]), left_out)
                }
                other => summary.count(other, left_out),
            };
            refused.extend(errors.map(|errors| reader.refused(record, errors)));
        }
        refused
    }
}

/// What is told of a run while it runs, by whichever lane has something to tell.
struct Told<'a> {
    summary: &'a mut Summary,
    observer: &'a mut dyn ImportObserver,
}

impl Told<'_> {
    fn tell(&mut self, refused: Vec<RefusedRow>) -> Result<(), ImportRefused> {
        refused.into_iter().try_for_each(|row| self.observer.refused(row)).map_err(ImportRefused::Report)?;
        self.observer.progress(self.summary);
        Ok(())
    }
}

fn locked<'a, 'told>(told: &'a Mutex<Told<'told>>) -> MutexGuard<'a, Told<'told>> {
    told.lock().expect("nothing panics while it holds the lock")
}

fn passed_over(reason: SkipReason) -> RowError {
    RowError::of_row(RowCode::Conflict, format!("passed over, as rows are {}", reason.as_str()))
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
    reader: SurveyedReader,
}

impl FirstPass {
    fn over<R: Read + Seek + Send>(self, mut input: R) -> Result<Prepared<R>, ImportRefused> {
        let format = match self.format {
            Some(format) => format,
            None => Format::tell(open_rows(&mut input)?)
                .map_err(ImportRefused::Input)?
                .ok_or(ImportRefused::UnknownFormat)?,
        };
        let reader = RowReader::new(format, &self.connection, self.called.as_deref(), self.limits);
        let survey = Survey::of(open_rows(&mut input)?, &reader, self.key).map_err(ImportRefused::Input)?;
        Ok(Prepared { input, reader: SurveyedReader { reader, survey } })
    }
}

/// The rows of the input from its beginning, if it may hold any.
fn open_rows<R: Read + Seek>(input: &mut R) -> Result<Records<&mut R>, ImportRefused> {
    let records = open(input).map_err(ImportRefused::Input)?.ok_or(ImportRefused::Empty)?;
    if records.first_byte() == GZIP { Err(ImportRefused::Compressed) } else { Ok(records) }
}

fn open<R: Read + Seek>(mut input: R) -> io::Result<Option<Records<R>>> {
    input.seek(SeekFrom::Start(0))?;
    Records::open(input)
}
