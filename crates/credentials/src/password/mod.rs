//! Password hashes: ours, made by [`Hasher`], and those of other products, through the registry of formats.
//!
//! A format is one file here and one line in [`FORMATS`]; detection, import and sign-in all go through it.

mod argon2;
mod argon2id;
mod bcrypt;
mod buffers;
mod hasher;
mod limits;
mod prepared;
#[cfg(test)]
mod vectors;

use thiserror::Error;

pub use argon2id::{InvalidParameters, Parameters};
pub use hasher::Hasher;
pub use limits::{Cost, Limits, Resource};
pub use prepared::{MAX_PASSWORD_BYTES, PasswordTooLong, Prepared};

/// A format in which other products keep password hashes.
pub struct Format {
    /// Its name, as stored beside the hash.
    pub name: &'static str,
    /// Whether a text claims to be of this format, by its prefix alone.
    recognises: fn(&str) -> bool,
    /// Reads the whole text and says what one verification needs.
    cost: fn(&str) -> Result<Cost, Malformed>,
    /// Compares, in constant time, without any bound on the cost.
    verify: fn(&str, &str) -> Result<bool, Malformed>,
}

/// Every format a hash may be imported in. No prefix belongs to two of them.
pub const FORMATS: &[Format] = &[argon2::FORMAT, bcrypt::FORMAT];

/// Why a text does not have the form its format asks for, in words that name no part of it.
#[derive(Debug, PartialEq, Eq)]
struct Malformed(&'static str);

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

/// The name of the format this text claims to have, by its prefix.
pub fn detect(text: &str) -> Option<&'static str> {
    FORMATS.iter().find(|format| (format.recognises)(text)).map(|format| format.name)
}

/// Whether a hash can be taken in: the format exists, the text has its form, and its cost is within limits.
/// Cheap, whatever the hash asks for.
pub fn check_import(format: &str, text: &str, limits: &Limits) -> Result<(), HashUnusable> {
    usable(format, text, limits).map(|_| ())
}

/// Whether `password`, exactly as typed, matches an imported hash. The cost is checked again, since limits may
/// have been lowered after the import. Slow.
pub fn verify(format: &str, text: &str, password: &Prepared, limits: &Limits) -> Result<bool, HashUnusable> {
    let format = usable(format, text, limits)?;
    (format.verify)(text, password.as_typed()).map_err(|malformed| format.malformed(&malformed))
}

fn usable(name: &str, text: &str, limits: &Limits) -> Result<&'static Format, HashUnusable> {
    let format = FORMATS
        .iter()
        .find(|format| format.name == name)
        .ok_or_else(|| HashUnusable::UnknownFormat { format: name.to_owned() })?;
    let cost = (format.cost)(text).map_err(|malformed| format.malformed(&malformed))?;
    match limits.exceeded_by(cost) {
        None => Ok(format),
        Some((resource, needed, limit)) => {
            Err(HashUnusable::CostAboveLimit { format: format.name, resource, needed, limit })
        }
    }
}

impl Format {
    fn malformed(&self, malformed: &Malformed) -> HashUnusable {
        HashUnusable::Malformed { format: self.name, reason: malformed.0 }
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
        assert_eq!(detect("$2x$10$"), None);
        assert_eq!(detect(""), None);
    }

    #[test]
    fn formats_have_distinct_names() {
        for (index, format) in FORMATS.iter().enumerate() {
            assert!(FORMATS[..index].iter().all(|other| other.name != format.name), "{} twice", format.name);
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
    fn a_refusal_never_quotes_the_hash() {
        let refused = check_import("bcrypt", "$2b$10$secret", &Limits::default()).unwrap_err();
        assert!(!refused.to_string().contains("secret"), "{refused}");
    }

    #[test]
    fn wp_07_no_edit_of_a_hash_makes_a_format_panic() {
        let argon2 = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQxMjM0NTY3OA$cnJycnJycnJycnJycnJycg";
        for (format, sound) in [("bcrypt", BCRYPT), ("argon2", argon2)] {
            assert_eq!(check_import(format, sound, &Limits::default()), Ok(()));
            for at in 0..sound.len() {
                for edit in ["", "\0", "$", "9", "=", ",", "\u{e9}", "\u{1f511}"] {
                    let _ = check_import(format, &format!("{}{edit}", &sound[..at]), &Limits::default());
                    let edited = format!("{}{edit}{}", &sound[..at], &sound[at + 1..]);
                    let _ = check_import(format, &edited, &Limits::default());
                }
            }
        }
    }
}
