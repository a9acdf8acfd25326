//! Deciding about one batch while another is written, on a task of its own.

use std::io;
use std::sync::Arc;

use keys::Entropy;
use model::UserId;
use store::{Store, StoreError};
use tokio::sync::mpsc;

use super::ImportRefused;
use super::batch::Reading;
use super::decision::Rules;
use super::directory::Directory;
use super::entry::Entry;
use super::writing::{Outcome, Writing};

/// Rows that are decided about before anything else gets a turn.
const AT_A_TIME: usize = 100;

/// Batches that are decided about while one is written.
const AHEAD: usize = 1;

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
    pub(super) fn decide_all(
        self: &Arc<Self>,
        mut batches: mpsc::Receiver<io::Result<Vec<Reading>>>,
    ) -> mpsc::Receiver<Result<Decided, ImportRefused>> {
        let (sender, decided) = mpsc::channel(AHEAD);
        let this = Arc::clone(self);
        tokio::spawn(async move {
            // Room comes first, so that no batch waits in memory besides the one that does so there.
            while let Ok(room) = sender.reserve().await
                && let Some(batch) = batches.recv().await
            {
                room.send(match batch {
                    Ok(batch) => this.decide(batch).await.map_err(ImportRefused::from),
                    Err(error) => Err(ImportRefused::Input(error)),
                });
            }
        });
        decided
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
