//! Deciding about one batch while another is written.

use std::io;
use std::sync::Arc;

use keys::Entropy;
use model::UserId;
use store::{Store, StoreError};
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::ImportRefused;
use super::batch::Reading;
use super::decision::Rules;
use super::directory::Directory;
use super::entry::Entry;
use super::writing::{Outcome, Writing};

/// Rows that are decided about before anything else gets a turn.
const AT_A_TIME: usize = 100;

/// A batch, what becomes of each of its entries in their order once it is written, and what of it is to be written.
pub(super) struct Decided {
    pub(super) batch: Vec<Reading>,
    pub(super) outcomes: Vec<Outcome>,
    pub(super) writing: Writing,
}

/// Holds batches against the directory.
pub(super) struct Decider {
    pub(super) store: Store,
    pub(super) entropy: Arc<dyn Entropy>,
    pub(super) rules: Rules,
}

impl Decider {
    pub(super) fn of(store: &Store, entropy: &Arc<dyn Entropy>, rules: Rules) -> Arc<Self> {
        Arc::new(Decider { store: store.clone(), entropy: Arc::clone(entropy), rules })
    }

    /// Decides about each batch while the one before it is written. That can be told apart, because nobody is in both:
    /// who is in the input twice was refused. Ends with the batches, and when nobody receives any more.
    ///
    /// For a thread that may block: each batch is read there too, so that no more than two threads, this one and
    /// the one that writes, want a processor at a time.
    pub(super) fn decide_all(
        &self,
        batches: impl Iterator<Item = io::Result<Vec<Reading>>>,
        decided: &mpsc::Sender<Result<Decided, ImportRefused>>,
    ) {
        let runtime = Handle::current();
        for batch in batches {
            let next = match batch {
                Ok(batch) => runtime.block_on(self.decide(batch)).map_err(ImportRefused::from),
                Err(error) => Err(ImportRefused::Input(error)),
            };
            if decided.blocking_send(next).is_err() {
                return;
            }
        }
    }

    pub(super) async fn decide(&self, batch: Vec<Reading>) -> Result<Decided, StoreError> {
        let entries: Vec<&Entry> = batch.iter().filter_map(Reading::entry).collect();
        let directory = self.directory(&entries).await?;
        let (mut outcomes, mut writing) = (Vec::with_capacity(entries.len()), Writing::of(&self.store));
        for some in entries.chunks(AT_A_TIME) {
            for entry in some {
                let fresh_id = || UserId::random_external_id(self.entropy.array());
                outcomes.push(writing.add(self.rules.decide(entry, &directory, fresh_id), self.rules.now)?);
            }
            tokio::task::yield_now().await;
        }
        Ok(Decided { batch, outcomes, writing })
    }

    async fn directory(&self, entries: &[&Entry]) -> Result<Directory, StoreError> {
        Directory::about(&mut self.store.snapshot().await?, &self.rules.connection.id, entries, self.rules.existing)
            .await
    }
}
