//! The two cookies: one carries the session, one binds sign-in pages to the browser they were shown to.

use axum::extract::FromRequestParts;
use flows::sessions::Browser;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use protocol::cookies;

use crate::state::AppState;

/// The longest cookie header that is looked at, in bytes.
const MAX_COOKIE_BYTES: usize = 16 * 1024;
/// Browsers forget the session cookie no later than this; the server may end the session before.
const SESSION_COOKIE_SECONDS: u64 = 400 * 24 * 3600;

/// The secrets a browser presents.
pub(crate) struct Cookies {
    session: Option<String>,
    binding: Option<String>,
}

impl Cookies {
    /// As flows want them.
    pub(crate) fn browser(&self) -> Browser<'_> {
        Browser { session: self.session.as_deref(), binding: self.binding.as_deref() }
    }
}

impl FromRequestParts<AppState> for Cookies {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let find = |name: &str| find(&parts.headers, name);
        Ok(Cookies { session: find(&name(state, "session")), binding: find(&name(state, "browser")) })
    }
}

/// Cookies ignore ports, so a broker on a port of its own says so in the name; two of them on one machine, as in the
/// demo, then leave each other alone. Over https the prefix keeps other hosts and paths from planting one.
fn name(state: &AppState, purpose: &str) -> String {
    let prefix = if state.is_https() { "__Host-" } else { "" };
    let port = url::Url::parse(&state.services.settings.issuer).ok().and_then(|issuer| issuer.port());
    let suffix = port.map(|port| format!("_{port}")).unwrap_or_default();
    format!("{prefix}landbridge_{purpose}{suffix}")
}

fn find(headers: &HeaderMap, name: &str) -> Option<String> {
    let lines = headers.get_all(header::COOKIE).iter().filter(|line| line.len() <= MAX_COOKIE_BYTES);
    cookies::sole_value(lines.filter_map(|line| line.to_str().ok()), name).map(str::to_owned)
}

/// Hands the browser its session.
pub(crate) fn set_session_cookie(state: &AppState, headers: &mut HeaderMap, secret: &str) {
    set(state, headers, "session", secret, Some(SESSION_COOKIE_SECONDS));
}

/// Takes the session from the browser.
pub(crate) fn clear_session_cookie(state: &AppState, headers: &mut HeaderMap) {
    set(state, headers, "session", "", Some(0));
}

/// Binds sign-in pages to the browser until it is closed.
pub(crate) fn set_binding_cookie(state: &AppState, headers: &mut HeaderMap, secret: &str) {
    set(state, headers, "browser", secret, None);
}

fn set(state: &AppState, headers: &mut HeaderMap, purpose: &str, value: &str, max_age: Option<u64>) {
    let secure = if state.is_https() { "; Secure" } else { "" };
    let max_age = max_age.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
    let name = name(state, purpose);
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{max_age}");
    headers.append(header::SET_COOKIE, HeaderValue::from_str(&text).expect("names and base64url are header text"));
}
