//! Makes and checks our own password hashes.

use std::hint::black_box;

use super::argon2id::{self, Parameters};
use super::buffers::{AroundMaking, Buffers};
use super::{HashUnusable, Prepared};

/// Hashes with argon2id. `Send + Sync`, synchronous and slow; the caller bounds how many calls run at once.
pub struct Hasher {
    parameters: Parameters,
    buffers: Buffers,
}

impl Hasher {
    /// Hashes with `parameters`, keeping memory for `concurrency` hashes at a time, until
    /// [`Hasher::drop_unused_memory`]. More may run; they take fresh memory.
    pub fn new(parameters: Parameters, concurrency: usize) -> Self {
        let buffers = Buffers::new(parameters.block_count(), concurrency);
        Hasher { parameters, buffers }
    }

    /// Has memory made inside `around`, which may ask the system for another kind.
    #[must_use]
    pub fn making_memory_by(self, around: AroundMaking) -> Self {
        Hasher { buffers: self.buffers.making_by(around), ..self }
    }

    /// Gives back the memory that no hash has needed since this was called the last time. The next hash that finds none
    /// takes longer, by half at the most.
    pub fn drop_unused_memory(&self) {
        self.buffers.drop_unused();
    }

    /// A new hash in PHC form. The salt is random and used once.
    pub fn hash(&self, password: &Prepared, salt: [u8; 16]) -> String {
        let mut memory = self.buffers.lend(self.parameters.block_count());
        argon2id::hash(&self.parameters, password.normalised().as_bytes(), salt, &mut memory)
    }

    /// Whether `password` is the one that `stored` was made from, with the parameters stored in it.
    ///
    /// Their cost is not bounded here: only hashes this type made are stored as ours.
    pub fn verify(&self, password: &Prepared, stored: &str) -> Result<bool, HashUnusable> {
        let parsed = argon2id::parse(stored)?;
        let mut memory = self.buffers.lend(parsed.params.block_count());
        parsed.matches(password.normalised().as_bytes(), &mut memory).map_err(argon2id::unusable)
    }

    /// Costs what [`Hasher::verify`] costs and decides nothing. For people who do not exist or have no
    /// password, so that the time of an answer does not tell them from others.
    pub fn dummy_verify(&self, password: &Prepared) {
        black_box(self.hash(password, [0; 16]));
    }

    /// Whether a hash that has just been verified asks for less work than today's parameters.
    pub fn needs_rehash(&self, stored: &str) -> bool {
        argon2id::needs_rehash(&self.parameters, stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hasher() -> Hasher {
        Hasher::new(Parameters::new(32, 1, 1).unwrap(), 1)
    }

    fn prepared(text: &str) -> Prepared {
        Prepared::new(text).unwrap()
    }

    fn check(set: &str, typed: &str, expected: bool) {
        let hasher = hasher();
        let stored = hasher.hash(&prepared(set), [1; 16]);
        assert_eq!(hasher.verify(&prepared(typed), &stored), Ok(expected), "set {set:?}, typed {typed:?}");
    }

    #[test]
    fn pw_10_the_same_text_matches_and_nothing_else_does() {
        check("correct horse", "correct horse", true);
        check("correct horse", "correct horsf", false);
        check(" blanks stay ", " blanks stay ", true);
        check(" blanks stay ", "blanks stay", false);
        check("Stra\u{df}e caf\u{e9}", "Stra\u{df}e cafe\u{301}", true);
        check("\u{1f511}\u{1f40e}\u{1f50b}\u{1f4ce}", "\u{1f511}\u{1f40e}\u{1f50b}\u{1f4ce}", true);
        check("nul\0inside", "nul", false);
    }

    #[test]
    fn mg_13_no_character_of_a_long_password_is_ignored() {
        let long = "x".repeat(999);
        check(&format!("{long}a"), &format!("{long}a"), true);
        check(&format!("{long}a"), &format!("{long}b"), false);
    }

    #[test]
    fn a_hash_with_more_memory_than_today_still_verifies() {
        let stored = Hasher::new(Parameters::new(128, 1, 1).unwrap(), 1).hash(&prepared("correct horse"), [1; 16]);
        assert_eq!(hasher().verify(&prepared("correct horse"), &stored), Ok(true));
        assert!(!hasher().needs_rehash(&stored));
    }

    #[test]
    fn a_damaged_hash_is_an_error_and_not_a_wrong_password() {
        let stored = hasher().hash(&prepared("correct horse"), [1; 16]);
        for damaged in ["", "*", &stored[..stored.len() - 30], &stored.replace("t=1", "t=0")] {
            assert!(hasher().verify(&prepared("correct horse"), damaged).is_err(), "{damaged}");
        }
    }

    #[test]
    fn the_default_parameters_are_stored_as_documented() {
        let stored = Hasher::new(Parameters::default(), 1).hash(&prepared("correct horse"), [1; 16]);
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    }
}
