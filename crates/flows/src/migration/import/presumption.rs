//! Whether the next batch is presumed to hold nobody who is there.

use std::sync::atomic::{AtomicU32, Ordering};

/// Begins to hold once some batches in a row held nobody who was there. Each time that it was wrong it takes twice as
/// many: a write that is refused costs more than the questions it was to spare.
pub(super) struct Presumption {
    pub(super) in_a_row: AtomicU32,
    enough: AtomicU32,
}

impl Presumption {
    pub(super) fn holds(&self) -> bool {
        self.in_a_row.load(Ordering::Relaxed) >= self.enough.load(Ordering::Relaxed)
    }

    /// Takes up what was found where somebody looked.
    pub(super) fn learn(&self, nobody_was_there: bool) {
        let before = self.in_a_row.load(Ordering::Relaxed);
        self.in_a_row.store(if nobody_was_there { before.saturating_add(1) } else { 0 }, Ordering::Relaxed);
    }

    /// Somebody was there who was presumed not to be. Batches that were presumed at the same time are wrong once.
    pub(super) fn was_wrong(&self) {
        if self.holds() {
            self.enough.store(self.enough.load(Ordering::Relaxed).saturating_mul(2), Ordering::Relaxed);
        }
        self.in_a_row.store(0, Ordering::Relaxed);
    }
}

impl Default for Presumption {
    fn default() -> Self {
        Presumption { in_a_row: AtomicU32::new(0), enough: AtomicU32::new(3) }
    }
}
