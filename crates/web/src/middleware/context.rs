//! Reads the clock, names the call, and opens the span everything else is logged in.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use flows::RequestContext;
use http::{HeaderMap, HeaderValue, Method, header};
use protocol::locales::from_accept_language;
use tracing::{Instrument, info, info_span};

use super::calls::Calls;
use super::headers;
use super::peer::peer_of;
use crate::state::AppState;

const REQUEST_ID: &str = "x-request-id";
const MAX_USER_AGENT_CHARS: usize = 512;

/// Puts the [`RequestContext`] where handlers find it, completes the headers of the answer, and logs and counts the call.
pub(crate) async fn context(
    State((state, calls)): State<(AppState, Arc<Calls>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip());
    let mut id = [0; 16];
    state.services.entropy.fill(&mut id);
    let context = RequestContext {
        now: state.clock.now(),
        request_id: model::ids::alphanumeric(&id),
        peer: peer.map(|peer| peer_of(peer, request.headers(), &state.settings.trusted_proxies)),
        user_agent: user_agent(request.headers()),
        languages: languages(request.headers()),
    };
    let path = request.extensions().get::<MatchedPath>().cloned();
    let route = path.as_ref().map_or("unmatched", MatchedPath::as_str);
    let method = known_method(request.method());
    let span = info_span!("call", request.id = context.request_id, http.request.method = method, http.route = route);
    let request_id = HeaderValue::from_str(&context.request_id).expect("an alphanumeric id is a header value");
    request.extensions_mut().insert(context);
    #[expect(clippy::disallowed_methods, reason = "only a duration is taken from it")]
    let began = Instant::now();
    let mut response = next.run(request).instrument(span.clone()).await;
    let took = began.elapsed();
    headers::complete(&state, &mut response);
    response.headers_mut().insert(REQUEST_ID, request_id);
    let status = response.status();
    span.in_scope(|| {
        let duration_ms = took.as_secs_f64() * 1000.0;
        info!(http.response.status_code = status.as_u16(), duration_ms, "answered");
    });
    calls.count(method, route, status, took);
    response
}

/// The method as a label, of which there must be few: peers may make up methods of their own.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn languages(headers: &HeaderMap) -> Vec<String> {
    let text = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    text.map(from_accept_language).unwrap_or_default()
}

fn user_agent(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::USER_AGENT)?.to_str().ok()?;
    Some(text.chars().take(MAX_USER_AGENT_CHARS).collect())
}
