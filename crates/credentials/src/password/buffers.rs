//! Memory blocks for hashing, kept between hashes.
//!
//! Asking the allocator for a fresh block of many MiB with each hash makes the process grow tenfold and costs
//! a tenth of the speed.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use argon2::Block;
use zeroize::Zeroize;

/// A small stack of blocks of one size.
pub(super) struct Buffers {
    kept: Mutex<Vec<Vec<Block>>>,
    keep: usize,
    size: usize,
}

/// A block on loan; wiped when it goes back, also when the hash panics.
pub(super) struct Lent<'a> {
    blocks: Vec<Block>,
    home: &'a Buffers,
}

impl Buffers {
    /// Keeps at most `keep` blocks of `size` units.
    pub(super) fn new(size: usize, keep: usize) -> Self {
        Buffers { kept: Mutex::new(Vec::with_capacity(keep)), keep, size }
    }

    /// A wiped block of at least `size` units. One larger than what is kept is made for this loan alone.
    pub(super) fn lend(&self, size: usize) -> Lent<'_> {
        let kept = if size <= self.size { self.stack().pop() } else { None };
        let blocks = kept.unwrap_or_else(|| vec![Block::new(); size.max(self.size)]);
        Lent { blocks, home: self }
    }

    fn take_back(&self, blocks: Vec<Block>) {
        let mut stack = self.stack();
        if blocks.len() == self.size && stack.len() < self.keep {
            stack.push(blocks);
        }
    }

    fn stack(&self) -> std::sync::MutexGuard<'_, Vec<Vec<Block>>> {
        // A push or pop is never half done, so the stack of a poisoned lock is sound.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Deref for Lent<'_> {
    type Target = [Block];

    fn deref(&self) -> &[Block] {
        &self.blocks
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        self.blocks.iter_mut().zeroize();
        self.home.take_back(std::mem::take(&mut self.blocks));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_asked_for_are_kept() {
        let buffers = Buffers::new(4, 1);
        drop((buffers.lend(4), buffers.lend(4)));
        assert_eq!(buffers.stack().len(), 1);
    }

    #[test]
    fn a_larger_block_is_not_kept() {
        let buffers = Buffers::new(4, 1);
        assert_eq!(buffers.lend(9).len(), 9);
        assert!(buffers.stack().is_empty());
    }

    #[test]
    fn a_block_comes_back_wiped() {
        let buffers = Buffers::new(4, 1);
        buffers.lend(4)[2].as_mut()[5] = 42;
        assert!(buffers.lend(2).iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
    }
}
