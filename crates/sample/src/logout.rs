//! Signing out, here and at the provider.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect};

use crate::app::App;
use crate::failure::Failure;
use crate::form::OwnForm;

/// `POST /logout`: ends our own session first, whatever the provider then does.
pub(crate) async fn logout(
    State(app): State<Arc<App>>,
    OwnForm(session): OwnForm,
) -> Result<impl IntoResponse, Failure> {
    app.sessions.close(&session);
    let provider = app.directory.provider().await?;
    let url = provider.logout_url(&session.tokens.lock().await.id_token);
    Ok((AppendHeaders([(SET_COOKIE, app.session_cookie.clear())]), Redirect::to(url.as_str())))
}
