//! argon2d, argon2i and argon2id (RFC 9106) in PHC form:
//! `$argon2id$v=19$m=65536,t=2,p=1$` salt `$` digest, both in standard base64 without padding.
//!
//! The version is 19, or 16, which older encoders leave out. A key id or associated data is refused, because a hash
//! that names them was made with a secret we do not have.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, Zeroizing};

use super::Unreadable::{self, Malformed};
use super::{Cost, Format, phc};

pub(super) const FORMAT: Format = Format {
    name: "argon2",
    prefixes: &["$argon2d$", "$argon2i$", "$argon2id$"],
    significant_bytes: None,
    cost,
    verify,
};

/// A hash in PHC form, taken apart. Its parameters are possible, which does not mean they are affordable.
pub(super) struct Parsed {
    pub(super) variant: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
    salt: Vec<u8>,
    digest: Vec<u8>,
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
    pub(super) fn of(text: &str) -> Result<Self, Unreadable> {
        let fields: Vec<&str> = text.splitn(7, '$').collect();
        let (name, version, params, salt, digest) = match fields[..] {
            ["", name, version, params, salt, digest] => (name, version, params, salt, digest),
            ["", name, params, salt, digest] => (name, "v=16", params, salt, digest),
            _ => return Err(Malformed("it does not have the fields of a PHC string")),
        };
        let salt = phc::bytes(salt, 8..=64, "the salt is not 8 to 64 bytes of base64")?;
        let digest = phc::bytes(digest, 12..=64, "the digest is not 12 to 64 bytes of base64")?;
        Ok(Parsed {
            variant: variant(name).ok_or(Malformed("it does not begin with $argon2d$, $argon2i$ or $argon2id$"))?,
            version: parse_version(version)?,
            params: parse_params(params, digest.len())?,
            salt,
            digest,
        })
    }

    /// Whether `password` gives the digest. `memory` holds at least [`Params::block_count`] blocks.
    pub(super) fn matches(&self, password: &[u8], memory: &mut [Block]) -> Result<bool, Unreadable> {
        let mut computed = Zeroizing::new(vec![0; self.digest.len()]);
        Argon2::new(self.variant, self.version, self.params.clone())
            .hash_password_into_with_memory(password, &self.salt, &mut computed, memory)
            .map_err(|_| Malformed("its parameters cannot be computed"))?;
        Ok(computed.ct_eq(&self.digest).into())
    }
}

fn parse_version(text: &str) -> Result<Version, Unreadable> {
    match text {
        "v=19" => Ok(Version::V0x13),
        "v=16" => Ok(Version::V0x10),
        _ => Err(Malformed("its version is neither 19 nor 16")),
    }
}

fn parse_params(text: &str, digest_length: usize) -> Result<Params, Unreadable> {
    let otherwise = "its parameters are not m, t and p";
    let [Some(memory), Some(passes), Some(lanes)] = phc::parameters(text, ["m", "t", "p"], otherwise)? else {
        return Err(Malformed(otherwise));
    };
    let (memory, passes, lanes) = (phc::number(memory)?, phc::number(passes)?, phc::number(lanes)?);
    let params = Params::new(memory, passes, lanes, Some(digest_length));
    params.map_err(|_| Malformed("its parameters are outside what argon2 allows"))
}

/// One pass over one MiB takes 0.8 ms; lanes are computed one after the other.
fn cost(text: &str) -> Result<Cost, Unreadable> {
    let params = Parsed::of(text)?.params;
    let memory_kib = u64::from(params.m_cost());
    let passes_over_kib = memory_kib * u64::from(params.t_cost());
    Ok(Cost { memory_kib, milliseconds: (passes_over_kib / 1280).max(1) })
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let parsed = Parsed::of(text)?;
    let mut memory = vec![Block::new(); parsed.params.block_count()];
    let matches = parsed.matches(input, &mut memory);
    memory.zeroize();
    matches
}
