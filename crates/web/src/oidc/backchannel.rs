//! `POST /oidc/backchannel-logout/{connection}`, where providers say that somebody signed out there (OpenID Connect
//! Back-Channel Logout 1.0 2.5).

use axum::extract::{Path, Request, State};
use axum::response::{IntoResponse, Response};
use flows::logout::{NoticeRefused, hear};
use http::StatusCode;
use protocol::token::TokenRequestRefused;
use secrecy::SecretString;

use crate::errors::oauth::{self, TokenError};
use crate::extract::{Cx, form_params};
use crate::state::AppState;

/// Ends what began at the login of which the token speaks.
pub(crate) async fn post(
    State(state): State<AppState>,
    Path(connection): Path<String>,
    Cx(cx): Cx,
    request: Request,
) -> Response {
    let heard = async {
        // No database keeps such a name, nor looks for one.
        if connection.contains('\0') {
            return Err(oauth::logout_notice(&NoticeRefused::UnknownConnection));
        }
        let params = form_params(request).await.map_err(|refused| oauth::unreadable(&refused))?;
        let missing = || oauth::incomplete(TokenRequestRefused::MissingParameter("logout_token"));
        let token = SecretString::from(params.get("logout_token").ok_or_else(missing)?);
        let heard = Box::pin(hear(&state.services, &cx, &connection, &token)).await;
        heard.map_err(|refused| oauth::logout_notice(&refused))
    };
    let outcome: Result<(), TokenError> = heard.await;
    outcome.map_or_else(IntoResponse::into_response, |()| StatusCode::OK.into_response())
}
