//! How a caller stands with a limit, in the headers that tell it.

use flows::limits::{Limited, Standing};
use http::{HeaderMap, HeaderName, HeaderValue, header};

const LIMIT: HeaderName = HeaderName::from_static("x-ratelimit-limit");
const REMAINING: HeaderName = HeaderName::from_static("x-ratelimit-remaining");
const RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");

/// Whether it is told already.
pub(crate) fn is_told(headers: &HeaderMap) -> bool {
    headers.contains_key(LIMIT)
}

/// When to come back after a call too many, and how the caller stands.
pub(crate) fn ask_to_wait(headers: &mut HeaderMap, limited: Limited) {
    headers.insert(header::RETRY_AFTER, HeaderValue::from(limited.wait_seconds()));
    tell(headers, limited.standing);
}

/// The three headers that Auth0's clients read, the last in seconds since 1970.
pub(crate) fn tell(headers: &mut HeaderMap, standing: Standing) {
    headers.insert(LIMIT, HeaderValue::from(standing.limit));
    headers.insert(REMAINING, HeaderValue::from(standing.remaining));
    headers.insert(RESET, HeaderValue::from(standing.reset_at));
}
