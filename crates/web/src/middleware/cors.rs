//! Calls from pages of other origins (WHATWG Fetch 3.2). No cookie ever travels with them.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::MethodRouter;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use model::ClientId;

use crate::errors::log_internal;
use crate::state::AppState;

/// What a page may send and send with.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE")),
    (header::ACCESS_CONTROL_ALLOW_HEADERS, HeaderValue::from_static("Authorization, Content-Type, Auth0-Client, DPoP")),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
];
/// What a page may read beyond what every page may.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "DPoP-Nonce, Retry-After, WWW-Authenticate, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, \
     X-Request-Id",
);

/// The client that an answer is for, where its handler knows: then only that client's own pages may read it.
#[derive(Clone)]
pub(crate) struct OnBehalfOf(pub(crate) ClientId);

/// Lets the pages of our clients call these methods.
pub(crate) fn from_pages(state: &AppState, methods: MethodRouter<AppState>) -> MethodRouter<AppState> {
    methods.options(preflight).layer(axum::middleware::from_fn_with_state(state.clone(), cors))
}

/// A browser asks before it calls. Which client the call will be for is not known yet.
async fn preflight() -> Response {
    (StatusCode::NO_CONTENT, PREFLIGHT).into_response()
}

async fn cors(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let origin = origin(request.headers());
    let mut response = next.run(request).await;
    let client = response.extensions().get::<OnBehalfOf>().map(|OnBehalfOf(client)| client.clone());
    let allowed = match &origin {
        Some(origin) => may_call(&state, origin, client.as_ref()).await,
        None => false,
    };
    let headers = response.headers_mut();
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin.filter(|_| allowed) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    } else {
        for (name, _) in PREFLIGHT {
            headers.remove(name);
        }
    }
    response
}

/// The one origin a browser names; none where there are several, which no browser sends.
fn origin(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut values = headers.get_all(header::ORIGIN).iter();
    values.next().filter(|_| values.next().is_none()).cloned()
}

async fn may_call(state: &AppState, origin: &HeaderValue, client: Option<&ClientId>) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let answer = flows::cors::may_call(&state.services, origin, client).await;
    answer.inspect_err(log_internal).unwrap_or(false)
}
