//! The properties of a user, in Auth0's spelling.

use model::JsonObject;
use model::address::{FoldedEmail, has_unseen};
use model::user::{Profile, User};
use secrecy::SecretString;

use super::super::body::{BodyInvalid, Fields};
use super::super::text::{check_length, check_web_url};

/// Names that mean something else in Auth0's records; kept out so that nothing mistakes them for it.
const RESERVED_IN_APP_METADATA: [&str; 18] = [
    "__tenant",
    "_id",
    "blocked",
    "clientID",
    "created_at",
    "email_verified",
    "email",
    "globalClientID",
    "global_client_id",
    "identities",
    "lastIP",
    "lastLogin",
    "loginsCount",
    "metadata",
    "multifactor_last_modified",
    "multifactor",
    "updated_at",
    "user_id",
];

/// Puts what the request says into the user, and checks the user. `null` clears what may be absent.
pub(super) fn apply(user: &mut User, mut fields: Fields) -> Result<(), BodyInvalid> {
    email(&mut user.profile, &mut fields)?;
    profile(&mut user.profile, &mut fields)?;
    fields.set_or_clear("blocked", &mut user.blocked)?;
    fields.merge("user_metadata", &mut user.user_metadata)?;
    fields.merge("app_metadata", &mut user.app_metadata)?;
    // No messages are sent yet.
    fields.repeat(&["verify_phone_number"], false)?;
    fields.finish()?;
    check(user)
}

/// A new address is not verified, unless the request says that it is.
fn email(profile: &mut Profile, fields: &mut Fields) -> Result<(), BodyInvalid> {
    let before = profile.folded_email();
    fields.set_or_clear("email", &mut profile.email)?;
    if let Some(email) = &mut profile.email {
        let folded = FoldedEmail::parse(email);
        let folded = folded.ok_or_else(|| fields.wrong("email", "must be one plain e-mail address"))?;
        // As Auth0 stores them.
        folded.as_str().clone_into(email);
    }
    if profile.folded_email() != before {
        profile.email_verified = false;
    }
    fields.set("email_verified", &mut profile.email_verified)?;
    profile.email_verified &= profile.email.is_some();
    Ok(())
}

/// A name is looked up as user name and as address, so that one which reads as an address would be somebody else's.
fn username(profile: &mut Profile, fields: &mut Fields) -> Result<(), BodyInvalid> {
    let before = profile.username.clone();
    fields.set_or_clear("username", &mut profile.username)?;
    if profile.username != before && profile.username.as_deref().is_some_and(is_address) {
        return Err(fields.wrong("username", "must not be an e-mail address"));
    }
    Ok(())
}

/// Whether a user name reads as an address.
pub(crate) fn is_address(username: &str) -> bool {
    FoldedEmail::parse(username).is_some()
}

fn profile(profile: &mut Profile, fields: &mut Fields) -> Result<(), BodyInvalid> {
    username(profile, fields)?;
    let phone_before = profile.phone_number.clone();
    fields.set_or_clear("phone_number", &mut profile.phone_number)?;
    profile.phone_verified &= profile.phone_number == phone_before;
    fields.set("phone_verified", &mut profile.phone_verified)?;
    profile.phone_verified &= profile.phone_number.is_some();
    fields.set_or_clear("name", &mut profile.name)?;
    fields.set_or_clear("nickname", &mut profile.nickname)?;
    fields.set_or_clear("given_name", &mut profile.given_name)?;
    fields.set_or_clear("family_name", &mut profile.family_name)?;
    fields.set_or_clear("picture", &mut profile.picture)
}

/// The password, which is never part of a record.
pub(super) fn password(fields: &mut Fields) -> Result<Option<SecretString>, BodyInvalid> {
    Ok(fields.take::<String>("password")?.map(SecretString::from))
}

fn check(user: &User) -> Result<(), BodyInvalid> {
    let profile = &user.profile;
    if profile.email.is_none() && profile.username.is_none() {
        return Err(BodyInvalid::Missing { path: "email".to_owned() });
    }
    check_profile(profile)?;
    check_keys("user_metadata", &user.user_metadata, &[])?;
    check_keys("app_metadata", &user.app_metadata, &RESERVED_IN_APP_METADATA)
}

/// Whether names, picture and number are what they must be, whoever gave them.
pub(crate) fn check_profile(profile: &Profile) -> Result<(), BodyInvalid> {
    let lengths = [
        ("name", &profile.name, 300),
        ("nickname", &profile.nickname, 300),
        ("given_name", &profile.given_name, 150),
        ("family_name", &profile.family_name, 150),
        ("username", &profile.username, 128),
    ];
    for (path, text, most) in lengths {
        if let Some(text) = text {
            check_length(path, text, 1..=most)?;
        }
    }
    if profile.username.as_ref().is_some_and(|username| username.contains(char::is_whitespace)) {
        return Err(BodyInvalid::wrong("username", "must not contain white space"));
    }
    if profile.username.as_deref().is_some_and(has_unseen) {
        return Err(BodyInvalid::wrong("username", "must not contain characters that nobody sees"));
    }
    if let Some(picture) = &profile.picture {
        check_web_url("picture", picture, &["https", "http"])?;
    }
    if profile.phone_number.as_deref().is_some_and(|number| !is_phone_number(number)) {
        return Err(BodyInvalid::wrong("phone_number", "must be + and 1 to 15 digits"));
    }
    Ok(())
}

/// E.164 with its plus sign.
fn is_phone_number(text: &str) -> bool {
    let digits = text.strip_prefix('+').unwrap_or_default();
    (1..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn check_keys(path: &str, metadata: &JsonObject, reserved: &[&str]) -> Result<(), BodyInvalid> {
    for name in metadata.keys() {
        if name.contains(['.', '$']) {
            return Err(BodyInvalid::wrong(path, "must not have property names with . or $"));
        }
        if reserved.contains(&name.as_str()) {
            return Err(BodyInvalid::wrong(path, format!("must not have a property named {name}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use model::{Timestamp, UserId};
    use serde_json::json;

    use super::super::super::Body;
    use super::*;

    fn ann() -> User {
        let email = Some("ann@x.io".to_owned());
        let profile = Profile { email, email_verified: true, ..Profile::default() };
        User::new(UserId::new("auth0|1"), profile, Vec::new(), Timestamp::from_millis(0))
    }

    fn changed(change: &serde_json::Value) -> Result<User, String> {
        let mut user = ann();
        let fields = Body::new(change.to_string().into_bytes()).object().expect("an object");
        apply(&mut user, fields).map(|()| user).map_err(|invalid| invalid.to_string())
    }

    #[test]
    fn a_new_address_has_to_be_proven_again() {
        let verified = |change| changed(&change).map(|user| user.profile.email_verified);
        assert_eq!(verified(json!({"email": "new@x.io"})), Ok(false));
        assert_eq!(verified(json!({"email": "new@x.io", "email_verified": true})), Ok(true));
        assert_eq!(verified(json!({"email": "ANN@x.io"})), Ok(true));
        assert_eq!(verified(json!({"name": "Ann"})), Ok(true));
        assert_eq!(verified(json!({"email": null, "username": "ann", "email_verified": true})), Ok(false));
    }

    #[test]
    fn ad_04_what_is_not_the_caller_s_to_set_is_refused() {
        for name in [
            "user_id",
            "created_at",
            "updated_at",
            "logins_count",
            "last_login",
            "tenant",
            "is_admin",
            "identities",
            "last_password_reset",
            "multifactor",
            "password_hash",
            "__proto__",
            "version",
        ] {
            assert_eq!(changed(&json!({name: 1})), Err(format!("{name} is unknown")));
        }
    }

    #[test]
    fn values_that_cannot_be_are_refused() {
        let cases = [
            (json!({"email": "not an address"}), "email must be one plain e-mail address"),
            (json!({"email": null}), "email is missing"),
            (json!({"email": 5}), "email must be a string, but is an integer"),
            (json!({"username": "bob@x.io"}), "username must not be an e-mail address"),
            (json!({"name": ""}), "name must have between 1 and 300 characters"),
            (json!({"phone_number": "0123"}), "phone_number must be + and 1 to 15 digits"),
            (json!({"picture": "javascript:alert(1)"}), "picture must be a URL with one of these schemes: https, http"),
            (json!({"verify_phone_number": true}), "verify_phone_number can only be false in this version"),
            (json!({"user_metadata": {"a.b": 1}}), "user_metadata must not have property names with . or $"),
            (json!({"app_metadata": {"blocked": true}}), "app_metadata must not have a property named blocked"),
            (json!({"app_metadata": []}), "app_metadata must be an object, but is an array"),
        ];
        for (change, message) in cases {
            assert_eq!(changed(&change), Err(message.to_owned()), "{change}");
        }
    }
}
