//! A row of the file that Auth0's `POST /api/v2/jobs/users-imports` takes.

use credentials::password::{Limits, detect};
use model::user::PasswordCredential;

use super::super::entry::{Person, imported_hash};
use super::super::fields::Fields;
use super::super::refusal::RowCode;
use super::{custom_password_hash, profile, user_id};

/// Every field there is. Auth0's schema allows no other.
const FIELDS: &[&str] = &[
    "app_metadata",
    "blocked",
    "custom_password_hash",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "mfa_factors",
    "name",
    "nickname",
    "password_hash",
    "phone_number",
    "phone_verified",
    "picture",
    "user_id",
    "user_metadata",
    "username",
];

/// Names that `app_metadata` may not hold, because Auth0 keeps its own under them.
const RESERVED: &[&str] = &[
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email",
    "email_verified",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor",
    "multifactor_last_modified",
    "updated_at",
    "user_id",
];

/// Long enough for every hash that is within limits.
const LONGEST_HASH: usize = 1024;

/// Reads a row.
pub(in super::super) fn person(fields: &mut Fields<'_>, limits: &Limits) -> Person {
    fields.only(FIELDS);
    fields.required_text("email", usize::MAX);
    refuse_factors(fields);
    Person {
        external_id: user_id::external_id(fields, "user_id"),
        profile: profile::profile(fields),
        user_metadata: profile::metadata(fields, "user_metadata", &[]),
        app_metadata: profile::metadata(fields, "app_metadata", RESERVED),
        blocked: fields.flag("blocked"),
        hash: hash(fields, limits),
        created_at: None,
        last_password_reset: None,
    }
}

/// Somebody who has a second factor must not come in by one afterwards.
fn refuse_factors(fields: &mut Fields<'_>) {
    match fields.value("mfa_factors").map(|value| value.as_array()) {
        None => {}
        Some(None) => fields.refuse(RowCode::InvalidType, "mfa_factors", "expected a list"),
        Some(Some(factors)) if factors.is_empty() => {
            fields.refuse(RowCode::ArrayLengthShort, "mfa_factors", "the list is empty; leave the field out");
        }
        Some(Some(_)) => {
            fields.refuse(RowCode::MfaFactorsFailed, "mfa_factors", "second factors are not supported by this version");
        }
    }
}

fn hash(fields: &mut Fields<'_>, limits: &Limits) -> Option<PasswordCredential> {
    if fields.value("password_hash").is_none() {
        return fields.within("custom_password_hash", |inner| custom_password_hash::read(inner, limits)).flatten();
    }
    if fields.value("custom_password_hash").is_some() {
        fields.refuse(RowCode::NotPassed, "custom_password_hash", "there is a password_hash too; only one may be");
    }
    let text = fields.text("password_hash", LONGEST_HASH)?;
    bcrypt(fields, "password_hash", text, limits)
}

/// A field that Auth0 fills with bcrypt and nothing else.
pub(super) fn bcrypt(fields: &mut Fields<'_>, name: &str, text: &str, limits: &Limits) -> Option<PasswordCredential> {
    if detect(text) != Some("bcrypt") {
        fields.refuse(RowCode::Pattern, name, "expected a bcrypt hash, which begins with $2a$, $2b$ or $2y$");
        return None;
    }
    imported_hash(fields, name, "bcrypt", text, limits)
}
