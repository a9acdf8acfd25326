//! From a provider's claims to a profile of ours.

use model::JsonObject;
use model::address::FoldedEmail;
use model::provider::{EmailVerification, ProfileField, Provider};
use model::user::Profile;
use serde_json::Value;

use crate::sign_in::AssertionRefused;

/// OpenID Connect Core 2 allows a `sub` no more, and nothing else that is a name is longer.
const LONGEST_NAME: usize = 255;
/// No name of anybody is longer; whatever is longer is left out.
const LONGEST_TEXT: usize = 300;
const LONGEST_URL: usize = 2048;

/// The claim of the same meaning, by field (OpenID Connect Core 5.1).
const STANDARD: [(ProfileField, &str); 8] = [
    (ProfileField::Email, "email"),
    (ProfileField::EmailVerified, "email_verified"),
    (ProfileField::Name, "name"),
    (ProfileField::Nickname, "nickname"),
    (ProfileField::GivenName, "given_name"),
    (ProfileField::FamilyName, "family_name"),
    (ProfileField::Picture, "picture"),
    (ProfileField::PhoneNumber, "phone_number"),
];

/// Who it is, byte for byte.
pub(crate) fn subject(claims: &JsonObject, claim: &str) -> Result<String, AssertionRefused> {
    name(claims, claim).ok_or(AssertionRefused::Subject)
}

/// What the provider calls the browser's login there, byte for byte. What nobody could keep is no name.
pub(crate) fn sid(claims: &JsonObject) -> Option<String> {
    name(claims, "sid")
}

fn name(claims: &JsonObject, claim: &str) -> Option<String> {
    let name = claims.get(claim)?.as_str()?;
    let is_usable = !name.is_empty() && name.len() <= LONGEST_NAME && !name.chars().any(char::is_control);
    is_usable.then(|| name.to_owned())
}

/// What claims say of a person.
pub(crate) fn profile(claims: &JsonObject, provider: &Provider) -> Profile {
    let claim = |field| claims.get(claim_of(provider, field));
    let text = |field| claim(field).and_then(Value::as_str).and_then(|text| short(text, LONGEST_TEXT));
    let email = text(ProfileField::Email).filter(|email| FoldedEmail::parse(email).is_some());
    let (given_name, family_name) = (text(ProfileField::GivenName), text(ProfileField::FamilyName));
    let email_verified = email.is_some()
        && match provider.email_verification {
            EmailVerification::Ignored => false,
            EmailVerification::Believed => {
                flag_is_of_address(provider) && claim(ProfileField::EmailVerified).is_some_and(says_true)
            }
            EmailVerification::Assumed => true,
        };
    Profile {
        name: text(ProfileField::Name).or_else(|| joined(given_name.as_deref(), family_name.as_deref())),
        nickname: text(ProfileField::Nickname).or_else(|| nickname(claims, email.as_deref())),
        picture: claim(ProfileField::Picture).and_then(Value::as_str).and_then(web_url),
        phone_number: text(ProfileField::PhoneNumber),
        email,
        email_verified,
        given_name,
        family_name,
        ..Profile::default()
    }
}

/// Whether the claims lack what the scope asks for, so that userinfo is worth a question.
pub(crate) fn lack_what_was_asked_for(claims: &JsonObject, provider: &Provider) -> bool {
    let asks = |scope: &str| provider.scope.iter().any(|own| own == scope);
    let lacks = |fields: &[ProfileField]| fields.iter().all(|field| !claims.contains_key(claim_of(provider, *field)));
    let of_profile = [ProfileField::Name, ProfileField::Nickname, ProfileField::GivenName, ProfileField::FamilyName];
    (asks("email") && lacks(&[ProfileField::Email])) || (asks("profile") && lacks(&of_profile))
}

/// Adds claims of an ID token to those of userinfo, which they replace because they are signed. What either says of an
/// address is about its own address alone.
pub(crate) fn join(userinfo: &mut JsonObject, claims: &JsonObject, provider: &Provider) {
    let (address, flag) = (claim_of(provider, ProfileField::Email), claim_of(provider, ProfileField::EmailVerified));
    let mut claims = claims.clone();
    if claims.contains_key(address) {
        userinfo.remove(flag);
    } else {
        claims.remove(flag);
    }
    userinfo.extend(claims);
}

/// Adds the name that Apple posts beside the code. It came by way of the browser, so that nothing but the name is
/// taken from it, and nothing that the provider has said itself is replaced.
pub(crate) fn with_posted_name(mut claims: JsonObject, posted: Option<&str>, provider: &Provider) -> JsonObject {
    let posted: Option<Value> = posted.filter(|_| provider.form_post).and_then(|text| serde_json::from_str(text).ok());
    let Some(name) = posted.as_ref().and_then(|user| user.get("name")) else { return claims };
    for (field, part) in [(ProfileField::GivenName, "firstName"), (ProfileField::FamilyName, "lastName")] {
        let claim = claim_of(provider, field);
        if let Some(value) = name.get(part).filter(|_| !claims.contains_key(claim)) {
            claims.insert(claim.to_owned(), value.clone());
        }
    }
    claims
}

fn claim_of(provider: &Provider, field: ProfileField) -> &str {
    let standard = || STANDARD.iter().find(|(own, _)| *own == field).map_or("", |(_, claim)| claim);
    provider.attributes.get(&field).map_or_else(standard, String::as_str)
}

/// The standard flag speaks of the standard address (OpenID Connect Core 5.1): where another claim is taken for the
/// address, such as a name that people choose themselves, it says nothing of that.
fn flag_is_of_address(provider: &Provider) -> bool {
    let is_standard = |field, claim| claim_of(provider, field) == claim;
    is_standard(ProfileField::Email, "email") || !is_standard(ProfileField::EmailVerified, "email_verified")
}

/// Apple writes the flag as text. Nothing else proves an address.
fn says_true(value: &Value) -> bool {
    *value == Value::Bool(true) || *value == Value::String("true".to_owned())
}

fn joined(given_name: Option<&str>, family_name: Option<&str>) -> Option<String> {
    let names: Vec<_> = [given_name, family_name].into_iter().flatten().collect();
    (!names.is_empty()).then(|| names.join(" "))
}

fn nickname(claims: &JsonObject, email: Option<&str>) -> Option<String> {
    let preferred = claims.get("preferred_username").and_then(Value::as_str);
    let local_part = |text: &str| text.split('@').next().and_then(|part| short(part, LONGEST_TEXT));
    preferred.or(email).and_then(local_part)
}

fn short(text: &str, longest: usize) -> Option<String> {
    let text = text.trim();
    (!text.is_empty() && text.chars().count() <= longest && !text.chars().any(char::is_control))
        .then(|| text.to_owned())
}

/// Pictures are shown to people and handed to applications, so that only what a browser fetches counts.
fn web_url(text: &str) -> Option<String> {
    let is_web = |url: &url::Url| matches!(url.scheme(), "https" | "http") && url.has_host();
    short(text, LONGEST_URL).filter(|text| url::Url::parse(text).is_ok_and(|url| is_web(&url)))
}
