//! The documents clients read before anything else. They are public, so any page may fetch them.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderName, HeaderValue, header};

use crate::state::AppState;

const ANY_ORIGIN: (HeaderName, HeaderValue) = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
/// Clients must find a rotated key soon; the next key is published long before it signs.
const CACHE: (HeaderName, HeaderValue) = (
    header::CACHE_CONTROL,
    HeaderValue::from_static("public, max-age=15, stale-while-revalidate=15, stale-if-error=86400"),
);

/// `GET /.well-known/openid-configuration`, and RFC 8414's name for it.
pub(crate) async fn document(State(state): State<AppState>) -> Response {
    ([ANY_ORIGIN, CACHE], axum::Json(flows::discovery::document(&state.services))).into_response()
}

/// `GET /.well-known/jwks.json` (RFC 7517 5).
pub(crate) async fn jwks(State(state): State<AppState>) -> Response {
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    ([ANY_ORIGIN, CACHE, json], flows::discovery::jwks(&state.services).await.to_string()).into_response()
}
