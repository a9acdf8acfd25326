//! bcrypt in modular crypt form: `$2b$10$`, 22 characters of salt, 31 of digest.
//!
//! `$2a$`, `$2b$` and `$2y$` name the same function here; `$2x$`, the mark of an implementation with a
//! sign bug, and the original `$2$` are refused. Imported hashes keep the meaning they were made with:
//!
//! - Of the password, 72 bytes count, and fewer behind a salt that another product put in front of it.
//! - A NUL inside the password is a byte like any other, as in every implementation that takes a length. One
//!   that takes a C string would have stopped there; following it would let any text after a NUL pass.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig as Config};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Unreadable::{self, Malformed};
use super::{Cost, Format};

pub(super) const FORMAT: Format = Format {
    name: "bcrypt",
    prefixes: &["$2a$", "$2b$", "$2y$"],
    significant_bytes: Some(SIGNIFICANT_BYTES),
    cost,
    verify,
};

/// The bytes that bcrypt looks at, a salt in front of the password included.
const SIGNIFICANT_BYTES: usize = 72;

/// Some implementations leave the unused low bits of the last salt character set, so they are ignored.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    Config::new().with_decode_allow_trailing_bits(true).with_decode_padding_mode(DecodePaddingMode::RequireNone),
);

struct Parsed {
    cost: u32,
    salt: [u8; 16],
    digest: [u8; 23],
}

fn parse(text: &str) -> Result<Parsed, Unreadable> {
    if text.len() != 60 || !text.is_ascii() {
        return Err(Malformed("it is not 60 ASCII characters long"));
    }
    let (cost, rest) = text[4..].split_at(2);
    let encoded = rest.strip_prefix('$').ok_or(Malformed("the cost is not two digits and a $"))?;
    let (salt, digest) = encoded.split_at(22);
    Ok(Parsed { cost: parse_cost(cost)?, salt: decode(salt)?, digest: decode(digest)? })
}

fn parse_cost(digits: &str) -> Result<u32, Unreadable> {
    let cost = digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten();
    cost.filter(|cost| (4..=31).contains(cost)).ok_or(Malformed("the cost is not a number from 04 to 31"))
}

fn decode<const N: usize>(text: &str) -> Result<[u8; N], Unreadable> {
    let bytes = BASE64.decode(text).map_err(|_| Malformed("salt or digest is not in bcrypt's base64"))?;
    bytes.try_into().map_err(|_| Malformed("salt or digest has the wrong length"))
}

/// Cost 10 takes 72 ms, and each further step twice as long.
fn cost(text: &str) -> Result<Cost, Unreadable> {
    let milliseconds = (72_u64 << parse(text)?.cost) >> 10;
    Ok(Cost { memory_kib: 4, milliseconds })
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let parsed = parse(text)?;
    let mut key = Zeroizing::new(Vec::with_capacity(input.len() + 1));
    key.extend_from_slice(input);
    key.push(0);
    key.truncate(SIGNIFICANT_BYTES);
    let computed = Zeroizing::new(bcrypt::bcrypt(parsed.cost, parsed.salt, &key));
    Ok(computed[..parsed.digest.len()].ct_eq(&parsed.digest).into())
}
