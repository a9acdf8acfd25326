//! What people are shown when nothing may be sent to a client.

use axum::response::Response;
use flows::authorize::{AuthorizeRefused, PendingRefused};
use flows::logout::LogoutRefused;
use flows::{InternalError, RequestContext};
use http::{HeaderValue, StatusCode, header};
use protocol::params::ParamsRefused;

use super::{internal_status, log_internal};
use crate::extract::BodyRefused;
use crate::pages::Problem;
use crate::present;
use crate::state::AppState;

/// A request at `/authorize` without a client or redirect URI that could be told.
pub(crate) fn authorize(state: &AppState, cx: &RequestContext, refused: &AuthorizeRefused) -> Response {
    let (problem, detail) = match refused {
        AuthorizeRefused::UnknownClient => (Problem::UnknownClient, None),
        AuthorizeRefused::RedirectUri(refusal) => (Problem::RedirectUriMismatch, Some(refusal.description.as_str())),
        AuthorizeRefused::Internal(error) => return internal(state, cx, error),
    };
    present::problem(state, cx, StatusCode::BAD_REQUEST, problem, detail)
}

/// A sign-in page that cannot go on.
pub(crate) fn pending(state: &AppState, cx: &RequestContext, refused: &PendingRefused) -> Response {
    match refused {
        PendingRefused::Expired => present::problem(state, cx, StatusCode::BAD_REQUEST, Problem::SignInExpired, None),
        PendingRefused::OtherBrowser => {
            present::problem(state, cx, StatusCode::BAD_REQUEST, Problem::CookiesNeeded, None)
        }
        PendingRefused::Internal(error) => internal(state, cx, error),
    }
}

/// A logout that goes no further.
pub(crate) fn logout(state: &AppState, cx: &RequestContext, refused: &LogoutRefused) -> Response {
    let (problem, detail) = match refused {
        LogoutRefused::ReturnNotAllowed => (Problem::LogoutUrlMismatch, None),
        LogoutRefused::InvalidHint => (Problem::InvalidRequest, Some(refused.to_string())),
        LogoutRefused::Internal(error) => return internal(state, cx, error),
    };
    present::problem(state, cx, StatusCode::BAD_REQUEST, problem, detail.as_deref())
}

/// A query that cannot be read.
pub(crate) fn unreadable_query(state: &AppState, cx: &RequestContext, refused: &ParamsRefused) -> Response {
    present::problem(state, cx, StatusCode::BAD_REQUEST, Problem::InvalidRequest, Some(&refused.to_string()))
}

/// A form that cannot be read.
pub(crate) fn unreadable_form(state: &AppState, cx: &RequestContext, refused: &BodyRefused) -> Response {
    let status = match refused {
        BodyRefused::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        BodyRefused::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BodyRefused::CutOff | BodyRefused::Params(_) => StatusCode::BAD_REQUEST,
    };
    present::problem(state, cx, status, Problem::InvalidRequest, Some(&refused.to_string()))
}

/// A form that did not come from our own page.
pub(crate) fn foreign_form(state: &AppState, cx: &RequestContext) -> Response {
    present::problem(state, cx, StatusCode::FORBIDDEN, Problem::ForeignForm, None)
}

/// Something failed on our side.
pub(crate) fn internal(state: &AppState, cx: &RequestContext, error: &InternalError) -> Response {
    log_internal(error);
    let problem = if error.is_temporary() { Problem::Busy } else { Problem::Internal };
    let mut response = present::problem(state, cx, internal_status(error), problem, None);
    if error.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    }
    response
}
