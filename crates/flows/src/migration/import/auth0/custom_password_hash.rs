//! Auth0's `custom_password_hash`: how a hash was made, and the hash.

use credentials::password::Limits;
use model::user::PasswordCredential;

use super::super::entry::imported_hash;
use super::super::fields::Fields;
use super::super::refusal::RowCode;

/// The algorithms Auth0 knows, and whether we can verify them.
const ALGORITHMS: &[(&str, bool)] = &[
    ("argon2", true),
    ("bcrypt", true),
    ("hmac", false),
    ("ldap", false),
    ("md4", false),
    ("md5", false),
    ("pbkdf2", false),
    ("scrypt", false),
    ("sha1", false),
    ("sha256", false),
    ("sha512", false),
];

const LONGEST_WORD: usize = 64;
const LONGEST_HASH: usize = 1024;

/// Reads the object. What says that the hash is not the plain one of its algorithm is refused rather than passed over,
/// since nobody could sign in by it.
pub(super) fn read(fields: &mut Fields<'_>, limits: &Limits) -> Option<PasswordCredential> {
    let algorithm = fields.required_text("algorithm", LONGEST_WORD)?;
    if !is_verified(fields, algorithm) {
        return None;
    }
    fields.only(&["algorithm", "hash", "password"]);
    fields.within("password", |password| {
        password.only(&["encoding"]);
        expect_utf8(password);
    });
    if fields.value("hash").is_none() {
        fields.refuse(RowCode::ObjectRequired, "hash", "this field must be there");
    }
    fields.within("hash", |hash| plain_hash(hash, algorithm, limits)).flatten()
}

fn is_verified(fields: &mut Fields<'_>, algorithm: &str) -> bool {
    let known = ALGORITHMS.iter().find(|(name, _)| *name == algorithm);
    match known {
        Some((_, true)) => return true,
        Some((name, false)) => {
            let message = format!("this version does not know the algorithm {name}; it knows argon2 and bcrypt");
            fields.refuse(RowCode::EnumMismatch, "algorithm", message);
        }
        None => fields.refuse(RowCode::EnumMismatch, "algorithm", "there is no such algorithm"),
    }
    false
}

fn plain_hash(hash: &mut Fields<'_>, algorithm: &str, limits: &Limits) -> Option<PasswordCredential> {
    hash.only(&["encoding", "value"]);
    expect_utf8(hash);
    let text = hash.required_text("value", LONGEST_HASH)?;
    imported_hash(hash, "value", algorithm, text, limits)
}

/// Both formats are text that says everything itself, made from the password as UTF-8.
fn expect_utf8(fields: &mut Fields<'_>) {
    if fields.text("encoding", LONGEST_WORD).is_some_and(|encoding| encoding != "utf8") {
        fields.refuse(RowCode::EnumMismatch, "encoding", "this version knows utf8 here and nothing else");
    }
}
