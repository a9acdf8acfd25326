//! A line of Auth0's users export: the Management API's user object, or whichever of its fields were asked for.

use model::JsonObject;
use serde_json::Value;

use super::super::entry::Person;
use super::super::fields::Fields;
use super::super::refusal::{RowCode, RowError};
use super::{profile, user_id};

/// Fields that are taken over.
const TAKEN: &[&str] = &[
    "app_metadata",
    "blocked",
    "created_at",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "identities",
    "last_password_reset",
    "name",
    "nickname",
    "phone_number",
    "phone_verified",
    "picture",
    "user_id",
    "user_metadata",
    "username",
];

/// Fields that say what happened at the source and nothing about the person.
const STATISTICS: &[&str] = &[
    "blocked_for",
    "connection",
    "last_ip",
    "last_login",
    "logins_count",
    "multifactor_last_modified",
    "provider",
    "updated_at",
];

/// Fields that hold second factors, or their names.
const FACTORS: &[&str] = &["mfa_factors", "multifactor"];

/// Fields that hold hashes, which an export never does.
const HASHES: &[&str] = &["custom_password_hash", "password_hash", "passwordhash"];

/// The row under the names of the user object: `user_metadata.plan`, `identities[0].connection` and headings such as
/// `Given Name` or `Id`, as exports of chosen fields have them, go where they belong.
pub(in super::super) fn renamed(row: &JsonObject) -> Result<JsonObject, RowError> {
    let mut renamed = JsonObject::new();
    for (name, value) in row {
        let (field, key) = place(name);
        let twice = match key {
            None => renamed.insert(field, value.clone()).is_some(),
            Some(key) => !put_within(&mut renamed, &field, key, value),
        };
        if twice {
            return Err(RowError::at(RowCode::NotPassed, name, "the row says this twice, under two names"));
        }
    }
    Ok(renamed)
}

/// The field of the user object that a name means, and the key within it.
fn place(name: &str) -> (String, Option<&str>) {
    for metadata in ["user_metadata", "app_metadata"] {
        if let Some(key) = name.strip_prefix(metadata).and_then(|rest| rest.strip_prefix('.')) {
            return (metadata.to_owned(), Some(key));
        }
    }
    if let Some(property) = name.strip_prefix("identities[0].") {
        return (format!("identity_{property}"), None);
    }
    let field = name.to_lowercase().replace(' ', "_");
    (if field == "id" { "user_id".to_owned() } else { field }, None)
}

/// Puts a value into an object within the row. `false` means that there is one, or no object to put it into.
fn put_within(row: &mut JsonObject, field: &str, key: &str, value: &Value) -> bool {
    let object = row.entry(field).or_insert_with(|| Value::Object(JsonObject::new())).as_object_mut();
    object.is_some_and(|object| object.insert(key.to_owned(), value.clone()).is_none())
}

/// Whether a member of this name says who it is, or in which connection.
pub(in super::super) fn tells_apart(name: &str) -> bool {
    let (field, _) = place(name);
    ["user_id", "email", "username", "identities", "identity_connection", "connection"].contains(&field.as_str())
}

/// The name of the connection the person belongs to, where the row says so.
pub(in super::super) fn connection(row: &JsonObject) -> Option<&str> {
    let primary = row.get("identities").and_then(|identities| identities.get(0)?.get("connection"));
    primary.or_else(|| row.get("identity_connection")).or_else(|| row.get("connection"))?.as_str()
}

/// Reads a renamed row. Fields that we have no place for are named in `left_out`.
pub(in super::super) fn person(fields: &mut Fields<'_>, row: &JsonObject, left_out: &mut Vec<String>) -> Person {
    fields.required_text("user_id", usize::MAX);
    refuse_secrets(fields, row);
    left_out.extend(row.keys().filter(|name| !is_known(name)).cloned());
    if row.get("identities").and_then(Value::as_array).is_some_and(|identities| identities.len() > 1) {
        left_out.push("identities[1…]".to_owned());
    }
    let profile = profile::profile(fields);
    if ["email", "username"].iter().all(|name| fields.value(name).is_none()) {
        fields.refuse(RowCode::AnyOfMissing, "email", "there is neither an email nor a username to sign in with");
    }
    Person {
        external_id: user_id::external_id(fields, "user_id"),
        profile,
        user_metadata: profile::metadata(fields, "user_metadata", &[]),
        app_metadata: profile::metadata(fields, "app_metadata", &[]),
        blocked: fields.flag("blocked"),
        hash: None,
        created_at: fields.moment("created_at"),
        last_password_reset: fields.moment("last_password_reset"),
    }
}

fn is_known(name: &str) -> bool {
    let listed = |list: &[&str]| list.contains(&name);
    name.starts_with("identity_") || listed(TAKEN) || listed(STATISTICS) || listed(FACTORS) || listed(HASHES)
}

fn refuse_secrets(fields: &mut Fields<'_>, row: &JsonObject) {
    for name in FACTORS {
        let has_any = fields.value(name).is_some_and(|value| value.as_array().is_none_or(|list| !list.is_empty()));
        if has_any {
            fields.refuse(RowCode::MfaFactorsFailed, name, "second factors are not supported by this version");
        }
    }
    for name in HASHES.iter().filter(|name| row.contains_key(**name)) {
        fields.refuse(RowCode::NotPassed, name, "an export holds no hashes; name the file's format");
    }
}
