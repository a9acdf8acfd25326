//! Where random bytes come from.

/// A source of random bytes fit for secrets.
pub trait Entropy: Send + Sync {
    /// Fills the whole slice.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// As many random bytes as the type asks for.
    pub fn array<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// The operating system's source.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "this is the source that everything else takes its bytes from")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system provides random bytes");
    }
}

/// Counts up from a seed, so that tests see the same bytes each time.
#[cfg(test)]
pub(crate) struct Counting(pub(crate) std::sync::atomic::AtomicU8);

#[cfg(test)]
impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_draws_differ() {
        let entropy: &dyn Entropy = &SystemEntropy;
        assert_ne!(entropy.array::<32>(), entropy.array::<32>());
    }
}
