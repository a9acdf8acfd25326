use model::connection::DATABASE_STRATEGY;
use model::user::{Identity, Profile, User};
use model::{ConnectionId, JsonObject, UserId};
use serde_json::json;

use super::{NOW, at, object};

pub(in crate::tests) fn identity(connection: &str, external_id: &str) -> Identity {
    Identity {
        connection_id: ConnectionId::new(connection),
        connection: format!("name-of-{connection}"),
        provider: DATABASE_STRATEGY.to_owned(),
        external_id: external_id.to_owned(),
        profile_data: None,
    }
}

/// A person of `con_people` who may be named by neither address nor user name.
pub(in crate::tests) fn nameless(external_id: &str) -> User {
    User {
        user_id: UserId::database(external_id),
        profile: Profile::default(),
        user_metadata: JsonObject::new(),
        app_metadata: JsonObject::new(),
        blocked: None,
        identities: vec![identity("con_people", external_id)],
        logins_count: 0,
        last_login: None,
        last_ip: None,
        last_password_reset: None,
        created_at: NOW,
        updated_at: NOW,
        version: 1,
    }
}

/// A person of `con_people` with this address.
pub(in crate::tests) fn user(external_id: &str, email: &str) -> User {
    let profile = Profile { email: Some(email.to_owned()), ..Profile::default() };
    User { profile, ..nameless(external_id) }
}

/// A person of `con_people` with this user name.
pub(in crate::tests) fn named_user(external_id: &str, username: &str) -> User {
    let profile = Profile { username: Some(username.to_owned()), ..Profile::default() };
    User { profile, ..nameless(external_id) }
}

/// A person with every optional field filled, and a second identity at the upstream `con_social`.
pub(in crate::tests) fn full_user(external_id: &str) -> User {
    let upstream = Identity {
        provider: "oidc".to_owned(),
        profile_data: Some(object(json!({"email": "ada@upstream.example"}))),
        ..identity("con_social", "42|with|bars")
    };
    User {
        profile: Profile {
            email: Some("Full@Example.COM".to_owned()),
            email_verified: true,
            username: Some("Fully".to_owned()),
            phone_number: Some("+4930123456".to_owned()),
            phone_verified: true,
            name: Some("Ada Lovelace".to_owned()),
            nickname: Some("ada".to_owned()),
            given_name: Some("Ada".to_owned()),
            family_name: Some("Lovelace".to_owned()),
            picture: Some("https://pictures.example/ada.png".to_owned()),
        },
        user_metadata: object(json!({"colour": "grün"})),
        app_metadata: object(json!({"plan": {"seats": 3}})),
        blocked: Some(true),
        identities: vec![identity("con_people", external_id), upstream],
        logins_count: 7,
        last_login: Some(at(-10)),
        last_ip: Some("2001:db8::1".to_owned()),
        last_password_reset: Some(at(-20)),
        created_at: at(-30),
        updated_at: at(-5),
        ..nameless(external_id)
    }
}
