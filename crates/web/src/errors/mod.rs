//! The error edge: the only place where facts become status codes, words and pages. One file for each surface.

pub(crate) mod authentication_api;
pub(crate) mod management;
pub(crate) mod oauth;
pub(crate) mod page;

use std::any::Any;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use flows::InternalError;
use http::{HeaderMap, StatusCode, header};

use crate::extract::{BodyRefused, Cx};
use crate::pages::Page;
use crate::present;
use crate::state::AppState;

/// How long a caller is asked to wait where nobody knows better.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// The status for a body that cannot be read.
fn unread_status(refused: &BodyRefused) -> StatusCode {
    match refused {
        BodyRefused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BodyRefused::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BodyRefused::CutOff | BodyRefused::Params(_) | BodyRefused::Repeated => StatusCode::BAD_REQUEST,
    }
}

/// Logs what went wrong on our side, once, where it is mapped. The request id of the span is what the peer is told.
pub(crate) fn log_internal(error: &InternalError) {
    let cause = std::error::Error::source(error).map(ToString::to_string);
    if error.is_temporary() {
        tracing::warn!(%error, cause, "cannot serve for the moment");
    } else {
        tracing::error!(%error, cause, "failed");
    }
}

/// 503 where another try may succeed, 500 otherwise.
pub(crate) fn internal_status(error: &InternalError) -> StatusCode {
    if error.is_temporary() { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// No such address: a page for people, a line for programs.
pub(crate) async fn not_found(State(state): State<AppState>, Cx(cx): Cx, request: Request) -> Response {
    if wants_html(request.headers()) {
        return present::page(&state, &cx, StatusCode::NOT_FOUND, &Page::NotFound, &[]);
    }
    (StatusCode::NOT_FOUND, "Not Found\n").into_response()
}

/// The address exists, the method does not.
pub(crate) async fn method_not_allowed() -> Response {
    (StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed\n").into_response()
}

fn wants_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// A handler panicked: the call fails, the process and everybody else go on. The process's panic hook has logged it.
pub(crate) fn after_panic(_: Box<dyn Any + Send>) -> Response {
    (StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error\n").into_response()
}
