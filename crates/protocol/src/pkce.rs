//! Proof key for code exchange (RFC 7636). Only S256: `plain` protects nobody.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Why a code verifier does not prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PkceRefused {
    /// A challenge was sent and no verifier came.
    #[error("a code verifier is required")]
    VerifierMissing,
    /// A verifier came though no challenge was sent (RFC 9700 4.8.2).
    #[error("no code challenge was sent, so there is nothing to verify")]
    VerifierUnexpected,
    /// Not 43 to 128 unreserved characters (RFC 7636 4.1).
    #[error("the code verifier is malformed")]
    VerifierMalformed,
    /// It does not match the challenge.
    #[error("the code verifier does not match the code challenge")]
    Mismatch,
}

/// Whether text can be an S256 challenge: 43 characters of base64url (RFC 7636 4.2).
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// The S256 challenge of a verifier of our own (RFC 7636 4.2).
pub fn challenge_of(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Compares a verifier with the challenge of the authorization request (RFC 7636 4.6). Neither may come alone.
pub fn verify(challenge: Option<&str>, verifier: Option<&str>) -> Result<(), PkceRefused> {
    let (challenge, verifier) = match (challenge, verifier) {
        (None, None) => return Ok(()),
        (Some(_), None) => return Err(PkceRefused::VerifierMissing),
        (None, Some(_)) => return Err(PkceRefused::VerifierUnexpected),
        (Some(challenge), Some(verifier)) => (challenge, verifier),
    };
    if !is_verifier(verifier) {
        return Err(PkceRefused::VerifierMalformed);
    }
    let computed = challenge_of(verifier);
    if computed.as_bytes().ct_eq(challenge.as_bytes()).into() { Ok(()) } else { Err(PkceRefused::Mismatch) }
}

fn is_verifier(text: &str) -> bool {
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    (43..=128).contains(&text.len()) && text.bytes().all(unreserved)
}

#[cfg(test)]
mod tests {
    use super::*;

    // RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn the_specification_s_example_verifies() {
        assert!(is_challenge(CHALLENGE));
        assert_eq!(verify(Some(CHALLENGE), Some(VERIFIER)), Ok(()));
    }

    #[test]
    fn co_06_co_07_everything_else_is_refused() {
        let other = "a".repeat(43);
        let cases = [
            (Some(CHALLENGE), None, PkceRefused::VerifierMissing),
            (None, Some(VERIFIER), PkceRefused::VerifierUnexpected),
            (Some(CHALLENGE), Some(other.as_str()), PkceRefused::Mismatch),
            (Some(CHALLENGE), Some(&VERIFIER[..42]), PkceRefused::VerifierMalformed),
            (Some(CHALLENGE), Some("dBjftJeZ4CVP mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), PkceRefused::VerifierMalformed),
        ];
        for (challenge, verifier, refusal) in cases {
            assert_eq!(verify(challenge, verifier), Err(refusal), "{verifier:?}");
        }
        assert_eq!(verify(Some(CHALLENGE), Some(&"a".repeat(129))), Err(PkceRefused::VerifierMalformed));
    }
}
