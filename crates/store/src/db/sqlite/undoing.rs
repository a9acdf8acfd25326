use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

/// Dropped writes that are being undone.
///
/// A write can see what its neighbours in the group have done and readers do not see yet. Whoever drops one because of
/// what it saw, the loser of a race for instance, is going to read that again. So readers wait while a dropped write is
/// being undone, which ends its group.
#[derive(Default)]
pub(super) struct Undoing {
    begun: AtomicU64,
    done: watch::Sender<u64>,
}

/// One dropped write; it has been undone when this is dropped in its turn.
pub(super) struct Turn {
    undoing: Arc<Undoing>,
    number: u64,
}

impl Undoing {
    pub(super) fn begin(self: &Arc<Self>) -> Turn {
        Turn { number: self.begun.fetch_add(1, Ordering::SeqCst) + 1, undoing: Arc::clone(self) }
    }

    /// Waits for all that have begun by now. Only one is ever under way, because each holds the writer's lock.
    pub(super) async fn finished(&self) {
        let begun = self.begun.load(Ordering::SeqCst);
        let waited = self.done.subscribe().wait_for(|done| *done >= begun).await.map(|_| ());
        waited.expect("the sender is this struct's own");
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.undoing.done.send_modify(|done| *done = self.number.max(*done));
    }
}
