//! `GET` and `POST /userinfo` (OpenID Connect Core 5.3).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::userinfo::{UserinfoRefused, userinfo};
use http::{HeaderMap, StatusCode, header};
use protocol::error::ErrorCode;
use protocol::params::Params;

use crate::errors::oauth::bearer;
use crate::errors::{internal_status, log_internal};
use crate::extract::{Cx, form_params, query_params};
use crate::state::AppState;

/// Answers for the bearer token in the header, and for one nowhere else (RFC 6750 2.1).
pub(crate) async fn answer(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let token = bearer_token(request.headers()).map(str::to_owned);
    if has_token_elsewhere(request).await {
        let error = (ErrorCode::InvalidRequest, "an access token is sent in the Authorization header alone");
        return bearer(StatusCode::BAD_REQUEST, Some(error));
    }
    let Some(token) = token else { return bearer(StatusCode::UNAUTHORIZED, None) };
    match userinfo(&state.services, &cx, &token).await {
        Ok(claims) => Json(claims).into_response(),
        Err(UserinfoRefused::InvalidToken) => {
            let error = (ErrorCode::InvalidToken, "the access token is unknown, expired or revoked");
            bearer(StatusCode::UNAUTHORIZED, Some(error))
        }
        Err(UserinfoRefused::Internal(error)) => {
            log_internal(&error);
            internal_status(&error).into_response()
        }
    }
}

/// Whether there is a token in the query or in a form. It would be ignored, and whoever sent it there has shown it to
/// logs (RFC 6750 5.3).
async fn has_token_elsewhere(request: Request) -> bool {
    let names_token = |params: &Params| params.has("access_token");
    let in_query = query_params(&request).is_ok_and(|params| names_token(&params));
    in_query || form_params(request).await.is_ok_and(|params| names_token(&params))
}

/// The token of an `Authorization: Bearer` header, if there is exactly one such header.
pub(crate) fn bearer_token(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let only = values.next().filter(|_| values.next().is_none())?.to_str().ok()?;
    let (scheme, token) = only.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim()).filter(|token| !token.is_empty())
}
