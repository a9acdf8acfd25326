//! `POST /oidc/register` (RFC 7591 3).

pub(crate) mod docs;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::registration::{Registered, register};
use http::StatusCode;
use protocol::client_metadata::{AppType, GrantType, TokenEndpointAuthMethod};
use schemars::JsonSchema;
use secrecy::ExposeSecret;
use serde::Serialize;

use crate::errors::oauth::{self, TokenError};
use crate::extract::{Cx, json_body};
use crate::state::AppState;

/// The client as it was registered (RFC 7591 3.2.1). There is no address at which it could be read or changed later.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RegisteredClient")]
struct RegisteredBody<'a> {
    client_id: &'a str,
    /// Seconds since 1970.
    client_id_issued_at: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret: Option<&'a str>,
    /// 0, for a secret does not end.
    #[serde(skip_serializing_if = "Option::is_none")]
    client_secret_expires_at: Option<u8>,
    client_name: &'a str,
    application_type: &'static str,
    redirect_uris: &'a [String],
    token_endpoint_auth_method: TokenEndpointAuthMethod,
    grant_types: &'a [GrantType],
    response_types: [&'static str; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    logo_uri: Option<&'a str>,
}

impl<'a> From<&'a Registered> for RegisteredBody<'a> {
    fn from(Registered { client, secret }: &'a Registered) -> Self {
        let client_secret = secret.as_ref().map(ExposeSecret::expose_secret);
        RegisteredBody {
            client_id: client.client_id.as_str(),
            client_id_issued_at: client.created_at.seconds(),
            client_secret,
            client_secret_expires_at: client_secret.map(|_| 0),
            client_name: &client.name,
            application_type: if client.app_type == AppType::Native { "native" } else { "web" },
            redirect_uris: &client.callbacks,
            token_endpoint_auth_method: client.token_endpoint_auth_method,
            grant_types: &client.grant_types,
            response_types: ["code"],
            logo_uri: client.logo_uri.as_deref(),
        }
    }
}

/// Registers a client for whoever asks.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Result<Response, TokenError> {
    let body = json_body(request).await.map_err(|refused| oauth::unreadable(&refused))?;
    let registered = register(&state.services, &cx, &body).await.map_err(|refused| oauth::registration(&refused))?;
    Ok((StatusCode::CREATED, Json(RegisteredBody::from(&registered))).into_response())
}
