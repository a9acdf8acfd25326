//! Auth0's `custom_password_hash`: how a hash was made, and the hash.

use credentials::password::{
    Charset, Digest, Input, Limits, Salt, ScryptParameters, detect, digest_text, hmac_text, scrypt_text,
};
use model::user::PasswordCredential;

use super::super::entry::imported_hash;
use super::super::fields::Fields;
use super::super::refusal::RowCode;
use super::encoding;

/// What an algorithm's hash looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Text that says everything itself.
    Text,
    /// The same, but made with a salt besides its own.
    SaltedText,
    /// The bare digest of one pass.
    SinglePass(Digest),
    /// A bare code, with digest and key beside it.
    Hmac,
    /// A bare key, with parameters beside it.
    Scrypt,
}

/// The algorithms Auth0 knows, which are those we verify, under the same names.
const ALGORITHMS: &[(&str, Kind)] = &[
    ("argon2", Kind::Text),
    ("bcrypt", Kind::SaltedText),
    ("hmac", Kind::Hmac),
    ("ldap", Kind::Text),
    ("md4", Kind::SinglePass(Digest::Md4)),
    ("md5", Kind::SinglePass(Digest::Md5)),
    ("pbkdf2", Kind::Text),
    ("scrypt", Kind::Scrypt),
    ("sha1", Kind::SinglePass(Digest::Sha1)),
    ("sha256", Kind::SinglePass(Digest::Sha256)),
    ("sha512", Kind::SinglePass(Digest::Sha512)),
];

const LONGEST_WORD: usize = 64;
const LONGEST_HASH: usize = 2048;
const LONGEST_SALT: usize = 512;

/// Reads the object. What says that the hash was made in another way than its algorithm's is refused rather than passed
/// over, since nobody could sign in by it.
pub(super) fn read(fields: &mut Fields<'_>, limits: &Limits) -> Option<PasswordCredential> {
    let algorithm = fields.required_text("algorithm", LONGEST_WORD)?;
    let Some((_, kind)) = ALGORITHMS.iter().find(|(name, _)| *name == algorithm) else {
        let names: Vec<_> = ALGORITHMS.iter().map(|(name, _)| *name).collect();
        fields.refuse(RowCode::EnumMismatch, "algorithm", format!("expected one of {}", names.join(", ")));
        return None;
    };
    fields.only(kind.members());
    let charset = fields.within("password", charset_of_password).flatten();
    let salt = fields.within("salt", salt).flatten();
    fields.require("hash");
    let hash = match kind {
        Kind::Text | Kind::SaltedText => fields.within("hash", |hash| text(hash, algorithm)).flatten(),
        Kind::SinglePass(digest) => fields.within("hash", |hash| single_pass(hash, *digest)).flatten(),
        Kind::Hmac => fields.within("hash", hmac).flatten(),
        Kind::Scrypt => scrypt(fields, salt.as_ref()),
    };
    let salt = salt.filter(|_| *kind != Kind::Scrypt);
    let text = Input { charset: charset.unwrap_or_default(), salt }.in_front_of(&hash?);
    imported_hash(fields, "hash.value", algorithm, &text, limits)
}

impl Kind {
    fn members(self) -> &'static [&'static str] {
        match self {
            Kind::Text => &["algorithm", "hash", "password"],
            Kind::SaltedText | Kind::SinglePass(_) | Kind::Hmac => &["algorithm", "hash", "password", "salt"],
            Kind::Scrypt => {
                &["algorithm", "blockSize", "cost", "hash", "keylen", "parallelization", "password", "salt"]
            }
        }
    }
}

fn charset_of_password(password: &mut Fields<'_>) -> Option<Charset> {
    password.only(&["encoding"]);
    encoding::charset(password)
}

fn salt(salt: &mut Fields<'_>) -> Option<Salt> {
    salt.only(&["encoding", "position", "value"]);
    let bytes = encoding::salt(salt, LONGEST_SALT);
    match salt.text("position", LONGEST_WORD) {
        None | Some("prefix") => bytes.map(Salt::Prefix),
        Some("suffix") => bytes.map(Salt::Suffix),
        Some(_) => {
            salt.refuse(RowCode::EnumMismatch, "position", "expected prefix or suffix");
            None
        }
    }
}

fn text(hash: &mut Fields<'_>, algorithm: &str) -> Option<String> {
    hash.only(&["encoding", "value"]);
    if hash.text("encoding", LONGEST_WORD).is_some_and(|encoding| encoding != "utf8") {
        hash.refuse(RowCode::EnumMismatch, "encoding", format!("a hash of {algorithm} is text; expected utf8"));
    }
    let text = hash.required_text("value", LONGEST_HASH)?;
    if detect(text) != Some(algorithm) {
        hash.refuse(RowCode::Format, "value", format!("this does not begin as a hash of {algorithm} does"));
        return None;
    }
    Some(text.to_owned())
}

fn single_pass(hash: &mut Fields<'_>, digest: Digest) -> Option<String> {
    hash.only(&["encoding", "value"]);
    encoding::digest(hash, LONGEST_HASH).map(|value| digest_text(digest, &value))
}

fn hmac(hash: &mut Fields<'_>) -> Option<String> {
    hash.only(&["digest", "encoding", "key", "value"]);
    let digest = hmac_digest(hash);
    hash.require("key");
    let key = hash.within("key", |key| {
        key.only(&["encoding", "value"]);
        encoding::salt(key, LONGEST_SALT)
    });
    let code = encoding::digest(hash, LONGEST_HASH);
    Some(hmac_text(digest?, &key.flatten()?, &code?))
}

fn hmac_digest(hash: &mut Fields<'_>) -> Option<Digest> {
    let digest = Digest::parse(hash.required_text("digest", LONGEST_WORD)?);
    if digest.is_none() {
        let names = Digest::ALL.map(Digest::as_str).join(", ");
        hash.refuse(RowCode::EnumMismatch, "digest", format!("expected one of {names}"));
    }
    digest
}

/// The salt is an argument of its own here, so its position means nothing.
fn scrypt(fields: &mut Fields<'_>, salt: Option<&Salt>) -> Option<String> {
    let parameters = scrypt_parameters(fields);
    let key = fields.within("hash", |hash| {
        hash.only(&["encoding", "value"]);
        encoding::digest(hash, LONGEST_HASH)
    });
    fields.require("keylen");
    let (length, key) = (fields.whole_number("keylen"), key.flatten()?);
    if length? != key.len() as u64 {
        fields.refuse(RowCode::Format, "keylen", format!("the hash has {} bytes", key.len()));
    }
    let salt = match salt {
        None => &[][..],
        Some(Salt::Prefix(bytes) | Salt::Suffix(bytes)) => bytes,
    };
    Some(scrypt_text(parameters?, salt, &key))
}

/// Auth0's names and defaults for N, r and p.
fn scrypt_parameters(fields: &mut Fields<'_>) -> Option<ScryptParameters> {
    let log_n = scrypt_log_n(fields);
    let r = scrypt_parameter(fields, "blockSize", 8);
    let p = scrypt_parameter(fields, "parallelization", 1);
    Some(ScryptParameters { log_n: log_n?, r: r?, p: p? })
}

fn scrypt_log_n(fields: &mut Fields<'_>) -> Option<u32> {
    if fields.value("cost").is_none() {
        return Some(14);
    }
    let n = fields.whole_number("cost")?;
    if n < 2 || !n.is_power_of_two() {
        fields.refuse(RowCode::Format, "cost", "expected 2, 4, 8 or a higher power of 2");
        return None;
    }
    Some(n.trailing_zeros())
}

fn scrypt_parameter(fields: &mut Fields<'_>, name: &str, default: u32) -> Option<u32> {
    if fields.value(name).is_none() {
        return Some(default);
    }
    let number = u32::try_from(fields.whole_number(name)?).ok();
    if number.is_none() {
        fields.refuse(RowCode::Maximum, name, format!("higher than {}", u32::MAX));
    }
    number
}
