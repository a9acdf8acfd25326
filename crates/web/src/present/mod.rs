//! Showing pages, and carrying authorization responses to the client.

mod web_message;

use axum::response::{Html, IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use flows::RequestContext;
use http::{HeaderValue, StatusCode, header};
use protocol::authorization::{AuthorizationResponse, ResponseMode};

use crate::pages::{ErrorPage, FormPost, Frame, Page, Problem, WebUrl};
use crate::state::AppState;

pub(crate) use self::web_message::{Frameable, KEEPS_OPENER};

/// Renders a page with its policy.
pub(crate) fn page(
    state: &AppState,
    cx: &RequestContext,
    status: StatusCode,
    page: &Page<'_>,
    leads_to: &[&str],
) -> Response {
    let nonce = script_nonce(state);
    let tenant_name = flows::tenant::name(&state.services);
    let frame = Frame {
        nonce: &nonce,
        request_id: &cx.request_id,
        locale: state.pages.best_locale(&cx.languages),
        tenant_name: &tenant_name,
        asset_version: state.pages.asset_version(),
    };
    let html = match state.pages.render(page, &frame) {
        Ok(html) => html,
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return (StatusCode::INTERNAL_SERVER_ERROR, "This page could not be shown.").into_response();
        }
    };
    let policy = HeaderValue::from_str(&page.csp(&nonce, leads_to)).expect("origins and a nonce are header text");
    let mut response = (status, Html(html)).into_response();
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// Lets one script of one answer run.
fn script_nonce(state: &AppState) -> String {
    let mut random = [0; 16];
    state.services.entropy.fill(&mut random);
    URL_SAFE_NO_PAD.encode(random)
}

/// The error page for something that may not be sent to any client.
pub(crate) fn problem(
    state: &AppState,
    cx: &RequestContext,
    status: StatusCode,
    problem: Problem,
    detail: Option<&str>,
) -> Response {
    page(state, cx, status, &Page::Error(ErrorPage { problem, client: None, back: None, detail }), &[])
}

/// Carries an authorization response to the client by the mode it asked for. After a form was posted, a redirect is
/// 303, so that no browser posts the form again.
pub(crate) fn authorization(
    state: &AppState,
    cx: &RequestContext,
    response: &AuthorizationResponse,
    after_post: bool,
) -> Response {
    match response.mode {
        ResponseMode::Query | ResponseMode::Fragment => redirect(&response.location(), after_post),
        ResponseMode::FormPost => form_post(state, cx, response),
        ResponseMode::WebMessage => web_message::page(state, response),
    }
}

fn form_post(state: &AppState, cx: &RequestContext, response: &AuthorizationResponse) -> Response {
    let Some(action) = WebUrl::new(&response.redirect_uri) else {
        let detail = Some("form_post needs an http or https redirect_uri");
        return problem(state, cx, StatusCode::BAD_REQUEST, Problem::InvalidRequest, detail);
    };
    let fields = response.fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    page(state, cx, StatusCode::OK, &Page::FormPost(FormPost { action, fields }), &[])
}

/// A redirect to an address that was checked, or is our own.
pub(crate) fn redirect(location: &str, after_post: bool) -> Response {
    let status = if after_post { StatusCode::SEE_OTHER } else { StatusCode::FOUND };
    match HeaderValue::from_str(location) {
        Ok(location) => (status, [(header::LOCATION, location)]).into_response(),
        // Registered addresses are plain ASCII, and what is added to them is percent-encoded.
        Err(_) => StatusCode::BAD_REQUEST.into_response(),
    }
}
