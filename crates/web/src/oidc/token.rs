//! `POST /oauth/token` (RFC 6749 3.2), from a form or a JSON object alike.

use std::net::IpAddr;

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::RequestContext;
use flows::grants::TokenCall;
use http::{HeaderMap, header};
use protocol::token::{TokenResponse, parse};

use super::client_call::{self, ClientCall};
use crate::errors::oauth::{self, TokenError};
use crate::extract::{Cx, ProofHeader};
use crate::state::AppState;

/// The person's address, as a trusted client tells it.
const FORWARDED_FOR: &str = "auth0-forwarded-for";

/// Exchanges a grant for tokens.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let forwarded_for = forwarded_for(request.headers());
    let proof = ProofHeader::of(request.headers());
    let exchange = async |call: ClientCall| {
        let proof = proof.map_err(oauth::many_proofs)?;
        let response = exchange(&state, &cx, &call, forwarded_for, proof.as_ref()).await?;
        Ok(([(header::PRAGMA, "no-cache")], Json(response)).into_response())
    };
    client_call::answer(request, exchange).await
}

async fn exchange(
    state: &AppState,
    cx: &RequestContext,
    call: &ClientCall,
    forwarded_for: Option<IpAddr>,
    proof: Option<&ProofHeader>,
) -> Result<TokenResponse, TokenError> {
    let ClientCall { presented, params } = call;
    let request = parse(|name| params.get(name)).map_err(oauth::incomplete)?;
    let grant = request.grant_type().as_str();
    let proof = proof.map(|header| header.with("POST", "oauth/token"));
    let call = TokenCall { presented, request, forwarded_for, proof };
    let outcome = Box::pin(flows::grants::exchange(&state.services, cx, call)).await;
    let result = if outcome.is_ok() { "issued" } else { "refused" };
    metrics::counter!("landbridge_tokens_total", "grant" => grant, "result" => result).increment(1);
    outcome.map_err(|refused| oauth::refused(&refused, state.settings.token_error_status))
}

fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    headers.get(FORWARDED_FOR)?.to_str().ok()?.trim().parse().ok()
}
