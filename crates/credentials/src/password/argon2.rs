//! argon2d, argon2i and argon2id (RFC 9106) in PHC form:
//! `$argon2id$v=19$m=65536,t=2,p=1$` salt `$` digest, both in standard base64 without padding.
//!
//! The version is 19, or 16, which older encoders leave out. Parameters may come in any order, since not all
//! encoders agree on one; a key id or associated data is refused, because a hash that names them was made with
//! a secret we do not have.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::{Cost, Format, Malformed};

pub(super) const FORMAT: Format = Format { name: "argon2", recognises, cost, verify };

/// A hash in PHC form, taken apart. Its parameters are possible, which does not mean they are affordable.
pub(super) struct Parsed {
    pub(super) variant: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    salt: Vec<u8>,
    digest: Vec<u8>,
}

fn recognises(text: &str) -> bool {
    text.strip_prefix('$').and_then(|rest| rest.split_once('$')).is_some_and(|(name, _)| variant(name).is_some())
}

fn variant(name: &str) -> Option<Algorithm> {
    match name {
        "argon2d" => Some(Algorithm::Argon2d),
        "argon2i" => Some(Algorithm::Argon2i),
        "argon2id" => Some(Algorithm::Argon2id),
        _ => None,
    }
}

impl Parsed {
    pub(super) fn of(text: &str) -> Result<Self, Malformed> {
        let fields: Vec<&str> = text.splitn(7, '$').collect();
        let (name, version, params, salt, digest) = match fields[..] {
            ["", name, version, params, salt, digest] => (name, version, params, salt, digest),
            ["", name, params, salt, digest] => (name, "v=16", params, salt, digest),
            _ => return Err(Malformed("it does not have the fields of a PHC string")),
        };
        let salt = decode(salt, 8, "the salt is not 8 to 64 bytes of base64")?;
        let digest = decode(digest, 12, "the digest is not 12 to 64 bytes of base64")?;
        Ok(Parsed {
            variant: variant(name).ok_or(Malformed("it does not begin with $argon2d$, $argon2i$ or $argon2id$"))?,
            version: parse_version(version)?,
            params: parse_params(params, digest.len())?,
            salt,
            digest,
        })
    }

    /// Whether `password` gives the digest. `memory` holds at least [`Params::block_count`] blocks.
    pub(super) fn matches(&self, password: &[u8], memory: &mut [Block]) -> Result<bool, Malformed> {
        let mut computed = Zeroizing::new(vec![0; self.digest.len()]);
        Argon2::new(self.variant, self.version, self.params.clone())
            .hash_password_into_with_memory(password, &self.salt, &mut computed, memory)
            .map_err(|_| Malformed("its parameters cannot be computed"))?;
        Ok(computed.ct_eq(&self.digest).into())
    }
}

fn decode(text: &str, at_least: usize, otherwise: &'static str) -> Result<Vec<u8>, Malformed> {
    let bytes = STANDARD_NO_PAD.decode(text).ok().filter(|bytes| (at_least..=64).contains(&bytes.len()));
    bytes.ok_or(Malformed(otherwise))
}

fn parse_version(text: &str) -> Result<Version, Malformed> {
    match text {
        "v=19" => Ok(Version::V0x13),
        "v=16" => Ok(Version::V0x10),
        _ => Err(Malformed("its version is neither 19 nor 16")),
    }
}

fn parse_params(text: &str, digest_length: usize) -> Result<Params, Malformed> {
    let mut pairs: Vec<(&str, &str)> = text.splitn(4, ',').filter_map(|pair| pair.split_once('=')).collect();
    pairs.sort_unstable();
    let [("m", memory), ("p", lanes), ("t", passes)] = pairs[..] else {
        return Err(Malformed("its parameters are not m, t and p"));
    };
    let params = Params::new(parse_number(memory)?, parse_number(passes)?, parse_number(lanes)?, Some(digest_length));
    params.map_err(|_| Malformed("its parameters are outside what argon2 allows"))
}

fn parse_number(digits: &str) -> Result<u32, Malformed> {
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    canonical.then(|| digits.parse().ok()).flatten().ok_or(Malformed("a parameter is not a decimal number"))
}

/// One pass over one MiB takes 0.8 ms; lanes are computed one after the other.
fn cost(text: &str) -> Result<Cost, Malformed> {
    let params = Parsed::of(text)?.params;
    let memory_kib = u64::from(params.m_cost());
    let passes_over_kib = memory_kib * u64::from(params.t_cost());
    Ok(Cost { memory_kib, milliseconds: (passes_over_kib / 1280).max(1) })
}

fn verify(text: &str, password: &str) -> Result<bool, Malformed> {
    let parsed = Parsed::of(text)?;
    let mut memory = vec![Block::new(); parsed.params.block_count()];
    let matches = parsed.matches(password.as_bytes(), &mut memory);
    memory.zeroize();
    matches
}

#[cfg(test)]
mod tests {
    use super::super::vectors;

    #[test]
    fn agrees_with_other_implementations() {
        vectors::check("argon2", include_str!("../../../../tests/fixtures/hashes/argon2.json"));
    }
}
