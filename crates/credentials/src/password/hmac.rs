//! HMAC (RFC 2104) over the password, with whatever salt stands before or after it: `$hmac-sha256$` key `$` code, both
//! in standard base64 without padding. The form is ours.

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::Unreadable::{self, Malformed};
use super::{Cost, Digest, Format, phc};

pub(super) const FORMAT: Format = Format { name: "hmac", prefixes: &["$hmac-"], significant_bytes: None, cost, verify };

struct Parsed {
    digest: Digest,
    key: Zeroizing<Vec<u8>>,
    code: Vec<u8>,
}

/// The text that such a hash is kept as. Whether it is one, [`super::check_import`] says.
pub fn hmac_text(digest: Digest, key: &[u8], code: &[u8]) -> String {
    format!("$hmac-{}${}${}", digest.as_str(), phc::encode(key), phc::encode(code))
}

fn parse(text: &str) -> Result<Parsed, Unreadable> {
    let fields: Vec<&str> = text.strip_prefix("$hmac-").unwrap_or_default().splitn(4, '$').collect();
    let [name, key, code] = fields[..] else { return Err(Malformed("it does not have three fields")) };
    let digest = Digest::parse(name).ok_or(Malformed("there is no such digest"))?;
    let length = digest.length();
    Ok(Parsed {
        digest,
        key: Zeroizing::new(phc::bytes(key, 1..=2048, "the key is not 1 to 2048 bytes of base64")?),
        code: phc::bytes(code, length..=length, "the code does not have the length of its digest")?,
    })
}

fn cost(text: &str) -> Result<Cost, Unreadable> {
    parse(text).map(|_| Cost::NEGLIGIBLE)
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let Parsed { digest, key, code } = parse(text)?;
    Ok(digest.hmac(&key, input).ct_eq(&code).into())
}
