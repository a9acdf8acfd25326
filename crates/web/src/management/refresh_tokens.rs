//! `/refresh-tokens` and `/users/{id}/refresh-tokens`.

pub(crate) mod docs;

use flows::management::refresh_tokens::{self, ShownRefreshToken};
use http::StatusCode;
use model::{ClientId, FamilyId, JsonObject, SessionId, Timestamp, UserId};
use protocol::scope::ScopeSet;
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A refresh token as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RefreshToken")]
struct RefreshTokenBody<'a> {
    id: &'a FamilyId,
    user_id: &'a UserId,
    client_id: &'a ClientId,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_id: Option<&'a SessionId>,
    rotating: bool,
    created_at: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    idle_expires_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// Only of one that rotates, since otherwise nothing is kept of a use.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_exchanged_at: Option<Timestamp>,
    resource_servers: Vec<ResourceServerBody<'a>>,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    refresh_token_metadata: &'a JsonObject,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RefreshTokenResourceServer")]
struct ResourceServerBody<'a> {
    audience: &'a str,
    #[schemars(with = "String")]
    scopes: &'a ScopeSet,
}

impl<'a> From<&'a ShownRefreshToken> for RefreshTokenBody<'a> {
    fn from(ShownRefreshToken { held, is_rotating }: &'a ShownRefreshToken) -> Self {
        let family = &held.family;
        let api = |audience| ResourceServerBody { audience, scopes: &family.scope };
        RefreshTokenBody {
            id: &family.id,
            user_id: &family.user_id,
            client_id: &family.client_id,
            session_id: family.sid.as_ref(),
            rotating: *is_rotating,
            created_at: family.created_at,
            idle_expires_at: held.idle_expires_at,
            expires_at: held.expires_at,
            last_exchanged_at: (held.generation > 0).then_some(held.issued_at),
            resource_servers: family.audience.as_deref().map(api).into_iter().collect(),
            refresh_token_metadata: &held.metadata,
        }
    }
}

/// `GET /refresh-tokens`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = refresh_tokens::list(&call.services, &call.cx, &call.caller, &call.query).await?;
    page("refresh_tokens", &listing, RefreshTokenBody::from, &call.query, Length::Hidden)
}

/// `GET /refresh-tokens/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let token = refresh_tokens::get(&call.services, &call.cx, &call.caller, &FamilyId::new(id)).await?;
    one(&RefreshTokenBody::from(&token), &call.query)
}

/// `PATCH /refresh-tokens/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let id = FamilyId::new(id);
    let token = refresh_tokens::update(&call.services, &call.cx, &call.caller, &id, &body).await?;
    one(&RefreshTokenBody::from(&token), &call.query)
}

/// `DELETE /refresh-tokens/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    refresh_tokens::delete(&call.services, &call.cx, &call.caller, &FamilyId::new(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `POST /refresh-tokens/revoke`
pub(crate) async fn revoke(call: Call, Body(body): Body) -> Result<StatusCode, Failure> {
    refresh_tokens::revoke(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /users/{id}/refresh-tokens`
pub(crate) async fn of_user(call: Call, Id(id): Id) -> Answer {
    let id = UserId::new(id);
    let listing = refresh_tokens::of_user(&call.services, &call.cx, &call.caller, &id, &call.query).await?;
    page("tokens", &listing, RefreshTokenBody::from, &call.query, Length::Hidden)
}

/// `DELETE /users/{id}/refresh-tokens`
pub(crate) async fn delete_of_user(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    refresh_tokens::delete_of_user(&call.services, &call.cx, &call.caller, &UserId::new(id)).await?;
    Ok(StatusCode::ACCEPTED)
}
