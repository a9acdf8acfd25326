//! `GET` and `POST /userinfo` (OpenID Connect Core 5.3).

use axum::Json;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::dpop::DpopRefused;
use flows::userinfo::{PresentedAccess, UserinfoRefused, userinfo};
use http::StatusCode;
use protocol::error::ErrorCode;
use protocol::params::Params;

use crate::errors::oauth::{challenge, internal};
use crate::extract::{Cx, ProofHeader, Scheme, access_token, form_params, query_params};
use crate::state::AppState;

/// Answers for the access token in the header, and for one nowhere else (RFC 6750 2.1).
pub(crate) async fn answer(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    let presented = access_token(request.headers()).map(|(scheme, token)| (scheme, token.to_owned()));
    let proof = ProofHeader::of(request.headers());
    let method = request.method().clone();
    if has_token_elsewhere(request).await {
        let error = (ErrorCode::InvalidRequest, "an access token is sent in the Authorization header alone");
        return challenge(Scheme::Bearer, StatusCode::BAD_REQUEST, Some(error));
    }
    let Some((scheme, token)) = presented else { return challenge(Scheme::Bearer, StatusCode::UNAUTHORIZED, None) };
    let proof = match (scheme, &proof) {
        (Scheme::Bearer, _) => None,
        (Scheme::Dpop, Ok(Some(header))) => Some(header.with(method.as_str(), "userinfo")),
        (Scheme::Dpop, _) => {
            let error = (ErrorCode::InvalidDpopProof, "there must be exactly one DPoP header");
            return challenge(scheme, StatusCode::UNAUTHORIZED, Some(error));
        }
    };
    match userinfo(&state.services, &cx, PresentedAccess { token: &token, proof }).await {
        Ok(claims) => Json(claims).into_response(),
        Err(refused) => refusal(scheme, &refused),
    }
}

fn refusal(scheme: Scheme, refused: &UserinfoRefused) -> Response {
    match refused {
        UserinfoRefused::InvalidToken => {
            let error = (ErrorCode::InvalidToken, "the access token is unknown, expired or revoked");
            challenge(scheme, StatusCode::UNAUTHORIZED, Some(error))
        }
        UserinfoRefused::Dpop(DpopRefused::Internal(error)) | UserinfoRefused::Internal(error) => {
            internal(error).into_response()
        }
        UserinfoRefused::Dpop(refused) => {
            let error = (ErrorCode::InvalidDpopProof, &*refused.to_string());
            challenge(scheme, StatusCode::UNAUTHORIZED, Some(error))
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
