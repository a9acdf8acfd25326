//! Headers that every answer carries, unless its handler has chosen otherwise.

use axum::response::Response;
use http::{HeaderName, HeaderValue, header};

use crate::present::Frameable;
use crate::state::AppState;

/// Nothing an answer holds may be guessed at, kept or framed, unless its handler says so.
const DEFAULTS: [(HeaderName, HeaderValue); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    // Not `no-referrer`: browsers then send `Origin: null` on our own forms.
    (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (OPENER_POLICY, HeaderValue::from_static("same-origin")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

/// Adds what is missing.
pub(super) fn complete(state: &AppState, response: &mut Response) {
    let is_frameable = response.extensions().get::<Frameable>().is_some();
    let is_redirect = response.status().is_redirection();
    let headers = response.headers_mut();
    headers.reserve(DEFAULTS.len() + 1);
    for (name, value) in DEFAULTS {
        headers.entry(name).or_insert(value);
    }
    // Nothing is shown of a redirect that an opener could reach; and a pop-up on its way to us, or to a provider and
    // back, would have lost its opener by the time it has an answer for it.
    if is_redirect {
        headers.remove(OPENER_POLICY);
    }
    if is_frameable {
        headers.remove(header::X_FRAME_OPTIONS);
    }
    if state.is_https() {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(value);
    }
}
