//! A password on its way to being hashed.

use thiserror::Error;
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// The longest password we look at, in bytes as typed.
pub const MAX_PASSWORD_BYTES: usize = 1000;

/// The password is longer than [`MAX_PASSWORD_BYTES`]. Nothing slow was done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the password is longer than {MAX_PASSWORD_BYTES} bytes")]
pub struct PasswordTooLong;

/// A password of bounded length, in the two forms it is needed in. Nothing is trimmed or cut.
///
/// There is no `Debug`, and both forms are wiped on drop.
#[derive(Clone)]
pub struct Prepared {
    as_typed: Zeroizing<String>,
    normalised: Zeroizing<String>,
}

impl Prepared {
    /// Takes what the person typed.
    pub fn new(password: &str) -> Result<Self, PasswordTooLong> {
        if password.len() > MAX_PASSWORD_BYTES {
            return Err(PasswordTooLong);
        }
        Ok(Self { as_typed: Zeroizing::new(password.to_owned()), normalised: nfc(password) })
    }

    /// The text exactly as typed: what imported hashes were made from, and what a source is asked with.
    pub fn as_typed(&self) -> &str {
        &self.as_typed
    }

    /// The text in Unicode NFC, so that keyboards which compose accents differently agree (RFC 8265 4.2). Our
    /// own hashes and the policy see this form, when a password is set and when it is checked.
    pub fn normalised(&self) -> &str {
        &self.normalised
    }
}

fn nfc(password: &str) -> Zeroizing<String> {
    // No code point grows more than threefold under NFC; without the reserve, growing would leave copies behind.
    let mut text = Zeroizing::new(String::with_capacity(password.len() * 3));
    text.extend(password.nfc());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_bytes_are_accepted_and_one_more_is_not() {
        assert!(Prepared::new(&"x".repeat(1000)).is_ok());
        assert_eq!(Prepared::new(&"x".repeat(1001)).err(), Some(PasswordTooLong));
        assert_eq!(Prepared::new(&"é".repeat(501)).err(), Some(PasswordTooLong));
    }

    #[test]
    fn accents_are_composed_and_blanks_are_kept() {
        let password = Prepared::new(" e\u{301}t\u{e9} ").unwrap();
        assert_eq!(password.normalised(), " \u{e9}t\u{e9} ");
        assert_eq!(password.as_typed(), " e\u{301}t\u{e9} ");
    }

    #[test]
    fn normalising_never_outgrows_the_reserve() {
        // U+1D160 is among the code points that grow most: four bytes become twelve.
        let password = Prepared::new(&"\u{1d160}".repeat(250)).unwrap();
        assert_eq!(password.normalised.len(), 3000);
        assert_eq!(password.normalised.capacity(), 3000);
    }
}
