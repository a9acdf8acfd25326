//! Noting, in the write that settles rows, that they are settled: a run that goes on after the end of a process counts
//! every row once. Of a run that is simply repeated only the beginning is noted, so that one that is killed leaves a
//! trace.

use std::sync::Mutex;

use store::{StoreError, WriteTx};

use super::RefusedRow;
use super::summary::Summary;
use crate::events::EventBuilder;
use crate::jobs::UsersImportProgress;

/// Where it is noted how far a run is.
pub(crate) enum Checkpoint<'a> {
    /// In the log, once: with the first rows that it writes.
    Beginning(&'a Beginning),
    /// In its job.
    Job(&'a UsersImportProgress<'a>),
}

/// What tells of the beginning of a run, until it is told.
#[derive(Default)]
pub(crate) struct Beginning(Mutex<Option<EventBuilder>>);

impl Beginning {
    pub(super) fn told_by(event: EventBuilder) -> Self {
        Beginning(Mutex::new(Some(event)))
    }

    pub(super) fn is_told(&self) -> bool {
        self.0.lock().expect("nothing panics while it holds the lock").is_none()
    }

    async fn tell(&self, tx: &mut WriteTx) -> Result<(), StoreError> {
        let event = self.0.lock().expect("nothing panics while it holds the lock").take();
        match event {
            Some(event) => event.record(tx).await,
            None => Ok(()),
        }
    }
}

impl Checkpoint<'_> {
    pub(super) fn is_kept(&self) -> bool {
        matches!(self, Checkpoint::Job(_))
    }

    /// False where somebody else goes on with the run by now, and nothing of the write may be kept.
    pub(super) async fn note(
        &self,
        tx: &mut WriteTx,
        so_far: &Summary,
        refused: &[RefusedRow],
    ) -> Result<bool, StoreError> {
        match self {
            Checkpoint::Beginning(beginning) => beginning.tell(tx).await.map(|()| true),
            Checkpoint::Job(progress) => progress.note(tx, so_far, refused).await,
        }
    }
}
