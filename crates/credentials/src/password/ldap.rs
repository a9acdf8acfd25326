//! Values of `userPassword` (RFC 2307 5.3, and the schemes that servers added): `{SSHA}` and base64 of the digest, and
//! of the salt behind it.
//!
//! Schemes are compared without regard to case, and padding may be missing, as directory servers have it.

use base64::Engine;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig as Config};
use subtle::ConstantTimeEq;

use super::Unreadable::{self, Malformed, Unsupported};
use super::{Cost, Digest, Format};

pub(super) const FORMAT: Format = Format { name: "ldap", prefixes: &["{"], significant_bytes: None, cost, verify };

/// Each scheme's digest, and whether there is a salt.
const SCHEMES: &[(&str, Digest, bool)] = &[
    ("MD5", Digest::Md5, false),
    ("SMD5", Digest::Md5, true),
    ("SHA", Digest::Sha1, false),
    ("SSHA", Digest::Sha1, true),
    ("SHA256", Digest::Sha256, false),
    ("SSHA256", Digest::Sha256, true),
    ("SHA384", Digest::Sha384, false),
    ("SSHA384", Digest::Sha384, true),
    ("SHA512", Digest::Sha512, false),
    ("SSHA512", Digest::Sha512, true),
];

const BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::STANDARD, Config::new().with_decode_padding_mode(DecodePaddingMode::Indifferent));

struct Parsed {
    digest: Digest,
    expected: Vec<u8>,
    salt: Vec<u8>,
}

fn parse(text: &str) -> Result<Parsed, Unreadable> {
    let (scheme, value) = text
        .strip_prefix('{')
        .and_then(|rest| rest.split_once('}'))
        .ok_or(Malformed("it does not begin with a scheme in braces"))?;
    let (digest, is_salted) = find(scheme)?;
    let mut expected = BASE64.decode(value).map_err(|_| Malformed("what follows the scheme is not base64"))?;
    if expected.len() < digest.length() {
        return Err(Malformed("the digest is too short for its scheme"));
    }
    let salt = expected.split_off(digest.length());
    match (is_salted, salt.is_empty()) {
        (true, true) => Err(Malformed("there is no salt behind the digest")),
        (false, false) => Err(Malformed("the digest is too long for its scheme")),
        _ => Ok(Parsed { digest, expected, salt }),
    }
}

fn find(scheme: &str) -> Result<(Digest, bool), Unreadable> {
    if scheme.eq_ignore_ascii_case("CRYPT") {
        return Err(Unsupported("what {CRYPT} means depends on the system that made it"));
    }
    let known = SCHEMES.iter().find(|(name, ..)| scheme.eq_ignore_ascii_case(name));
    known.map(|(_, digest, is_salted)| (*digest, *is_salted)).ok_or(Unsupported(
        "its scheme is none of MD5, SMD5, SHA, SSHA, SHA256, SSHA256, SHA384, SSHA384, SHA512 and SSHA512",
    ))
}

fn cost(text: &str) -> Result<Cost, Unreadable> {
    parse(text).map(|_| Cost::NEGLIGIBLE)
}

fn verify(text: &str, input: &[u8]) -> Result<bool, Unreadable> {
    let Parsed { digest, expected, salt } = parse(text)?;
    Ok(digest.of([input, &salt]).ct_eq(&expected).into())
}
