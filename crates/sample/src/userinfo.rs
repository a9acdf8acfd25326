//! Asking the provider about the signed-in person.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;

use crate::app::App;
use crate::failure::Failure;
use crate::home;
use crate::view::View;

/// `GET /userinfo`: the page of the signed-in person, with a fresh answer of the userinfo endpoint.
pub(crate) async fn userinfo(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<View, Failure> {
    let session = app.session(&headers).ok_or(Failure::SignedOut)?;
    let provider = app.directory.provider().await?;
    let (access_token, sub) = {
        let tokens = session.tokens.lock().await;
        (tokens.access_token.clone(), tokens.claims.sub().to_owned())
    };
    let claims = provider.userinfo(access_token, &sub).await?;
    Ok(home::signed_in(&app, &session, Some(claims)).await)
}
