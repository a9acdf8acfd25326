//! A line of the file of password hashes that Auth0's support hands out.

use credentials::password::Limits;
use model::JsonObject;
use serde_json::Value;

use super::super::entry::HashOf;
use super::super::fields::Fields;
use super::super::refusal::RowCode;
use super::{user_id, users_import};

/// Fields that are read, and those that say nothing the directory does not know better.
const KNOWN: &[&str] = &[
    "_ID",
    "_id",
    "_tmp_is_unique",
    "alt_id",
    "connection",
    "email",
    "email_verified",
    "passwordHash",
    "password_set_date",
    "tenant",
    "username",
];

const LONGEST_HASH: usize = 1024;

/// Whether a row is of such a file.
pub(in super::super) fn is_one(row: &JsonObject) -> bool {
    row.contains_key("passwordHash") && (row.contains_key("_id") || row.contains_key("_ID"))
}

/// Whether a member of this name says who it is, or in which connection.
pub(in super::super) fn tells_apart(name: &str) -> bool {
    ["_id", "_ID", "alt_id", "connection"].contains(&name)
}

/// The name of the connection the person belongs to, where the row says so.
pub(in super::super) fn connection(row: &JsonObject) -> Option<&str> {
    row.get("connection")?.as_str()
}

/// The person's id without its provider: `alt_id` where there is one, the record's own id otherwise.
pub(in super::super) fn id(row: &JsonObject) -> Option<&str> {
    let own = || row.get("_id").or_else(|| row.get("_ID"));
    let alt_id = row.get("alt_id").and_then(Value::as_str).filter(|id| !id.is_empty());
    alt_id.or_else(|| own()?.get("$oid").or_else(own)?.as_str())
}

/// Reads a row. Fields that nobody has told us of are named in `left_out`.
pub(in super::super) fn read(
    fields: &mut Fields<'_>,
    row: &JsonObject,
    limits: &Limits,
    left_out: &mut Vec<String>,
) -> Option<HashOf> {
    left_out.extend(row.keys().filter(|name| !KNOWN.contains(&name.as_str())).cloned());
    let external_id = external_id(fields, row);
    let text = fields.required_text("passwordHash", LONGEST_HASH)?;
    let credential = users_import::bcrypt(fields, "passwordHash", text, limits)?;
    Some(HashOf { external_id: external_id?, credential })
}

fn external_id(fields: &mut Fields<'_>, row: &JsonObject) -> Option<String> {
    let Some(id) = id(row) else {
        fields.refuse(RowCode::ObjectRequired, "_id", "there is neither an alt_id nor an _id.$oid");
        return None;
    };
    user_id::usable_suffix(fields, "_id", id)
}
