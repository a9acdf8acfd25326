//! The pages on which people prove who they are.

pub(crate) mod login;
pub(crate) mod signup;

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use flows::authorize::LoginPage;
use flows::sessions::Browser;
use flows::{RequestContext, csrf};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::errors;
use crate::extract::Cx;
use crate::pages::{PageClient, WebUrl};
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

fn client_of(page: &LoginPage) -> PageClient<'_> {
    PageClient { name: &page.client_name, logo: page.logo_uri.as_deref().and_then(WebUrl::new) }
}

/// The token for a form on a page shown to this browser.
fn form_token(state: &AppState, browser: Browser<'_>) -> String {
    csrf::token(&state.services, browser.binding.unwrap_or_default())
}

/// Refuses a form that is not from our own page: the browser says so itself, or the token is not this browser's.
fn refuse_foreign_form(
    state: &AppState,
    cx: &RequestContext,
    headers: &HeaderMap,
    browser: Browser<'_>,
    token: Option<&str>,
) -> Option<Response> {
    let is_ours = is_same_origin(state, headers) && csrf::is_ours(&state.services, browser.binding, token);
    (!is_ours).then(|| errors::page::foreign_form(state, cx))
}

/// What the browser says of where a form comes from. Programs and old browsers say nothing; then the token decides.
fn is_same_origin(state: &AppState, headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, "same-origin" | "none");
    }
    let own = url::Url::parse(&state.services.settings.issuer).map(|issuer| issuer.origin().ascii_serialization());
    text("origin").is_none_or(|origin| own.is_ok_and(|own| own == origin))
}
