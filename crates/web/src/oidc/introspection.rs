//! `POST /oauth/introspect` (RFC 7662 2).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use protocol::token::introspection;

use super::client_call::{self, ClientCall};
use crate::errors::oauth;
use crate::extract::Cx;
use crate::state::AppState;

/// Says whether a token is good now.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let introspect = async |call: ClientCall| {
        let token = call.token()?;
        let outcome = flows::introspection::introspect(&state.services, &cx, &call.presented, &token).await;
        let known = outcome.map_err(|refused| oauth::introspection(&refused))?;
        Ok(Json(introspection(known.as_ref())).into_response())
    };
    client_call::answer(request, introspect).await
}
