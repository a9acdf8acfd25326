//! The provider's answer to a sign-in.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect};
use serde::Deserialize;

use crate::app::App;
use crate::failure::Failure;
use crate::tokens::{IdentityRefused, NonceCheck, Tokens};

/// An authorization response (RFC 6749 4.1.2 and 4.1.2.1, RFC 9207 2). A repeated parameter makes it malformed.
#[derive(Deserialize)]
pub(crate) struct Answer {
    state: Option<String>,
    iss: Option<String>,
    code: Option<String>,
    error: Option<String>,
    error_description: Option<String>,
}

impl Answer {
    fn into_code(self) -> Result<String, Failure> {
        match (self.code, self.error) {
            (Some(code), None) => Ok(code),
            (None, Some(error)) => Err(Failure::SignInRefused { error, description: self.error_description }),
            _ => Err(Failure::MalformedAnswer),
        }
    }
}

/// `GET /callback`: ends a sign-in. Nothing the answer says is believed, or shown, before it is known to belong to a
/// sign-in of this browser and to come from the provider.
pub(crate) async fn callback(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    answer: Result<Query<Answer>, QueryRejection>,
) -> Result<impl IntoResponse, Failure> {
    let Query(answer) = answer.map_err(|_| Failure::MalformedAnswer)?;
    let browser = app.login_cookie.read(&headers).ok_or(Failure::NotBegunHere)?;
    let state = answer.state.as_deref().ok_or(Failure::NotBegunHere)?;
    let login = app.logins.take(state, browser).ok_or(Failure::NotBegunHere)?;
    let provider = app.directory.provider().await?;
    if !provider.has_sent(answer.iss.as_deref()) {
        return Err(Failure::OtherIssuer);
    }
    let tokens = provider.exchange(answer.into_code()?, login.verifier).await?;
    let claims = app.directory.identify(&provider, &tokens, NonceCheck::Required(&login.nonce)).await?;
    let tokens = Tokens::of_sign_in(&tokens, claims).ok_or(IdentityRefused::Missing)?;
    if let Some(previous) = app.session(&headers) {
        app.sessions.close(&previous);
    }
    let session = app.sessions.open(tokens, login.nonce);
    Ok((AppendHeaders([(SET_COOKIE, app.session_cookie.set(&session))]), Redirect::to("/")))
}
