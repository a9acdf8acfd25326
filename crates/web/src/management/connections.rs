//! `/connections`.

pub(crate) mod docs;

use axum::Json;
use axum::response::IntoResponse;
use flows::management::connections;
use http::StatusCode;
use model::connection::{Connection, PasswordPolicy, Source, SourceKind};
use model::{ClientId, ConnectionId, JsonObject};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, created, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A connection as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Connection")]
struct ConnectionBody<'a> {
    id: &'a ConnectionId,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    display_name: Option<&'a str>,
    strategy: &'a str,
    options: Options<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    show_as_button: Option<bool>,
    enabled_clients: &'a [ClientId],
    realms: &'a [String],
    is_domain_connection: bool,
    #[serde(skip_serializing_if = "JsonObject::is_empty")]
    metadata: &'a JsonObject,
}

/// Of a provider's connection the options as they were set, without the secret; of a database what they mean.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectionOptions")]
#[serde(untagged)]
enum Options<'a> {
    Provider(&'a JsonObject),
    Database(DatabaseOptions<'a>),
}

#[derive(Serialize, JsonSchema)]
struct DatabaseOptions<'a> {
    disable_signup: bool,
    brute_force_protection: bool,
    #[serde(rename = "passwordPolicy")]
    password_policy: PasswordPolicy,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<SourceBody<'a>>,
}

/// A source. Its client secret was written once and is not shown to anybody.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Source")]
struct SourceBody<'a> {
    strategy: &'static str,
    name: &'a str,
    issuer: &'a str,
    client_id: &'a str,
    realm: &'a str,
    read_profiles: bool,
    enabled: bool,
    just_in_time: bool,
    timeout_ms: u64,
    max_concurrency: u32,
    breaker_failures: u32,
    breaker_open_ms: u64,
}

/// A client that may use a connection.
#[derive(Serialize, JsonSchema)]
struct EnabledClient<'a> {
    client_id: &'a ClientId,
}

/// Whether people can sign in through a connection.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ConnectionStatus")]
struct Status {
    online: bool,
}

impl<'a> From<&'a Connection> for ConnectionBody<'a> {
    fn from(connection: &'a Connection) -> Self {
        ConnectionBody {
            id: &connection.id,
            name: &connection.name,
            display_name: connection.display_name.as_deref(),
            strategy: &connection.strategy,
            options: Options::from(connection),
            show_as_button: connection.show_as_button,
            enabled_clients: &connection.enabled_clients,
            realms: &connection.realms,
            is_domain_connection: connection.is_domain_connection,
            metadata: &connection.metadata,
        }
    }
}

impl<'a> From<&'a Connection> for Options<'a> {
    fn from(connection: &'a Connection) -> Self {
        if connection.provider.is_some() {
            return Options::Provider(&connection.options);
        }
        Options::Database(DatabaseOptions {
            disable_signup: connection.disable_signup,
            brute_force_protection: connection.brute_force_protection,
            password_policy: connection.password_policy,
            source: connection.source.as_ref().map(SourceBody::from),
        })
    }
}

impl<'a> From<&'a Source> for SourceBody<'a> {
    fn from(source: &'a Source) -> Self {
        let SourceKind::Auth0 { issuer, client_id, realm, read_profiles } = &source.kind;
        SourceBody {
            strategy: "auth0",
            name: &source.name,
            issuer,
            client_id,
            realm,
            read_profiles: *read_profiles,
            enabled: source.enabled,
            just_in_time: source.just_in_time,
            timeout_ms: source.timeout_ms,
            max_concurrency: source.max_concurrency,
            breaker_failures: source.breaker_failures,
            breaker_open_ms: source.breaker_open_ms,
        }
    }
}

/// `GET /connections`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = connections::list(&call.services, &call.caller, &call.query).await?;
    page("connections", &listing, ConnectionBody::from, &call.query, Length::Hidden)
}

/// `POST /connections`
pub(crate) async fn create(call: Call, Body(body): Body) -> Answer {
    let connection = connections::create(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&ConnectionBody::from(&connection)))
}

/// `GET /connections/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let connection = connections::get(&call.services, &call.caller, &ConnectionId::new(id)).await?;
    one(&ConnectionBody::from(&connection), &call.query)
}

/// `PATCH /connections/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let connection = connections::update(&call.services, &call.cx, &call.caller, &ConnectionId::new(id), &body).await?;
    one(&ConnectionBody::from(&connection), &call.query)
}

/// `DELETE /connections/{id}`
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    connections::delete(&call.services, &call.cx, &call.caller, &ConnectionId::new(id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /connections/{id}/status`
pub(crate) async fn status(call: Call, Id(id): Id) -> Answer {
    connections::status(&call.services, &call.cx, &call.caller, &ConnectionId::new(id)).await?;
    Ok(Json(Status { online: true }).into_response())
}

/// `GET /connections/{id}/clients`
pub(crate) async fn list_clients(call: Call, Id(id): Id) -> Answer {
    let listing = connections::list_clients(&call.services, &call.caller, &ConnectionId::new(id), &call.query).await?;
    page("clients", &listing, |client_id| EnabledClient { client_id }, &call.query, Length::Hidden)
}

/// `PATCH /connections/{id}/clients`
pub(crate) async fn update_clients(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    connections::update_clients(&call.services, &call.cx, &call.caller, &ConnectionId::new(id), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /connections/{id}/users?email=`
pub(crate) async fn delete_users(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    let id = ConnectionId::new(id);
    connections::delete_users(&call.services, &call.cx, &call.caller, &id, &call.query).await?;
    Ok(StatusCode::NO_CONTENT)
}
