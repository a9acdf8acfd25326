//! Why a row is refused, in the codes of Auth0's import jobs, and how it is shown in a report.

use model::JsonObject;
use serde::Serialize;
use serde_json::Value;

use super::framing::Place;

/// The codes of row errors: Auth0's, and one of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RowCode {
    /// None of the fields is there of which at least one is needed.
    AnyOfMissing,
    /// The list is empty.
    ArrayLengthShort,
    /// Somebody else has this id.
    Conflict,
    /// Somebody else has this address, or this person has another one here.
    ConflictEmail,
    /// Somebody else has this user name, or this person has another one here.
    ConflictUsername,
    /// The file holds this person more than once.
    DuplicatedUser,
    /// The value is none of those that are known.
    EnumMismatch,
    /// The value, or the whole row, does not have its form.
    Format,
    /// The value is of another type.
    InvalidType,
    /// The value, or the whole row, is too long.
    MaxLength,
    /// The number is too high.
    Maximum,
    /// The person has second factors, which cannot be taken over.
    MfaFactorsFailed,
    /// The field must not be there.
    NotPassed,
    /// The field must be there.
    ObjectRequired,
    /// The text does not match its pattern.
    Pattern,
    /// A hash of somebody who is not in the directory. Not one of Auth0's, which has no such import.
    UserNotFound,
}

/// One thing that is wrong with a row. The text never quotes a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RowError {
    /// What kind of thing.
    pub code: RowCode,
    /// What to do about it, in words.
    pub message: String,
    /// Where: the field, with dots between levels. None where it is about the row as a whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl RowError {
    pub(super) fn at(code: RowCode, path: impl Into<String>, message: impl Into<String>) -> Self {
        RowError { code, message: message.into(), path: Some(path.into()) }
    }

    pub(super) fn of_row(code: RowCode, message: impl Into<String>) -> Self {
        RowError { code, message: message.into(), path: None }
    }
}

/// A row that was not taken, as a line of the report.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RefusedRow {
    /// Where it stands.
    #[serde(flatten)]
    pub place: Place,
    /// The row as it came, hashes and secrets masked. None where it could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<JsonObject>,
    /// What is wrong with it.
    pub errors: Vec<RowError>,
}

/// Fields that are shown as they are. Whatever is not known may be a secret.
const SHOWN: &[&str] = &[
    "_id",
    "_ID",
    "alt_id",
    "app_metadata",
    "blocked",
    "connection",
    "created_at",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "identities",
    "multifactor",
    "name",
    "nickname",
    "phone_number",
    "phone_verified",
    "picture",
    "user_id",
    "user_metadata",
    "username",
];

/// Within a masked field, what says how it is made and not what it is.
const SHOWN_WITHIN: &[&str] = &["algorithm", "digest", "encoding", "position"];

const MASK: &str = "*****";

/// The row with everything masked that is, or may be, a secret.
pub(super) fn masked(row: &JsonObject) -> JsonObject {
    let mask = |(name, value): (&String, &Value)| {
        let shown = SHOWN.contains(&name.as_str());
        (name.clone(), if shown { value.clone() } else { masked_value(value) })
    };
    row.iter().map(mask).collect()
}

fn masked_value(value: &Value) -> Value {
    match value {
        Value::Object(object) => Value::Object(object.iter().map(masked_member).collect()),
        Value::Array(items) => Value::Array(items.iter().map(masked_value).collect()),
        Value::Null => Value::Null,
        Value::String(_) | Value::Number(_) | Value::Bool(_) => Value::from(MASK),
    }
}

fn masked_member((name, value): (&String, &Value)) -> (String, Value) {
    let shown = SHOWN_WITHIN.contains(&name.as_str()) && value.is_string();
    (name.clone(), if shown { value.clone() } else { masked_value(value) })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_report_shows_the_person_and_no_secret() {
        let row = json!({
            "email": "a@x.io", "user_metadata": {"a": 1}, "password_hash": "$2b$10$secret", "password": "secret",
            "custom_password_hash": {
                "algorithm": "sha1", "hash": {"value": "secret", "encoding": "hex", "key": {"value": "secret"}},
                "salt": {"value": "secret", "position": "prefix"}, "cost": 4,
            },
            "mfa_factors": [{"totp": {"secret": "secret"}}],
        });
        let shown = masked(row.as_object().unwrap());
        let expected = json!({
            "email": "a@x.io", "user_metadata": {"a": 1}, "password_hash": MASK, "password": MASK,
            "custom_password_hash": {
                "algorithm": "sha1", "hash": {"value": MASK, "encoding": "hex", "key": {"value": MASK}},
                "salt": {"value": MASK, "position": "prefix"}, "cost": MASK,
            },
            "mfa_factors": [{"totp": {"secret": MASK}}],
        });
        assert_eq!(Value::Object(shown), expected);
    }

    #[test]
    fn a_line_of_the_report_has_auth0s_shape() {
        let refused = RefusedRow {
            place: Place { line: 7, index: Some(6) },
            user: None,
            errors: vec![
                RowError::at(RowCode::MfaFactorsFailed, "mfa_factors", "why"),
                RowError::of_row(RowCode::Format, "not JSON"),
            ],
        };
        assert_eq!(
            serde_json::to_string(&refused).unwrap(),
            r#"{"line":7,"index":6,"errors":[{"code":"MFA_FACTORS_FAILED","message":"why","path":"mfa_factors"},{"code":"FORMAT","message":"not JSON"}]}"#
        );
    }
}
