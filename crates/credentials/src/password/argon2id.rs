//! Our own hashes: argon2id version 19 (RFC 9106) in PHC form, parameters stored with each hash.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use thiserror::Error;
use zeroize::Zeroizing;

use super::HashUnusable;
use super::Unreadable::{self, Malformed};
use super::argon2::Parsed;

const DIGEST_LENGTH: usize = 32;

/// What one of our hashes costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parameters(Params);

/// The parameters are outside what argon2 allows (RFC 9106 3.1): at least one pass, at least one lane, and 8
/// KiB for each lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("argon2id needs at least one pass, one lane, and 8 KiB of memory for each lane")]
pub struct InvalidParameters;

impl Parameters {
    /// Memory in KiB, passes over it, and lanes.
    pub fn new(memory_kib: u32, passes: u32, lanes: u32) -> Result<Self, InvalidParameters> {
        Params::new(memory_kib, passes, lanes, Some(DIGEST_LENGTH)).map(Parameters).map_err(|_| InvalidParameters)
    }

    /// How many blocks of memory one hash takes.
    pub(super) fn block_count(&self) -> usize {
        self.0.block_count()
    }
}

impl Default for Parameters {
    /// 19 MiB, two passes, one lane.
    fn default() -> Self {
        Parameters::new(19 * 1024, 2, 1).expect("the default parameters are within argon2's bounds")
    }
}

/// Hashes, in `memory` of at least [`Parameters::block_count`] blocks.
pub(super) fn hash(parameters: &Parameters, password: &[u8], salt: [u8; 16], memory: &mut [Block]) -> String {
    let mut digest = Zeroizing::new([0; DIGEST_LENGTH]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters.0.clone())
        .hash_password_into_with_memory(password, &salt, digest.as_mut_slice(), memory)
        .expect("parameters were checked, and salt and password are within argon2's bounds");
    encode(&parameters.0, &salt, digest.as_slice())
}

fn encode(params: &Params, salt: &[u8], digest: &[u8]) -> String {
    let (salt, digest) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(digest));
    format!("$argon2id$v=19$m={},t={},p={}${salt}${digest}", params.m_cost(), params.t_cost(), params.p_cost())
}

/// Takes a stored hash apart; anything but argon2id version 19 is not ours.
pub(super) fn parse(stored: &str) -> Result<Parsed, HashUnusable> {
    match Parsed::of(stored) {
        Ok(parsed) if parsed.variant == Algorithm::Argon2id && parsed.version == Version::V0x13 => Ok(parsed),
        Ok(_) => Err(unusable(Malformed("it is not argon2id version 19"))),
        Err(unreadable) => Err(unusable(unreadable)),
    }
}

pub(super) fn unusable(unreadable: Unreadable) -> HashUnusable {
    unreadable.of_format("argon2id")
}

/// Whether a stored hash asks for less work than `parameters`. One that asks for more is left alone: lowering
/// the policy never weakens a hash.
pub(super) fn needs_rehash(parameters: &Parameters, stored: &str) -> bool {
    parse(stored).is_ok_and(|parsed| {
        parsed.params.m_cost() < parameters.0.m_cost() || parsed.params.t_cost() < parameters.0.t_cost()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash_of(parameters: &Parameters) -> String {
        hash(parameters, b"correct horse", [7; 16], &mut vec![Block::new(); parameters.block_count()])
    }

    #[test]
    fn a_hash_carries_its_parameters() {
        let text = hash_of(&Parameters::new(64, 3, 2).unwrap());
        assert!(text.starts_with("$argon2id$v=19$m=64,t=3,p=2$BwcHBwcHBwcHBwcHBwcHBw$"), "{text}");
    }

    #[test]
    fn only_a_hash_with_less_work_needs_a_rehash() {
        let policy = Parameters::new(64, 2, 1).unwrap();
        for (memory, passes, expected) in [(64, 2, false), (32, 2, true), (64, 1, true), (128, 3, false)] {
            let stored = hash_of(&Parameters::new(memory, passes, 1).unwrap());
            assert_eq!(needs_rehash(&policy, &stored), expected, "m={memory},t={passes}");
        }
    }

    #[test]
    fn impossible_parameters_are_refused() {
        for (memory, passes, lanes) in [(7, 1, 1), (8, 0, 1), (8, 1, 0), (15, 1, 2), (u32::MAX, 1, u32::MAX)] {
            assert_eq!(Parameters::new(memory, passes, lanes), Err(InvalidParameters));
        }
    }

    #[test]
    fn other_variants_and_versions_are_not_ours() {
        let ours = hash_of(&Parameters::new(32, 1, 1).unwrap());
        assert!(parse(&ours).is_ok());
        for theirs in [ours.replace("argon2id", "argon2i"), ours.replace("v=19", "v=16"), String::new()] {
            assert!(parse(&theirs).is_err(), "{theirs}");
        }
    }
}
