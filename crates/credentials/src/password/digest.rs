//! The digests that other products' hashes are built on.

use hmac::{Hmac, KeyInit, Mac};
use zeroize::Zeroizing;

/// A digest, whether or not anybody should still use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Digest {
    /// RFC 1320.
    Md4,
    /// RFC 1321.
    Md5,
    /// ISO/IEC 10118-2, over DES. PBKDF2 alone may name it.
    Mdc2,
    /// RIPEMD-160 (ISO/IEC 10118-3).
    Ripemd160,
    /// FIPS 180-4.
    Sha1,
    /// FIPS 180-4.
    Sha224,
    /// FIPS 180-4.
    Sha256,
    /// FIPS 180-4.
    Sha384,
    /// FIPS 180-4.
    Sha512,
    /// ISO/IEC 10118-3.
    Whirlpool,
}

/// Evaluates an expression in which `$type` is the type that computes the digest.
macro_rules! computed_by {
    ($digest:expr, $type:ident => $work:expr) => {
        match $digest {
            Digest::Md4 => computed_by!(md4::Md4, $type, $work),
            Digest::Md5 => computed_by!(md5::Md5, $type, $work),
            Digest::Mdc2 => computed_by!(super::mdc2::Mdc2, $type, $work),
            Digest::Ripemd160 => computed_by!(ripemd::Ripemd160, $type, $work),
            Digest::Sha1 => computed_by!(sha1::Sha1, $type, $work),
            Digest::Sha224 => computed_by!(sha2::Sha224, $type, $work),
            Digest::Sha256 => computed_by!(sha2::Sha256, $type, $work),
            Digest::Sha384 => computed_by!(sha2::Sha384, $type, $work),
            Digest::Sha512 => computed_by!(sha2::Sha512, $type, $work),
            Digest::Whirlpool => computed_by!(whirlpool::Whirlpool, $type, $work),
        }
    };
    ($actual:path, $type:ident, $work:expr) => {{
        type $type = $actual;
        $work
    }};
}

impl Digest {
    /// Every digest that a hash may name by itself or with HMAC.
    pub const ALL: [Digest; 9] = [
        Digest::Md4,
        Digest::Md5,
        Digest::Ripemd160,
        Digest::Sha1,
        Digest::Sha224,
        Digest::Sha256,
        Digest::Sha384,
        Digest::Sha512,
        Digest::Whirlpool,
    ];

    /// Its name, as OpenSSL spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Digest::Md4 => "md4",
            Digest::Md5 => "md5",
            Digest::Mdc2 => "mdc2",
            Digest::Ripemd160 => "ripemd160",
            Digest::Sha1 => "sha1",
            Digest::Sha224 => "sha224",
            Digest::Sha256 => "sha256",
            Digest::Sha384 => "sha384",
            Digest::Sha512 => "sha512",
            Digest::Whirlpool => "whirlpool",
        }
    }

    /// The digest of this name, of those in [`Digest::ALL`].
    pub fn parse(name: &str) -> Option<Self> {
        Digest::ALL.into_iter().find(|digest| digest.as_str() == name)
    }

    /// How many bytes it gives.
    pub(super) fn length(self) -> usize {
        match self {
            Digest::Md4 | Digest::Md5 | Digest::Mdc2 => 16,
            Digest::Ripemd160 | Digest::Sha1 => 20,
            Digest::Sha224 => 28,
            Digest::Sha256 => 32,
            Digest::Sha384 => 48,
            Digest::Sha512 | Digest::Whirlpool => 64,
        }
    }

    /// The digest of one text after the other.
    pub(super) fn of(self, parts: [&[u8]; 2]) -> Zeroizing<Vec<u8>> {
        computed_by!(self, D => {
            let mut state = <D as sha2::Digest>::new();
            for part in parts {
                sha2::Digest::update(&mut state, part);
            }
            Zeroizing::new(sha2::Digest::finalize(state).to_vec())
        })
    }

    /// RFC 2104.
    pub(super) fn hmac(self, key: &[u8], message: &[u8]) -> Zeroizing<Vec<u8>> {
        computed_by!(self, D => {
            let mut state = Hmac::<D>::new_from_slice(key).expect("HMAC takes keys of every length");
            state.update(message);
            Zeroizing::new(state.finalize().into_bytes().to_vec())
        })
    }

    /// RFC 8018 5.2, with HMAC.
    pub(super) fn pbkdf2(self, password: &[u8], salt: &[u8], iterations: u32, length: usize) -> Zeroizing<Vec<u8>> {
        let mut key = Zeroizing::new(vec![0; length]);
        computed_by!(self, D => pbkdf2::pbkdf2_hmac::<D>(password, salt, iterations, &mut key));
        key
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_found_by_its_name_and_has_its_length() {
        for digest in Digest::ALL {
            assert_eq!(Digest::parse(digest.as_str()), Some(digest));
            assert_eq!(digest.of([b"a", b"b"]).len(), digest.length(), "{digest:?}");
            assert_eq!(digest.of([b"a", b"b"]), digest.of([b"ab", b""]), "{digest:?}");
        }
        assert_eq!(Digest::parse("SHA1"), None);
        assert_eq!(Digest::parse("mdc2"), None);
    }
}
