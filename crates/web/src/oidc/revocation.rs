//! `POST /oauth/revoke` (RFC 7009 2).

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::StatusCode;

use super::client_call::{self, ClientCall};
use crate::errors::oauth;
use crate::extract::Cx;
use crate::state::AppState;

/// Revokes what the token descends from. The answer is the same for a token that nobody knows.
pub(crate) async fn post(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let revoke = async |call: ClientCall| {
        let token = call.token()?;
        let outcome = flows::revocation::revoke(&state.services, &cx, &call.presented, &token).await;
        outcome.map(|()| StatusCode::OK.into_response()).map_err(|refused| oauth::revocation(&refused))
    };
    client_call::answer(request, revoke).await
}
