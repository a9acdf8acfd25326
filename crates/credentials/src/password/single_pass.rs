//! One pass of a digest over the password, with whatever salt stands before or after it: `$digest-md5$` digest, in
//! standard base64 without padding.
//!
//! The form is ours: other products keep such hashes as bare hexadecimal or base64, from which the digest cannot be
//! told.

use subtle::ConstantTimeEq;

use super::Unreadable::{self, Malformed};
use super::{Cost, Digest, Format, phc};

pub(super) const MD4: Format = of("md4", &["$digest-md4$"]);
pub(super) const MD5: Format = of("md5", &["$digest-md5$"]);
pub(super) const SHA1: Format = of("sha1", &["$digest-sha1$"]);
pub(super) const SHA256: Format = of("sha256", &["$digest-sha256$"]);
pub(super) const SHA512: Format = of("sha512", &["$digest-sha512$"]);

const fn of(name: &'static str, prefixes: &'static [&'static str]) -> Format {
    Format { name, prefixes, significant_bytes: None, cost, verify }
}

/// The text that a digest of this kind is kept as. Whether it is one, [`super::check_import`] says.
pub fn digest_text(digest: Digest, value: &[u8]) -> String {
    format!("$digest-{}${}", digest.as_str(), phc::encode(value))
}

fn parse(text: &str) -> Result<(Digest, Vec<u8>), Unreadable> {
    let (name, value) = text
        .strip_prefix("$digest-")
        .and_then(|rest| rest.split_once('$'))
        .ok_or(Malformed("it does not have two fields"))?;
    let digest = Digest::parse(name).ok_or(Malformed("there is no such digest"))?;
    let length = digest.length();
    Ok((digest, phc::bytes(value, length..=length, "the digest does not have the length of its kind")?))
}

fn cost(text: &str) -> Result<Cost, Unreadable> {
    parse(text).map(|_| Cost::NEGLIGIBLE)
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let (digest, expected) = parse(text)?;
    Ok(digest.of([input, b""]).ct_eq(&expected).into())
}
