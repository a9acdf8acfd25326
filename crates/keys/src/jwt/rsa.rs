//! Which RSA keys of others are sound, and what they are called.

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::pkey::Public;
use openssl::rsa::Rsa;

/// Shorter keys can be broken (RFC 7518 3.3); longer ones are only slow.
const MODULUS_BITS: std::ops::RangeInclusive<u64> = 2048..=8192;

/// Whether a key may verify anything.
pub(super) fn is_sound(key: &Rsa<Public>) -> bool {
    are_sound(&key.n().to_vec(), &key.e().to_vec())
}

/// Whether modulus and exponent, big-endian without leading zeros, make a key that may verify anything.
pub(super) fn are_sound(modulus: &[u8], exponent: &[u8]) -> bool {
    MODULUS_BITS.contains(&bits(modulus)) && is_sound_exponent(exponent)
}

fn bits(magnitude: &[u8]) -> u64 {
    let unused = magnitude.first().map_or(0, |byte| u64::from(byte.leading_zeros()));
    magnitude.len() as u64 * 8 - unused
}

/// With an exponent of 1 a signature is its own message, and anybody can sign.
fn is_sound_exponent(exponent: &[u8]) -> bool {
    exponent.len() <= 4 && exponent.last().is_some_and(|byte| byte % 2 == 1) && exponent != [1]
}

/// RFC 7638 3: the members that matter, in lexical order and without blanks.
pub(super) fn thumbprint(n: &str, e: &str) -> String {
    let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
    URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::thumbprint;

    /// RFC 7638 3.1.
    #[test]
    fn the_thumbprint_of_the_rfc() {
        let n = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRX\
                 jBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqz\
                 s8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G\
                 _xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
        assert_eq!(thumbprint(n, "AQAB"), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    }
}
