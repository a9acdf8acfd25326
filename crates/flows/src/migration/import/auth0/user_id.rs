//! Ids of people in Auth0's spelling.

use super::super::fields::Fields;
use super::super::refusal::RowCode;

/// The provider of database users.
const PREFIX: &str = "auth0|";

/// OpenID Connect Core 2 allows a `sub` no more.
const LONGEST_SUBJECT: usize = 255;

/// The id in this field without its provider, byte for byte. A bare `legacy|7` could be meant either way, as somebody
/// of another connection or as a suffix, so it is refused; `auth0|legacy|7` is taken as it is.
pub(super) fn external_id(fields: &mut Fields<'_>, name: &str) -> Option<String> {
    let text = fields.text(name, LONGEST_SUBJECT)?;
    if is_of_another_provider(text) {
        fields.refuse(RowCode::Pattern, name, "this is the id of another kind of connection; ours begin with auth0|");
        return None;
    }
    usable_suffix(fields, name, text.strip_prefix(PREFIX).unwrap_or(text))
}

/// The text that follows `auth0|` in an id, if it can.
pub(super) fn usable_suffix(fields: &mut Fields<'_>, name: &str, suffix: &str) -> Option<String> {
    if suffix.is_empty() || suffix.chars().any(|c| c.is_whitespace() || c.is_control()) {
        fields.refuse(RowCode::Pattern, name, "an id has no white space or control characters, and is not empty");
        return None;
    }
    if PREFIX.len() + suffix.len() > LONGEST_SUBJECT {
        fields.refuse(RowCode::MaxLength, name, format!("with auth0| it is longer than {LONGEST_SUBJECT} bytes"));
        return None;
    }
    Some(suffix.to_owned())
}

/// Whether an id belongs to a provider other than a database.
pub(in super::super) fn is_of_another_provider(user_id: &str) -> bool {
    user_id.contains('|') && !user_id.starts_with(PREFIX)
}

/// The id without its provider, as far as one can tell before it has been checked.
pub(in super::super) fn without_prefix(user_id: &str) -> &str {
    user_id.strip_prefix(PREFIX).unwrap_or(user_id)
}
