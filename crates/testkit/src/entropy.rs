use std::sync::atomic::{AtomicU64, Ordering};

use keys::Entropy;
use sha2::{Digest, Sha256};

/// Bytes that are the same in each run and never repeat within one: digests of a seed and a count.
#[derive(Debug)]
pub struct SeededEntropy {
    seed: String,
    drawn: AtomicU64,
}

impl SeededEntropy {
    /// Two nodes on one database need two seeds, or they would make the same ids.
    pub fn new(seed: &str) -> Self {
        SeededEntropy { seed: seed.to_owned(), drawn: AtomicU64::new(0) }
    }
}

impl Entropy for SeededEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.drawn.fetch_add(1, Ordering::Relaxed);
            let block = Sha256::new().chain_update(&self.seed).chain_update(count.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(entropy: &dyn Entropy) -> [u8; 40] {
        entropy.array()
    }

    #[test]
    fn a_seed_gives_the_same_bytes_and_never_the_same_twice() {
        let (one, again, other) = (SeededEntropy::new("a"), SeededEntropy::new("a"), SeededEntropy::new("b"));
        let first = draw(&one);
        assert_eq!(first, draw(&again));
        assert_ne!(first, draw(&one));
        assert_ne!(first, draw(&other));
        assert_ne!(first[..8], first[32..]);
    }
}
