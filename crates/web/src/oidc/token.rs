//! `POST /oauth/token` (RFC 6749 3.2), from a form or a JSON object alike.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::RequestContext;
use http::{HeaderMap, header};
use model::ClientId;
use protocol::client_authentication::{BodyFields, Presented, present};
use protocol::params::Params;
use protocol::token::{TokenResponse, parse};

use crate::errors::oauth::{self, TokenError};
use crate::extract::{Cx, token_params};
use crate::middleware::cors::OnBehalfOf;
use crate::state::AppState;

/// The person's address, as a trusted client tells it.
const FORWARDED_FOR: &str = "auth0-forwarded-for";

/// Exchanges a grant for tokens.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let authorization = request.headers().get(header::AUTHORIZATION).cloned();
    let used_basic = authorization.is_some();
    let forwarded_for = forwarded_for(request.headers());
    let authorization = authorization.as_ref().map(|value| value.to_str().unwrap_or_default());
    let (outcome, client) = match token_params(request).await {
        Ok(params) => {
            let outcome = exchange(&state, &cx, authorization, &params, forwarded_for).await;
            (outcome, params.get("client_id").map(ClientId::new))
        }
        Err(refused) => (Err(oauth::unreadable(&refused)), None),
    };
    let mut response = match outcome {
        Ok(response) => ([(header::PRAGMA, "no-cache")], Json(response)).into_response(),
        Err(error) => error.challenging(used_basic).into_response(),
    };
    if let Some(client) = client {
        response.extensions_mut().insert(OnBehalfOf(client));
    }
    response
}

async fn exchange(
    state: &AppState,
    cx: &RequestContext,
    authorization: Option<&str>,
    params: &Params,
    forwarded_for: Option<IpAddr>,
) -> Result<TokenResponse, TokenError> {
    if let Some(name) = params.first_repeated() {
        return Err(oauth::ambiguous(&format!("The parameter {} was sent twice.", printable(name))));
    }
    if let Some(name) = params.first_overlong() {
        return Err(oauth::ambiguous(&format!("The value of {} is too long.", printable(name))));
    }
    let presented = presented(authorization, params)?;
    let request = parse(|name| params.get(name)).map_err(oauth::incomplete)?;
    let grant = request.grant_type().as_str();
    let outcome = Box::pin(flows::grants::exchange(&state.services, cx, &presented, request, forwarded_for)).await;
    let result = if outcome.is_ok() { "issued" } else { "refused" };
    metrics::counter!("landbridge_tokens_total", "grant" => grant, "result" => result).increment(1);
    outcome.map_err(|refused| oauth::refused(&refused, state.settings.token_error_status))
}

fn presented(authorization: Option<&str>, params: &Params) -> Result<Presented, TokenError> {
    let body = BodyFields {
        client_id: params.get("client_id"),
        client_secret: params.get("client_secret"),
        has_client_assertion: params.has("client_assertion") || params.has("client_assertion_type"),
    };
    present(authorization, body).map_err(oauth::unauthenticated)
}

fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    headers.get(FORWARDED_FOR)?.to_str().ok()?.trim().parse().ok()
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(40).collect()
}
