//! Noting, in the write that settles rows, that they are settled: a run that goes on after the end of a process counts
//! every row once.

use store::{StoreError, WriteTx};

use super::RefusedRow;
use super::summary::Summary;
use crate::jobs::UsersImportProgress;

/// Where it is noted how far a run is. Nowhere, for a run that is simply repeated.
pub(crate) enum Checkpoint<'a> {
    Nowhere,
    Job(&'a UsersImportProgress<'a>),
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
            Checkpoint::Nowhere => Ok(true),
            Checkpoint::Job(progress) => progress.note(tx, so_far, refused).await,
        }
    }
}
