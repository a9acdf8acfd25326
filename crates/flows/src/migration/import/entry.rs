//! What a row says, once it has been read.

use credentials::password::{HashUnusable, Limits, check_import};
use model::address::FoldedEmail;
use model::user::{PasswordCredential, Profile};
use model::{JsonObject, Timestamp, UserId};

use super::fields::Fields;
use super::refusal::RowCode;

/// A row that can be taken.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Entry {
    /// Somebody for the directory.
    Person(Box<Person>),
    /// A hash for somebody who is there already.
    Hash(HashOf),
}

/// Somebody for the directory.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Person {
    /// The id without its provider; one is made where the row has none.
    pub(super) external_id: Option<String>,
    pub(super) profile: Profile,
    pub(super) user_metadata: Option<JsonObject>,
    pub(super) app_metadata: Option<JsonObject>,
    pub(super) blocked: Option<bool>,
    /// An imported hash that has been checked.
    pub(super) hash: Option<PasswordCredential>,
    pub(super) created_at: Option<Timestamp>,
    pub(super) last_password_reset: Option<Timestamp>,
}

impl Person {
    pub(super) fn email(&self) -> Option<FoldedEmail> {
        self.profile.folded_email()
    }

    pub(super) fn username(&self) -> Option<FoldedEmail> {
        self.profile.username.as_deref().map(FoldedEmail::of)
    }

    pub(super) fn user_id(&self) -> Option<UserId> {
        self.external_id.as_deref().map(UserId::database)
    }
}

/// A hash for somebody who is there already.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HashOf {
    pub(super) external_id: String,
    /// An imported hash that has been checked.
    pub(super) credential: PasswordCredential,
}

/// Takes in a hash of this format, or says why nobody could sign in by it, or only at a cost that is out of bounds.
pub(super) fn imported_hash(
    fields: &mut Fields<'_>,
    path: &str,
    format: &str,
    hash: &str,
    limits: &Limits,
) -> Option<PasswordCredential> {
    let unusable = match check_import(format, hash, limits) {
        Ok(()) => return Some(PasswordCredential::Imported { format: format.to_owned(), hash: hash.to_owned() }),
        Err(unusable) => unusable,
    };
    let code = match unusable {
        HashUnusable::CostAboveLimit { .. } => RowCode::Maximum,
        HashUnusable::Malformed { .. } | HashUnusable::OtherPrefix { .. } => RowCode::Format,
        HashUnusable::UnknownFormat { .. } | HashUnusable::Unsupported { .. } => RowCode::EnumMismatch,
    };
    fields.refuse(code, path, unusable.to_string());
    None
}
