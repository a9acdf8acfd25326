//! The fields that describe a person, in Auth0's names.

use model::JsonObject;
use model::address::FoldedEmail;
use model::user::Profile;
use url::Url;

use super::super::fields::Fields;
use super::super::refusal::RowCode;

const LONGEST_EMAIL: usize = 320;
const LONGEST_NAME: usize = 300;
const LONGEST_USERNAME: usize = 128;
const LONGEST_URL: usize = 2048;
const LONGEST_NUMBER: usize = 15;

/// Everything that describes a person.
pub(super) fn profile(fields: &mut Fields<'_>) -> Profile {
    Profile {
        email: email(fields),
        email_verified: fields.flag("email_verified").unwrap_or(false),
        username: username(fields),
        phone_number: phone_number(fields),
        phone_verified: fields.flag("phone_verified").unwrap_or(false),
        name: name(fields, "name"),
        nickname: name(fields, "nickname"),
        given_name: name(fields, "given_name"),
        family_name: name(fields, "family_name"),
        picture: picture(fields),
    }
}

/// In lower case, as Auth0 keeps it.
fn email(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("email", LONGEST_EMAIL)?;
    if FoldedEmail::parse(text).is_none() {
        fields.refuse(RowCode::Format, "email", "this is not one plain e-mail address");
        return None;
    }
    Some(text.trim().to_lowercase())
}

fn username(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("username", LONGEST_USERNAME)?;
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
        fields.refuse(RowCode::Pattern, "username", "a user name has no white space or control characters");
        return None;
    }
    Some(text.to_owned())
}

/// E.164.
fn phone_number(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("phone_number", LONGEST_NUMBER + 1)?;
    let digits =
        text.strip_prefix('+').filter(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()));
    if digits.is_none() {
        fields.refuse(RowCode::Pattern, "phone_number", "expected + and up to 15 digits");
    }
    digits.map(|_| text.to_owned())
}

fn name(fields: &mut Fields<'_>, field: &str) -> Option<String> {
    fields.text(field, LONGEST_NAME).map(str::to_owned)
}

/// Applications put it into pages, so it is nothing a browser would run.
fn picture(fields: &mut Fields<'_>) -> Option<String> {
    let text = fields.text("picture", LONGEST_URL)?;
    let is_web = Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if !is_web {
        fields.refuse(RowCode::Format, "picture", "expected a URL that begins with https:// or http://");
    }
    is_web.then(|| text.to_owned())
}

/// A metadata object without these names at its first level.
pub(super) fn metadata(fields: &mut Fields<'_>, name: &str, forbidden: &[&str]) -> Option<JsonObject> {
    let object = fields.object(name)?;
    for key in object.keys() {
        if key == "__proto__" || forbidden.contains(&key.as_str()) {
            fields.refuse(RowCode::NotPassed, &format!("{name}.{key}"), "this name is reserved");
        }
    }
    Some(object.clone())
}
