//! What the formats in PHC form have in common: `$name$a=1,b=2$salt$digest`, bytes in standard base64 without padding.

use std::ops::RangeInclusive;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::Unreadable::{self, Malformed};

/// Bytes, if there are as many as `lengths` allows.
pub(super) fn bytes(
    text: &str,
    lengths: RangeInclusive<usize>,
    otherwise: &'static str,
) -> Result<Vec<u8>, Unreadable> {
    STANDARD_NO_PAD.decode(text).ok().filter(|bytes| lengths.contains(&bytes.len())).ok_or(Malformed(otherwise))
}

pub(super) fn encode(bytes: &[u8]) -> String {
    STANDARD_NO_PAD.encode(bytes)
}

/// The values of these parameters. They may come in any order, since not all encoders agree on one; none comes twice,
/// and there are no others.
pub(super) fn parameters<'a, const N: usize>(
    text: &'a str,
    names: [&str; N],
    otherwise: &'static str,
) -> Result<[Option<&'a str>; N], Unreadable> {
    let mut values = [None; N];
    for pair in text.split(',') {
        let (name, value) = pair.split_once('=').ok_or(Malformed(otherwise))?;
        let at = names.iter().position(|known| *known == name).ok_or(Malformed(otherwise))?;
        if values[at].replace(value).is_some() {
            return Err(Malformed(otherwise));
        }
    }
    Ok(values)
}

/// A decimal number without a sign or leading zeros.
pub(super) fn number(digits: &str) -> Result<u32, Unreadable> {
    let canonical = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
    canonical.then(|| digits.parse().ok()).flatten().ok_or(Malformed("a parameter is not a decimal number"))
}
