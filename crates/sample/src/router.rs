//! Which path leads where.

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::middleware::map_response_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};

use crate::app::App;
use crate::failure::Failure;
use crate::{callback, home, login, logout, refresh, userinfo, view};

/// Our forms have one short field.
const MAX_FORM_BYTES: usize = 4096;

pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(home::home))
        .route("/me", get(home::me))
        .route("/login", get(login::login))
        .route("/callback", get(callback::callback))
        .route("/refresh", post(refresh::refresh))
        .route("/userinfo", get(userinfo::userinfo))
        .route("/logout", post(logout::logout))
        .route("/style.css", get(asset("text/css; charset=utf-8", include_str!("pages/style.css"))))
        .route("/icon.svg", get(asset("image/svg+xml", include_str!("pages/icon.svg"))))
        .fallback(async || Failure::NoSuchPage)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(map_response_with_state(Arc::clone(&app), view::finish))
        .with_state(app)
}

fn asset(media_type: &'static str, text: &'static str) -> impl IntoResponse + Clone + Send + Sync + 'static {
    ([(CONTENT_TYPE, media_type), (CACHE_CONTROL, "max-age=600")], text)
}
