//! `POST /oauth/par` (RFC 9126 2).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde_json::json;

use super::client_call::{self, ClientCall};
use crate::errors::oauth;
use crate::extract::{Cx, ProofHeader};
use crate::state::AppState;

/// Keeps an authorization request until a browser names it.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let proof = ProofHeader::of(request.headers());
    let push = async |call: ClientCall| {
        let proof = proof.map_err(oauth::many_proofs)?;
        let proof = proof.as_ref().map(|header| header.with("POST", "oauth/par"));
        let outcome =
            Box::pin(flows::authorize::push(&state.services, &cx, &call.presented, &call.params, proof)).await;
        let pushed = outcome.map_err(|refused| oauth::push(&refused))?;
        let body = json!({ "request_uri": pushed.request_uri, "expires_in": pushed.expires_in });
        Ok((StatusCode::CREATED, Json(body)).into_response())
    };
    client_call::answer(request, push).await
}
