//! `/sessions`, `/users/{id}/sessions` and `/users/{id}/revoke-access`.

pub(crate) mod docs;

use flows::management::sessions::{self, ShownSession};
use http::StatusCode;
use model::{ClientId, JsonObject, SessionId, Timestamp, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A session as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Session")]
struct SessionBody<'a> {
    id: &'a SessionId,
    user_id: &'a UserId,
    created_at: Timestamp,
    updated_at: Timestamp,
    authenticated_at: Timestamp,
    last_interacted_at: Timestamp,
    idle_expires_at: Timestamp,
    expires_at: Timestamp,
    clients: Vec<ClientBody<'a>>,
    authentication: AuthenticationBody<'a>,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    session_metadata: &'a JsonObject,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionClient")]
struct ClientBody<'a> {
    client_id: &'a ClientId,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SessionAuthentication")]
struct AuthenticationBody<'a> {
    methods: Vec<MethodBody<'a>>,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuthenticationMethod")]
struct MethodBody<'a> {
    name: &'a str,
    timestamp: Timestamp,
}

impl<'a> From<&'a ShownSession> for SessionBody<'a> {
    fn from(ShownSession { session, clients }: &'a ShownSession) -> Self {
        let method = |name: &'a String| MethodBody { name, timestamp: session.authenticated_at };
        SessionBody {
            id: &session.sid,
            user_id: &session.user_id,
            created_at: session.created_at,
            updated_at: session.last_seen_at,
            authenticated_at: session.authenticated_at,
            last_interacted_at: session.last_seen_at,
            idle_expires_at: session.idle_expires_at,
            expires_at: session.expires_at,
            clients: clients.iter().map(|client_id| ClientBody { client_id }).collect(),
            authentication: AuthenticationBody { methods: session.amr.iter().map(method).collect() },
            session_metadata: &session.metadata,
        }
    }
}

/// `GET /sessions/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let session = sessions::get(&call.services, &call.cx, &call.caller, &SessionId::new(id)).await?;
    one(&SessionBody::from(&session), &call.query)
}

/// `PATCH /sessions/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let session = sessions::update(&call.services, &call.cx, &call.caller, &SessionId::new(id), &body).await?;
    one(&SessionBody::from(&session), &call.query)
}

/// `DELETE /sessions/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    sessions::delete(&call.services, &call.cx, &call.caller, &SessionId::new(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `POST /sessions/{id}/revoke`
pub(crate) async fn revoke(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    sessions::revoke(&call.services, &call.cx, &call.caller, &SessionId::new(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `GET /users/{id}/sessions`
pub(crate) async fn of_user(call: Call, Id(id): Id) -> Answer {
    let listing = sessions::of_user(&call.services, &call.cx, &call.caller, &UserId::new(id), &call.query).await?;
    page("sessions", &listing, SessionBody::from, &call.query, Length::Hidden)
}

/// `DELETE /users/{id}/sessions`
pub(crate) async fn delete_of_user(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    sessions::delete_of_user(&call.services, &call.cx, &call.caller, &UserId::new(id)).await?;
    Ok(StatusCode::ACCEPTED)
}

/// `POST /users/{id}/revoke-access`
pub(crate) async fn revoke_access(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    sessions::revoke_access(&call.services, &call.cx, &call.caller, &UserId::new(id), &body).await?;
    Ok(StatusCode::ACCEPTED)
}
