//! The first page, and the same facts for programs.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use minijinja::context;
use serde::Serialize;

use crate::app::App;
use crate::claims::Claims;
use crate::session::Session;
use crate::view::View;

/// `GET /`.
pub(crate) async fn home(State(app): State<Arc<App>>, headers: HeaderMap) -> View {
    match app.session(&headers) {
        Some(session) => signed_in(&app, &session, None).await,
        None => View::ok("signed_out.html", context! { issuer => app.settings.issuer.as_str() }),
    }
}

/// The page of a signed-in person, with what userinfo said if it was asked.
pub(crate) async fn signed_in(app: &App, session: &Session, userinfo: Option<Claims>) -> View {
    let tokens = session.tokens.lock().await;
    let context = context! {
        person => tokens.claims.to_variable(),
        scope => tokens.scope.as_deref(),
        audience => app.settings.audience.as_deref(),
        can_refresh => tokens.refresh_token.is_some(),
        refreshes => tokens.refreshes,
        userinfo => userinfo.map(|claims| claims.to_variable()),
        form_token => session.form_token.expose(),
    };
    View::ok("signed_in.html", context).with_forms_leading_to(app.directory.known().map(|it| it.logout_origin()))
}

/// The body of `GET /me`.
#[derive(Serialize)]
pub(crate) struct Me {
    signed_in: bool,
    sub: Option<String>,
    claims: Option<Claims>,
}

/// `GET /me`: who is signed in, as JSON.
pub(crate) async fn me(State(app): State<Arc<App>>, headers: HeaderMap) -> Json<Me> {
    let claims = match app.session(&headers) {
        Some(session) => Some(session.tokens.lock().await.claims.clone()),
        None => None,
    };
    let sub = claims.as_ref().map(|claims| claims.sub().to_owned());
    Json(Me { signed_in: claims.is_some(), sub, claims })
}
