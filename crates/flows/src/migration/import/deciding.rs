//! Deciding about one batch while another is written.

use std::io;
use std::sync::Arc;

use keys::Entropy;
use model::UserId;
use store::{Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::ImportRefused;
use super::batch::{Batch, Reading, SurveyedReader};
use super::decision::{Decision, Rules};
use super::directory::Directory;
use super::entry::Entry;
use super::framing::Record;
use super::presumption::Presumption;
use super::reader::Said;
use super::refusal::RowError;
use super::writing::{Outcome, Writing};

/// Rows that are read, or decided about, before anything else gets a turn.
const AT_A_TIME: usize = 100;

/// A batch that is decided about, and what of it is to be written.
pub(super) struct Decided {
    pub(super) reader: Arc<SurveyedReader>,
    pub(super) rows: Vec<DecidedRow>,
    pub(super) writing: Writing,
    /// Nobody was looked up: where anybody is there, the write is refused.
    pub(super) is_presumed: bool,
}

/// A row as it came, and what becomes of it once its batch is written. What it says is not kept, since it takes three
/// times the room; where it is wanted again, the row is read again.
pub(super) struct DecidedRow {
    pub(super) record: Record,
    pub(super) outcome: Outcome,
    /// Its fields for which there is no place.
    pub(super) left_out: Vec<String>,
}

/// Holds batches against the directory.
pub(super) struct Decider {
    pub(super) store: Store,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) rules: Rules,
    pub(super) presumption: Presumption,
}

impl Decider {
    pub(super) fn of(store: &Store, entropy: &Arc<dyn Entropy>, rules: Rules) -> Arc<Self> {
        let (store, entropy) = (store.clone(), Arc::clone(entropy));
        Arc::new(Decider { store, entropy, rules, presumption: Presumption::default() })
    }

    /// Decides about each batch while the one before it is written. That can be told apart, because nobody is in both:
    /// who is in the input twice was refused. Ends with the batches, and when nobody receives any more.
    ///
    /// For a thread that may block: each batch is read there too, so that no more than two threads, this one and
    /// the one that writes, want a processor at a time. None is begun before there is room for what comes of it.
    pub(super) fn decide_all(
        &self,
        mut batches: impl Iterator<Item = io::Result<Batch>>,
        decided: &mpsc::Sender<Result<Decided, ImportRefused>>,
    ) {
        let runtime = Handle::current();
        while let Ok(room) = runtime.block_on(decided.reserve())
            && let Some(batch) = batches.next()
        {
            room.send(match batch {
                Ok(batch) => runtime.block_on(self.presume(batch)).map_err(ImportRefused::from),
                Err(error) => Err(ImportRefused::Input(error)),
            });
        }
    }

    /// Decides by what the directory holds.
    pub(super) async fn decide(&self, batch: Batch) -> Result<Decided, StoreError> {
        let (reader, readings) = read(batch).await;
        let directory = self.directory(&entries(&readings)).await?;
        self.decide_by(&directory, reader, readings).await
    }

    /// The same, but nobody is looked up where nobody is expected to be there. That spares the database a tenth of its
    /// work for people who are all new.
    async fn presume(&self, batch: Batch) -> Result<Decided, StoreError> {
        let (reader, readings) = read(batch).await;
        let entries = entries(&readings);
        let is_presumed = self.presumption.holds() && self.may_be_presumed(&entries);
        let directory = if is_presumed { Directory::default() } else { self.directory(&entries).await? };
        if !is_presumed && !entries.is_empty() {
            self.presumption.learn(directory.is_empty());
        }
        Ok(Decided { is_presumed, ..self.decide_by(&directory, reader, readings).await? })
    }

    /// Only the write of a person tells whether they are there. That of a hash does not, and a dry run has none.
    fn may_be_presumed(&self, entries: &[&Entry]) -> bool {
        !self.rules.dry_run && entries.iter().all(|entry| matches!(entry, Entry::Person(_)))
    }

    async fn decide_by(
        &self,
        directory: &Directory,
        reader: Arc<SurveyedReader>,
        readings: Vec<Reading>,
    ) -> Result<Decided, StoreError> {
        let (mut rows, mut writing) = (Vec::with_capacity(readings.len()), Writing::of(&self.store));
        for Reading { record, said, left_out } in readings {
            let outcome = match said {
                Said::Entry(entry) => writing.add(self.decision(entry, directory), self.rules.now)?,
                Said::Skipped(reason) => Outcome::Skipped(reason),
                Said::Refused(errors) => Outcome::Refused(errors),
            };
            rows.push(DecidedRow { record, outcome, left_out });
            let_others_in_after(rows.len()).await;
        }
        Ok(Decided { reader, rows, writing, is_presumed: false })
    }

    /// A batch of which nothing is taken.
    pub(super) fn refuse(&self, Batch { reader, records }: Batch, error: &RowError) -> Decided {
        let refused = || Outcome::Refused(vec![error.clone()]);
        let rows = records.into_iter().map(|record| DecidedRow { record, outcome: refused(), left_out: Vec::new() });
        Decided { reader, rows: rows.collect(), writing: Writing::of(&self.store), is_presumed: false }
    }

    async fn directory(&self, entries: &[&Entry]) -> Result<Directory, StoreError> {
        let mut snapshot = self.store.snapshot().await?;
        let Rules { connection, existing, .. } = &self.rules;
        Directory::about(&mut snapshot, &connection.id, entries, *existing).await
    }

    fn decision(&self, entry: Entry, directory: &Directory) -> Decision {
        self.rules.decide(entry, directory, || UserId::random_external_id(self.entropy.array()))
    }
}

async fn read(Batch { reader, records }: Batch) -> (Arc<SurveyedReader>, Vec<Reading>) {
    let mut readings = Vec::with_capacity(records.len());
    for record in records {
        readings.push(reader.read(record));
        let_others_in_after(readings.len()).await;
    }
    (reader, readings)
}

fn entries(readings: &[Reading]) -> Vec<&Entry> {
    readings.iter().filter_map(Reading::entry).collect()
}

/// Gives whatever else runs on the thread its turn, once in so many rows.
async fn let_others_in_after(rows: usize) {
    if rows.is_multiple_of(AT_A_TIME) {
        tokio::task::yield_now().await;
    }
}
