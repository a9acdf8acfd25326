//! The pages on which people prove who they are, by a password or by a link in a mail.

pub(crate) mod consent;
mod link;
pub(crate) mod login;
pub(crate) mod new_password;
pub(crate) mod provider;
pub(crate) mod reset_request;
pub(crate) mod signup;
pub(crate) mod verification;
mod visit;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};

use crate::extract::Cx;
use crate::state::AppState;

/// `GET /u/assets/{name}`. Addresses carry the assets' version, so they are kept for good.
pub(crate) async fn asset(State(state): State<AppState>, Cx(_): Cx, Path(name): Path<String>) -> Response {
    let Some(asset) = state.pages.asset(&name) else { return StatusCode::NOT_FOUND.into_response() };
    let cache = HeaderValue::from_static("public, max-age=31536000, immutable");
    let etag = HeaderValue::from_str(&asset.etag).expect("a quoted digest is header text");
    let content_type = HeaderValue::from_static(asset.content_type);
    let headers = [(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, cache), (header::ETAG, etag)];
    (headers, asset.bytes.clone()).into_response()
}
