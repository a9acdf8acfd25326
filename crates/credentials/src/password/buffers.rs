//! Memory blocks for hashing, kept between hashes for as long as there are hashes.
//!
//! Asking the system for a fresh block of many MiB with each hash costs up to half of what the hash itself takes, so a
//! block is given back only once nobody has needed it for a while.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard, PoisonError};

use argon2::Block;
use zeroize::Zeroize;

/// A small stack of blocks of one size.
pub(super) struct Buffers {
    kept: Mutex<Stack>,
    keep: usize,
    size: usize,
    around_making: AroundMaking,
}

/// Does what it is given, which makes a block, once.
pub type AroundMaking = fn(&mut dyn FnMut());

#[derive(Default)]
struct Stack {
    blocks: Vec<Vec<Block>>,
    /// The fewest there were at any time since [`Buffers::drop_unused`]: so many would not have been missed.
    unused: usize,
}

impl Stack {
    fn pop(&mut self) -> Option<Vec<Block>> {
        let popped = self.blocks.pop();
        self.unused = self.unused.min(self.blocks.len());
        popped
    }
}

/// A block on loan; wiped when it goes back, also when the hash panics.
pub(super) struct Lent<'a> {
    blocks: Vec<Block>,
    home: &'a Buffers,
}

impl Buffers {
    /// Keeps at most `keep` blocks of `size` units.
    pub(super) fn new(size: usize, keep: usize) -> Self {
        Buffers { kept: Mutex::default(), keep, size, around_making: |make| make() }
    }

    pub(super) fn making_by(self, around_making: AroundMaking) -> Self {
        Buffers { around_making, ..self }
    }

    /// A wiped block of at least `size` units. One larger than what is kept is made for this loan alone.
    pub(super) fn lend(&self, size: usize) -> Lent<'_> {
        let kept = if size <= self.size { self.stack().pop() } else { None };
        let blocks = kept.unwrap_or_else(|| self.make(size.max(self.size)));
        Lent { blocks, home: self }
    }

    /// Gives back what nobody has needed since this was called the last time.
    pub(super) fn drop_unused(&self) {
        let mut stack = self.stack();
        let unused = std::mem::take(&mut stack.unused);
        let dropped = stack.blocks.drain(..unused).collect::<Vec<_>>();
        stack.unused = stack.blocks.len();
        drop(stack);
        drop(dropped);
    }

    fn make(&self, size: usize) -> Vec<Block> {
        let mut blocks = Vec::new();
        (self.around_making)(&mut || blocks = vec![Block::new(); size]);
        blocks
    }

    fn take_back(&self, blocks: Vec<Block>) {
        let mut stack = self.stack();
        if blocks.len() == self.size && stack.blocks.len() < self.keep {
            stack.blocks.push(blocks);
        }
    }

    fn stack(&self) -> MutexGuard<'_, Stack> {
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
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    impl Buffers {
        fn kept(&self) -> usize {
            self.stack().blocks.len()
        }
    }

    #[test]
    fn no_more_than_asked_for_are_kept() {
        let buffers = Buffers::new(4, 1);
        drop((buffers.lend(4), buffers.lend(4)));
        assert_eq!(buffers.kept(), 1);
    }

    #[test]
    fn a_larger_block_is_not_kept() {
        let buffers = Buffers::new(4, 1);
        assert_eq!(buffers.lend(9).len(), 9);
        assert_eq!(buffers.kept(), 0);
    }

    #[test]
    fn a_block_comes_back_wiped() {
        let buffers = Buffers::new(4, 1);
        buffers.lend(4)[2].as_mut()[5] = 42;
        assert!(buffers.lend(2).iter().all(|block| block.as_ref().iter().all(|word| *word == 0)));
    }
    #[test]
    fn what_nobody_needs_is_given_back() {
        let buffers = Buffers::new(4, 3);
        drop((buffers.lend(4), buffers.lend(4), buffers.lend(4)));
        let kept_after = |needed: usize| {
            drop((0..needed).map(|_| buffers.lend(4)).collect::<Vec<_>>());
            buffers.drop_unused();
            buffers.kept()
        };
        assert_eq!([3, 2, 2, 1, 0].map(kept_after), [3, 2, 2, 1, 0]);
        assert_eq!(kept_after(1), 1, "it was made in between");
    }

    #[test]
    fn what_is_on_loan_is_not_given_back() {
        let buffers = Buffers::new(4, 1);
        let lent = buffers.lend(4);
        buffers.drop_unused();
        drop(lent);
        buffers.drop_unused();
        assert_eq!(buffers.kept(), 1);
        buffers.drop_unused();
        assert_eq!(buffers.kept(), 0);
    }
    #[test]
    fn what_surrounds_the_making_surrounds_nothing_else() {
        static MADE: AtomicUsize = AtomicUsize::new(0);
        let count = |make: &mut dyn FnMut()| {
            MADE.fetch_add(1, Ordering::Relaxed);
            make();
        };
        let buffers = Buffers::new(4, 1).making_by(count);
        for (size, made) in [(4, 1), (3, 1), (9, 2), (4, 2)] {
            assert!(buffers.lend(size).len() >= size);
            assert_eq!(MADE.load(Ordering::Relaxed), made, "{size}");
        }
    }
}
