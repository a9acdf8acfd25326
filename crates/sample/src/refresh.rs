//! Exchanging the refresh token.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Redirect;
use openidconnect::TokenResponse;

use crate::app::App;
use crate::failure::Failure;
use crate::form::OwnForm;
use crate::tokens::{IdentityRefused, NonceCheck};

/// `POST /refresh`: gets new tokens, and changes nothing if they are about somebody else (OpenID Connect Core 12.2).
pub(crate) async fn refresh(State(app): State<Arc<App>>, OwnForm(session): OwnForm) -> Result<Redirect, Failure> {
    let provider = app.directory.provider().await?;
    let mut tokens = session.tokens.lock().await;
    let answer = provider.refresh(tokens.refresh_token.as_ref().ok_or(Failure::NoRefreshToken)?).await?;
    let claims = match answer.id_token() {
        Some(_) => Some(app.directory.identify(&provider, &answer, NonceCheck::IfPresent(&session.nonce)).await?),
        None => None,
    };
    if claims.as_ref().is_some_and(|claims| claims.sub() != tokens.claims.sub()) {
        return Err(IdentityRefused::OtherPerson.into());
    }
    tokens.renew(&answer, claims);
    Ok(Redirect::to("/"))
}
