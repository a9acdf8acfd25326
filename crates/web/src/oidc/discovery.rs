//! The documents clients read before anything else. They are public, so any page may fetch them.

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::extract::Cx;
use crate::state::AppState;

const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
    (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    // Clients must find a rotated key soon; the next key is published long before it signs.
    (
        header::CACHE_CONTROL,
        HeaderValue::from_static("public, max-age=15, stale-while-revalidate=15, stale-if-error=86400"),
    ),
];

/// `GET /.well-known/openid-configuration`, and RFC 8414's name for it.
pub(crate) async fn document(State(state): State<AppState>) -> Response {
    public(flows::discovery::document(&state.services))
}

/// `GET /.well-known/jwks.json` (RFC 7517 5).
pub(crate) async fn jwks(State(state): State<AppState>, Cx(cx): Cx) -> Response {
    public(flows::discovery::jwks(&state.services, cx.now).await)
}

fn public(json: Bytes) -> Response {
    let mut response = Response::new(Body::from(json));
    response.headers_mut().extend(HEADERS);
    response
}
