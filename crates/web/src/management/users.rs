//! `/users` and `/users-by-email`.

pub(crate) mod docs;

use flows::management::users;
use http::StatusCode;
use model::user::{Identity, User};
use model::{JsonObject, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, all, created, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A user as Auth0 shows it: what is not set is absent.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "User")]
pub(super) struct UserBody<'a> {
    user_id: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_verified: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'a str>,
    created_at: Timestamp,
    updated_at: Timestamp,
    identities: Vec<IdentityBody<'a>>,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    user_metadata: &'a JsonObject,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    app_metadata: &'a JsonObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_login: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_ip: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    logins_count: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_password_reset: Option<Timestamp>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Identity")]
struct IdentityBody<'a> {
    connection: &'a str,
    provider: &'a str,
    user_id: &'a str,
    #[serde(rename = "isSocial")]
    is_social: bool,
    #[serde(rename = "profileData", skip_serializing_if = "Option::is_none")]
    profile_data: Option<&'a JsonObject>,
}

impl<'a> From<&'a User> for UserBody<'a> {
    fn from(user: &'a User) -> Self {
        let profile = &user.profile;
        UserBody {
            user_id: &user.user_id,
            email: profile.email.as_deref(),
            email_verified: profile.email.as_ref().map(|_| profile.email_verified),
            username: profile.username.as_deref(),
            phone_number: profile.phone_number.as_deref(),
            phone_verified: profile.phone_number.as_ref().map(|_| profile.phone_verified),
            name: profile.name.as_deref(),
            nickname: profile.nickname.as_deref(),
            given_name: profile.given_name.as_deref(),
            family_name: profile.family_name.as_deref(),
            picture: profile.picture.as_deref(),
            created_at: user.created_at,
            updated_at: user.updated_at,
            identities: user.identities.iter().map(IdentityBody::from).collect(),
            user_metadata: &user.user_metadata,
            app_metadata: &user.app_metadata,
            blocked: user.blocked,
            last_login: user.last_login,
            last_ip: user.last_ip.as_deref(),
            logins_count: Some(user.logins_count).filter(|count| *count > 0),
            last_password_reset: user.last_password_reset,
        }
    }
}

impl<'a> From<&'a Identity> for IdentityBody<'a> {
    fn from(identity: &'a Identity) -> Self {
        IdentityBody {
            connection: &identity.connection,
            provider: &identity.provider,
            user_id: &identity.external_id,
            is_social: users::is_social(identity),
            profile_data: identity.profile_data.as_ref(),
        }
    }
}

/// `GET /users`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = users::list(&call.services, &call.cx, &call.caller, &call.query).await?;
    page("users", &listing, UserBody::from, &call.query, Length::Shown)
}

/// `GET /users-by-email`
pub(crate) async fn by_email(call: Call) -> Answer {
    let found = users::by_email(&call.services, &call.caller, &call.query).await?;
    all(&found, UserBody::from, &call.query)
}

/// `POST /users`
pub(crate) async fn create(call: Call, Body(body): Body) -> Answer {
    let user = users::create(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&UserBody::from(&user)))
}

/// `GET /users/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let user = users::get(&call.services, &call.caller, &UserId::new(id)).await?;
    one(&UserBody::from(&user), &call.query)
}

/// `PATCH /users/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let user = users::update(&call.services, &call.cx, &call.caller, &UserId::new(id), &body).await?;
    one(&UserBody::from(&user), &call.query)
}

/// `DELETE /users/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    users::delete(&call.services, &call.cx, &call.caller, &UserId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
