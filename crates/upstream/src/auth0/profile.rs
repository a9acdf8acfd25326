//! Auth0's two descriptions of a person: the claims of a token, and the user object of the Management API.

use model::user::Profile;
use model::{JsonObject, Timestamp, UserId};
use serde_json::Value;

use crate::answer::Garbage;
use crate::profile::{ProfileOrigin, SourceIdentity, SourceProfile};

/// OIDC Core 2 allows a `sub` no more.
const LONGEST_SUBJECT: usize = 255;

/// Reads ID token or userinfo claims (OIDC Core 5.1).
pub(super) fn from_claims(claims: &JsonObject, origin: ProfileOrigin) -> Result<SourceProfile, Garbage> {
    let profile = Profile {
        username: text(claims, "username").or_else(|| text(claims, "preferred_username")),
        phone_verified: flag(claims, "phone_number_verified"),
        ..shared_fields(claims)
    };
    Ok(SourceProfile::described(subject(claims, "sub")?, profile, origin))
}

/// Reads a user object. Metadata that is there but no object is garbage rather than nothing, because it would
/// be lost.
pub(super) fn from_user(user: &JsonObject) -> Result<SourceProfile, Garbage> {
    let profile = Profile {
        username: text(user, "username"),
        phone_verified: flag(user, "phone_verified"),
        ..shared_fields(user)
    };
    Ok(SourceProfile {
        user_metadata: object(user, "user_metadata")?,
        app_metadata: object(user, "app_metadata")?,
        identities: list(user, "identities").iter().filter_map(identity).collect(),
        multifactor: list(user, "multifactor").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        blocked: user.get("blocked").and_then(Value::as_bool),
        logins_count: user.get("logins_count").and_then(Value::as_i64),
        last_login: moment(user, "last_login"),
        last_password_reset: moment(user, "last_password_reset"),
        created_at: moment(user, "created_at"),
        ..SourceProfile::described(subject(user, "user_id")?, profile, ProfileOrigin::Directory)
    })
}

fn shared_fields(from: &JsonObject) -> Profile {
    Profile {
        email: text(from, "email"),
        email_verified: flag(from, "email_verified"),
        phone_number: text(from, "phone_number"),
        name: text(from, "name"),
        nickname: text(from, "nickname"),
        given_name: text(from, "given_name"),
        family_name: text(from, "family_name"),
        picture: text(from, "picture"),
        ..Profile::default()
    }
}

/// The id, byte for byte. Dots alone are refused because they would walk up the path of a URL.
fn subject(from: &JsonObject, field: &str) -> Result<UserId, Garbage> {
    let id = from.get(field).and_then(Value::as_str).unwrap_or_default();
    let is_usable = !id.is_empty()
        && id.len() <= LONGEST_SUBJECT
        && !id.chars().any(char::is_control)
        && id.bytes().any(|byte| byte != b'.');
    if is_usable { Ok(UserId::new(id)) } else { Err(Garbage::NoSubject) }
}

fn identity(value: &Value) -> Option<SourceIdentity> {
    let identity = value.as_object()?;
    Some(SourceIdentity {
        connection: text(identity, "connection")?,
        provider: text(identity, "provider")?,
        external_id: match identity.get("user_id")? {
            Value::String(id) => id.clone(),
            Value::Number(id) => id.to_string(),
            _ => return None,
        },
        profile_data: identity.get("profileData").and_then(Value::as_object).cloned(),
    })
}

fn text(from: &JsonObject, field: &str) -> Option<String> {
    from.get(field).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Only `true` counts, so that nothing odd ever proves an address.
fn flag(from: &JsonObject, field: &str) -> bool {
    from.get(field) == Some(&Value::Bool(true))
}

fn moment(from: &JsonObject, field: &str) -> Option<Timestamp> {
    from.get(field).and_then(Value::as_str).and_then(Timestamp::parse)
}

fn list<'a>(from: &'a JsonObject, field: &str) -> &'a [Value] {
    from.get(field).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn object(from: &JsonObject, field: &str) -> Result<JsonObject, Garbage> {
    match from.get(field) {
        None | Some(Value::Null) => Ok(JsonObject::new()),
        Some(Value::Object(object)) => Ok(object.clone()),
        Some(_) => Err(Garbage::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_user(user: &Value) -> Result<SourceProfile, Garbage> {
        from_user(user.as_object().expect("an object"))
    }

    #[test]
    fn a_user_object_is_carried_over_whole() {
        let user = read_user(&json!({
            "user_id": "auth0|5f", "email": "Ada@x.io", "email_verified": true, "username": "ada",
            "phone_number": "+4912345", "phone_verified": true, "name": "Ada L", "nickname": "ada",
            "given_name": "Ada", "family_name": "L", "picture": "https://x.io/a.png",
            "user_metadata": {"colour": "blue"}, "app_metadata": {"plan": {"tier": 2}},
            "identities": [
                {"connection": "Users", "provider": "auth0", "user_id": "5f", "isSocial": false},
                {"connection": "github", "provider": "github", "user_id": 77, "isSocial": true, "profileData": {"login": "a"}},
            ],
            "multifactor": ["guardian"], "blocked": false, "logins_count": 12,
            "created_at": "2020-01-02T03:04:05.678Z", "last_login": "2021-01-01T00:00:00.000Z",
            "last_password_reset": "2020-06-01T00:00:00.000Z", "locale": "de"
        }));
        let identity = |connection: &str, provider: &str, id: &str, data: Option<Value>| SourceIdentity {
            connection: connection.into(),
            provider: provider.into(),
            external_id: id.into(),
            profile_data: data.and_then(|data| data.as_object().cloned()),
        };
        let expected = SourceProfile {
            user_id: UserId::new("auth0|5f"),
            profile: Profile {
                email: Some("Ada@x.io".into()),
                email_verified: true,
                username: Some("ada".into()),
                phone_number: Some("+4912345".into()),
                phone_verified: true,
                name: Some("Ada L".into()),
                nickname: Some("ada".into()),
                given_name: Some("Ada".into()),
                family_name: Some("L".into()),
                picture: Some("https://x.io/a.png".into()),
            },
            user_metadata: json!({"colour": "blue"}).as_object().cloned().expect("an object"),
            app_metadata: json!({"plan": {"tier": 2}}).as_object().cloned().expect("an object"),
            identities: vec![
                identity("Users", "auth0", "5f", None),
                identity("github", "github", "77", Some(json!({"login": "a"}))),
            ],
            multifactor: vec!["guardian".into()],
            blocked: Some(false),
            logins_count: Some(12),
            last_login: Timestamp::parse("2021-01-01T00:00:00.000Z"),
            last_password_reset: Timestamp::parse("2020-06-01T00:00:00.000Z"),
            created_at: Timestamp::parse("2020-01-02T03:04:05.678Z"),
            origin: ProfileOrigin::Directory,
        };
        assert_eq!(user, Ok(expected));
    }

    fn check_subject(sub: Value, expected: Result<&str, Garbage>) {
        let claims = JsonObject::from_iter([("sub".to_owned(), sub)]);
        let found = from_claims(&claims, ProfileOrigin::IdToken);
        assert_eq!(
            found.as_ref().map(|profile| profile.user_id.as_str()).map_err(|what| *what),
            expected,
            "{claims:?}"
        );
    }

    #[test]
    fn a_subject_is_kept_byte_for_byte_or_refused() {
        for kept in ["auth0|5F", "samlp|acme|a b/c", "x.y", "oidc|Straße"] {
            check_subject(json!(kept), Ok(kept));
        }
        for refused in
            [json!(""), json!("."), json!(".."), json!("a\nb"), json!("a".repeat(256)), json!(7), json!(null)]
        {
            check_subject(refused, Err(Garbage::NoSubject));
        }
    }

    #[test]
    fn only_true_proves_an_address() {
        for odd in [json!("true"), json!(1), json!(null), json!(false)] {
            let user = json!({"user_id": "auth0|a", "email": "a@x.io", "email_verified": odd});
            assert_eq!(read_user(&user).map(|user| user.profile.email_verified), Ok(false), "{user}");
        }
    }

    #[test]
    fn metadata_that_would_be_lost_is_garbage() {
        for field in ["user_metadata", "app_metadata"] {
            let mut user = json!({"user_id": "auth0|a"});
            user[field] = json!(["a"]);
            assert_eq!(read_user(&user), Err(Garbage::Malformed), "{field}");
            user[field] = json!(null);
            assert!(read_user(&user).is_ok(), "{field}");
        }
    }
}
