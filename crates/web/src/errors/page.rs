//! What people are shown when nothing may be sent to a client.

use axum::response::Response;
use flows::authorize::{AuthorizeRefused, PendingRefused};
use flows::client_face::ClientFace;
use flows::logout::LogoutRefused;
use flows::{InternalError, RequestContext};
use http::{HeaderValue, StatusCode, header};
use protocol::params::ParamsRefused;

use super::{WAIT, internal_status, log_internal, unread_status};
use crate::extract::BodyRefused;
use crate::pages::{ErrorPage, Page, Problem};
use crate::present;
use crate::state::AppState;

/// A request at `/authorize` without a client or redirect URI that could be told.
pub(crate) fn authorize(state: &AppState, cx: &RequestContext, refused: &AuthorizeRefused) -> Response {
    let words = refused.to_string();
    let page = match refused {
        AuthorizeRefused::UnknownClient => ErrorPage::about(Problem::UnknownClient, None),
        AuthorizeRefused::RedirectUri { refusal, client } => {
            let page = ErrorPage::about(Problem::RedirectUriMismatch, Some(client));
            ErrorPage { detail: Some(refusal.description.as_str()), ..page }
        }
        AuthorizeRefused::Pushed { client } => {
            let page = ErrorPage::about(Problem::SignInExpired, Some(client));
            ErrorPage { detail: Some(&words), ..page }
        }
        AuthorizeRefused::Internal(error) => return internal(state, cx, error),
    };
    show(state, cx, StatusCode::BAD_REQUEST, page)
}

/// A sign-in page that cannot go on.
pub(crate) fn pending(state: &AppState, cx: &RequestContext, refused: &PendingRefused) -> Response {
    let page = match refused {
        PendingRefused::Expired { client } => ErrorPage::about(Problem::SignInExpired, client.as_ref()),
        PendingRefused::OtherBrowser { client } => ErrorPage::about(Problem::CookiesNeeded, Some(client)),
        PendingRefused::Internal(error) => return internal(state, cx, error),
    };
    show(state, cx, StatusCode::BAD_REQUEST, page)
}

/// A sign-in page on which there is nothing to fill in.
pub(crate) fn sign_in(
    state: &AppState,
    cx: &RequestContext,
    status: StatusCode,
    problem: Problem,
    client: &ClientFace,
) -> Response {
    show(state, cx, status, ErrorPage::about(problem, Some(client)))
}

/// A logout that goes no further.
pub(crate) fn logout(state: &AppState, cx: &RequestContext, refused: &LogoutRefused) -> Response {
    let words = refused.to_string();
    let page = match refused {
        LogoutRefused::ReturnNotAllowed { client } => ErrorPage::about(Problem::LogoutUrlMismatch, client.as_ref()),
        // What the request says of its client is contradicted by the hint, or by nothing but itself.
        LogoutRefused::InvalidHint => {
            ErrorPage { detail: Some(&words), ..ErrorPage::about(Problem::InvalidRequest, None) }
        }
        LogoutRefused::Internal(error) => return internal(state, cx, error),
    };
    show(state, cx, StatusCode::BAD_REQUEST, page)
}

fn show(state: &AppState, cx: &RequestContext, status: StatusCode, page: ErrorPage<'_>) -> Response {
    present::page(state, cx, status, &Page::Error(page), &[])
}

/// A call too many, of which nothing was looked at.
pub(crate) fn limited(state: &AppState, cx: &RequestContext) -> Response {
    present::problem(state, cx, StatusCode::TOO_MANY_REQUESTS, Problem::TooManyRequests, None)
}

/// A query that cannot be read.
pub(crate) fn unreadable_query(state: &AppState, cx: &RequestContext, refused: &ParamsRefused) -> Response {
    present::problem(state, cx, StatusCode::BAD_REQUEST, Problem::InvalidRequest, Some(&refused.to_string()))
}

/// A form that cannot be read.
pub(crate) fn unreadable_form(state: &AppState, cx: &RequestContext, refused: &BodyRefused) -> Response {
    present::problem(state, cx, unread_status(refused), Problem::InvalidRequest, Some(&refused.to_string()))
}

/// A form that did not come from our own page.
pub(crate) fn foreign_form(state: &AppState, cx: &RequestContext, client: Option<&ClientFace>) -> Response {
    show(state, cx, StatusCode::FORBIDDEN, ErrorPage::about(Problem::ForeignForm, client))
}

/// Something failed on our side.
pub(crate) fn internal(state: &AppState, cx: &RequestContext, error: &InternalError) -> Response {
    log_internal(error);
    let problem = if error.is_temporary() { Problem::Busy } else { Problem::Internal };
    let mut response = present::problem(state, cx, internal_status(error), problem, None);
    if error.is_temporary() {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(WAIT.as_secs()));
    }
    response
}
