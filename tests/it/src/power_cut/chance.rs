//! What no one decides.

use std::hash::{BuildHasher, RandomState};

/// Draws that are different in each run.
pub(super) struct Chance {
    state: RandomState,
    drawn: u64,
}

impl Chance {
    pub(super) fn new() -> Self {
        Chance { state: RandomState::new(), drawn: 0 }
    }

    /// A number below this one.
    pub(super) fn below(&mut self, limit: usize) -> usize {
        self.drawn += 1;
        usize::try_from(self.state.hash_one(self.drawn) % limit as u64).expect("less than a usize")
    }

    pub(super) fn coin(&mut self) -> bool {
        self.below(2) == 0
    }
}
