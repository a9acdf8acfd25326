//! Password hashes: ours, made by [`Hasher`], and those of other products, through the registry of formats.
//!
//! A format is one file here and one line in [`FORMATS`]; detection, import and sign-in all go through it. An imported
//! hash is kept as one text that says everything about itself: what it is made from ([`Input`]), then the hash in the
//! form that its products use, or in one of ours where they have only bare digests.

mod argon2;
mod argon2id;
mod bcrypt;
mod buffers;
mod digest;
mod hasher;
mod hmac;
mod input;
mod ldap;
mod limits;
mod mdc2;
mod pbkdf2;
mod phc;
mod prepared;
#[cfg(test)]
mod properties;
mod scrypt;
mod single_pass;
#[cfg(test)]
mod vectors;

use thiserror::Error;

pub use argon2id::{InvalidParameters, Parameters};
pub use buffers::AroundMaking;
pub use digest::Digest;
pub use hasher::Hasher;
pub use hmac::hmac_text;
pub use input::{Charset, Input, Salt};
pub use limits::{Cost, Limits, Resource};
pub use prepared::{MAX_PASSWORD_BYTES, PasswordTooLong, Prepared};
pub use scrypt::{ScryptParameters, scrypt_text};
pub use single_pass::digest_text;

/// A format in which other products keep password hashes.
pub struct Format {
    /// Its name, as stored beside the hash.
    pub name: &'static str,
    /// How its texts begin.
    prefixes: &'static [&'static str],
    /// How many bytes of its input count, where that is not all of them.
    significant_bytes: Option<usize>,
    /// Reads the whole text and says what one verification needs.
    cost: fn(&str) -> Result<Cost, Unreadable>,
    /// Compares with the hash of some bytes, in constant time, without any bound on the cost.
    verify: fn(&str, &[u8]) -> Result<bool, Unreadable>,
}

/// Every format a hash may be imported in. No prefix belongs to two of them.
pub const FORMATS: &[Format] = &[
    argon2::FORMAT,
    bcrypt::FORMAT,
    hmac::FORMAT,
    ldap::FORMAT,
    pbkdf2::FORMAT,
    scrypt::FORMAT,
    single_pass::MD4,
    single_pass::MD5,
    single_pass::SHA1,
    single_pass::SHA256,
    single_pass::SHA512,
];

/// Longer texts are not looked at. The longest that makes sense has 2 KiB of salt and 2 KiB of key, in base64.
const MAX_TEXT_BYTES: usize = 8192;

/// With a salt in front, at least this much of the password has to count.
const LEAST_SIGNIFICANT_BYTES: usize = 8;

/// Why a text is not a hash that can be verified, in words that name no part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unreadable {
    /// It does not have the form that its format asks for.
    Malformed(&'static str),
    /// It has that form, and asks for something that we do not compute.
    Unsupported(&'static str),
}

/// Why nobody can be let in by a stored hash, or why an import refuses it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HashUnusable {
    /// No format has this name.
    #[error("no password hash format is called {format:?}")]
    UnknownFormat {
        /// The name that was asked for.
        format: String,
    },
    /// The text does not have the form of its format.
    #[error("malformed {format} hash: {reason}")]
    Malformed {
        /// The format's name.
        format: &'static str,
        /// What is wrong, without quoting the hash.
        reason: &'static str,
    },
    /// The text does not begin as hashes of its format do.
    #[error("malformed {format} hash: it does not begin with {}", prefixes.join(" or "))]
    OtherPrefix {
        /// The format's name.
        format: &'static str,
        /// How such hashes begin.
        prefixes: &'static [&'static str],
    },
    /// The hash is of a kind that we do not compute.
    #[error("this {format} hash cannot be verified: {reason}")]
    Unsupported {
        /// The format's name.
        format: &'static str,
        /// What is not supported.
        reason: &'static str,
    },
    /// One verification would need more than the limits allow.
    #[error("verifying this {format} hash needs {needed} {resource}, the limit is {limit}")]
    CostAboveLimit {
        /// The format's name.
        format: &'static str,
        /// What it needs too much of.
        resource: Resource,
        /// How much it needs.
        needed: u64,
        /// How much is allowed.
        limit: u64,
    },
}

/// The name of the format this text claims to have, by its prefix, where nothing is said about its input.
pub fn detect(text: &str) -> Option<&'static str> {
    FORMATS.iter().find(|format| format.recognises(text)).map(|format| format.name)
}

/// Whether a hash can be taken in: the format exists, the text has its form, and its cost is within limits.
/// Cheap, whatever the hash asks for.
pub fn check_import(format: &str, text: &str, limits: &Limits) -> Result<(), HashUnusable> {
    Usable::of(format, text, limits).map(|_| ())
}

/// Whether `password`, exactly as typed, matches an imported hash. The cost is checked again, since limits may
/// have been lowered after the import. Slow.
pub fn verify(format: &str, text: &str, password: &Prepared, limits: &Limits) -> Result<bool, HashUnusable> {
    let Usable { format, input, hash } = Usable::of(format, text, limits)?;
    (format.verify)(hash, &input.bytes(password.as_typed())).map_err(|unreadable| unreadable.of_format(format.name))
}

/// Whether guessing the password from one hash takes less than from the other: less time, or as much with less memory,
/// as the formats estimate it. What cannot be read protects nothing.
pub fn is_weaker((format, text): (&str, &str), (than_format, than_text): (&str, &str)) -> bool {
    let effort = |format, text| cost_of(format, text).map_or((0, 0), |cost| (cost.milliseconds, cost.memory_kib));
    effort(format, text) < effort(than_format, than_text)
}

fn cost_of(name: &str, text: &str) -> Option<Cost> {
    let format = FORMATS.iter().find(|format| format.name == name)?;
    let (_, hash) = format.split(text).ok()?;
    (format.cost)(hash).ok()
}

/// A hash whose form is sound and whose cost is within limits.
struct Usable<'a> {
    format: &'static Format,
    input: Input,
    hash: &'a str,
}

impl<'a> Usable<'a> {
    fn of(name: &str, text: &'a str, limits: &Limits) -> Result<Self, HashUnusable> {
        let format = FORMATS
            .iter()
            .find(|format| format.name == name)
            .ok_or_else(|| HashUnusable::UnknownFormat { format: name.to_owned() })?;
        let (input, hash) = format.split(text).map_err(|unreadable| unreadable.of_format(format.name))?;
        if !format.recognises(hash) {
            return Err(HashUnusable::OtherPrefix { format: format.name, prefixes: format.prefixes });
        }
        let cost = (format.cost)(hash).map_err(|unreadable| unreadable.of_format(format.name))?;
        match limits.exceeded_by(cost) {
            None => Ok(Usable { format, input, hash }),
            Some((resource, needed, limit)) => {
                Err(HashUnusable::CostAboveLimit { format: format.name, resource, needed, limit })
            }
        }
    }
}

impl Format {
    fn recognises(&self, hash: &str) -> bool {
        self.prefixes.iter().any(|prefix| hash.starts_with(prefix))
    }

    /// Takes a text apart, and makes sure that the password counts for something.
    fn split<'a>(&self, text: &'a str) -> Result<(Input, &'a str), Unreadable> {
        if text.len() > MAX_TEXT_BYTES {
            return Err(Unreadable::Malformed("it is longer than any hash"));
        }
        let (input, hash) = Input::split_from(text)?;
        let significant = self.significant_bytes.unwrap_or(usize::MAX);
        if significant.saturating_sub(input.bytes_before()) < LEAST_SIGNIFICANT_BYTES {
            return Err(Unreadable::Unsupported("behind so long a salt, hardly a byte of the password would count"));
        }
        Ok((input, hash))
    }
}

impl Unreadable {
    fn of_format(self, format: &'static str) -> HashUnusable {
        match self {
            Unreadable::Malformed(reason) => HashUnusable::Malformed { format, reason },
            Unreadable::Unsupported(reason) => HashUnusable::Unsupported { format, reason },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BCRYPT: &str = "$2b$10$abcdefghijklmnopqrstuuPFGfTAH8FPOgyK3ETYcTTmQFZBGCkFe";

    #[test]
    fn a_format_is_named_by_its_prefix() {
        assert_eq!(detect(BCRYPT), Some("bcrypt"));
        assert_eq!(detect("$argon2i$v=19$"), Some("argon2"));
        assert_eq!(detect("{SSHA}"), Some("ldap"));
        assert_eq!(detect("$2x$10$"), None);
        assert_eq!(detect("latin1:$2b$10$"), None);
        assert_eq!(detect(""), None);
    }

    #[test]
    fn formats_have_distinct_names_and_prefixes() {
        for (index, format) in FORMATS.iter().enumerate() {
            let others = &FORMATS[index + 1..];
            assert!(others.iter().all(|other| other.name != format.name), "{} twice", format.name);
            for prefix in format.prefixes {
                let begins = |other: &&str| other.starts_with(prefix) || prefix.starts_with(*other);
                assert!(!others.iter().any(|other| other.prefixes.iter().any(begins)), "{prefix} twice");
            }
        }
    }

    #[test]
    fn an_unknown_format_is_named_in_the_refusal() {
        let refused = check_import("rot13", BCRYPT, &Limits::default()).unwrap_err();
        assert_eq!(refused.to_string(), "no password hash format is called \"rot13\"");
    }

    #[test]
    fn a_refused_cost_is_told_in_numbers() {
        let text = BCRYPT.replace("$10$", "$31$");
        let refused = check_import("bcrypt", &text, &Limits::default()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "verifying this bcrypt hash needs 150994944 milliseconds of one core, the limit is 3000"
        );
    }

    #[test]
    fn limits_lowered_after_the_import_hold_at_sign_in() {
        let lowered = Limits { milliseconds: 10, ..Limits::default() };
        let password = Prepared::new("irrelevant").unwrap();
        assert!(check_import("bcrypt", BCRYPT, &Limits::default()).is_ok());
        assert!(matches!(
            verify("bcrypt", BCRYPT, &password, &lowered),
            Err(HashUnusable::CostAboveLimit { resource: Resource::Time, needed: 72, limit: 10, .. })
        ));
    }

    #[test]
    fn mg_12_hashes_are_ordered_by_what_a_guess_takes() {
        let argon2 = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQxMjM0NTY3OA$cnJycnJycnJycnJycnJycg";
        let weakest_first = [
            ("md5", "$md5$d41d8cd98f00b204e9800998ecf8427e".to_owned()),
            ("bcrypt", BCRYPT.replace("$10$", "$04$")),
            ("bcrypt", BCRYPT.to_owned()),
            ("argon2", argon2.to_owned()),
            ("bcrypt", BCRYPT.replace("$10$", "$12$")),
        ];
        for (index, (format, text)) in weakest_first.iter().enumerate() {
            for (other, (than_format, than_text)) in weakest_first.iter().enumerate() {
                let said = is_weaker((format, text), (than_format, than_text));
                assert_eq!(said, index < other, "{format} {index} and {than_format} {other}");
            }
        }
    }

    #[test]
    fn a_refusal_never_quotes_the_hash() {
        let refused = check_import("bcrypt", "$2b$10$secret", &Limits::default()).unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }
}
