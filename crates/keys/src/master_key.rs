//! The key that every secret at rest depends on. It never lies beside what it seals.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use thiserror::Error;
use zeroize::Zeroizing;

/// Accepts what key generators print, with padding or without.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// 32 bytes from which the other keys of [`crate::Sealer`] are derived. There is no `Debug`.
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// Why a text is not a master key. The text is not quoted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MasterKeyInvalid {
    /// It has characters that are not base64, or is cut in the middle.
    #[error("the master key is not base64; make one with: openssl rand -base64 32")]
    NotBase64,
    /// It is base64 of too many or too few bytes.
    #[error("the master key has {found} bytes instead of 32; make one with: openssl rand -base64 32")]
    WrongLength {
        /// How many bytes it has.
        found: usize,
    },
    /// All bytes are equal: a placeholder from an example.
    #[error("the master key is a placeholder; make one with: openssl rand -base64 32")]
    Placeholder,
}

impl MasterKey {
    /// Reads standard base64. Blanks and line ends around it are ignored, as files end with one.
    pub fn from_base64(text: &str) -> Result<Self, MasterKeyInvalid> {
        let bytes = BASE64.decode(text.trim()).map(Zeroizing::new).map_err(|_| MasterKeyInvalid::NotBase64)?;
        let wrong_length = MasterKeyInvalid::WrongLength { found: bytes.len() };
        let key = Zeroizing::new(<[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| wrong_length)?);
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(MasterKeyInvalid::Placeholder);
        }
        Ok(MasterKey(key))
    }

    /// A new key.
    pub fn from_random(random: [u8; 32]) -> Self {
        MasterKey(Zeroizing::new(random))
    }

    /// The form in which a key is kept in a file.
    pub fn to_base64(&self) -> Zeroizing<String> {
        Zeroizing::new(STANDARD.encode(self.0.as_slice()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.0.as_slice()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    fn check(text: &str, expected: Option<MasterKeyInvalid>) {
        assert_eq!(MasterKey::from_base64(text).err(), expected, "{text:?}");
    }

    #[test]
    fn a_key_survives_being_written_down() {
        assert_eq!(MasterKey::from_base64(TEXT).unwrap().to_base64().as_str(), TEXT);
    }

    #[test]
    fn padding_and_a_line_end_are_optional() {
        check(TEXT, None);
        check(TEXT.trim_end_matches('='), None);
        check(&format!("{TEXT}\n"), None);
    }

    #[test]
    fn wp_06_a_refusal_says_what_is_wrong() {
        check("", Some(MasterKeyInvalid::WrongLength { found: 0 }));
        check("AAECAw==", Some(MasterKeyInvalid::WrongLength { found: 4 }));
        check(&"QUJD".repeat(11), Some(MasterKeyInvalid::WrongLength { found: 33 }));
        check("correct horse battery staple", Some(MasterKeyInvalid::NotBase64));
        check(&TEXT.replace('A', "\u{e9}"), Some(MasterKeyInvalid::NotBase64));
        check(&"A".repeat(43), Some(MasterKeyInvalid::Placeholder));
    }
}
