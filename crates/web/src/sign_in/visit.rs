//! One call at a page of a sign-in: what all these pages do before and after what is their own.

use std::convert::Infallible;

use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::response::Response;
use flows::authorize::{Conclusion, LoginPage, PendingRefused, find_pending};
use flows::login::{FormOutcome, SignedIn};
use flows::sessions::Browser;
use flows::{RequestContext, Services, csrf};
use http::StatusCode;
use http::request::Parts;
use protocol::authorization::{AuthorizationResponse, ResponseMode};
use protocol::params::Params;
use url::form_urlencoded::Serializer;

use crate::errors;
use crate::extract::{Cookies, Cx, form_params, is_same_origin, query_params, set_session_cookie};
use crate::pages::{Page, Problem};
use crate::present::{self, KEEPS_OPENER};
use crate::state::AppState;

/// A browser at one of the pages, with what it sent. `state` names the pending authorization the page is for.
pub(super) struct Visit {
    state: AppState,
    cx: RequestContext,
    cookies: Cookies,
    params: Params,
}

/// A page that is opened.
pub(crate) struct Opened(pub(super) Visit);

/// A page's own form, in the browser it was given to. Forms from elsewhere do not arrive.
pub(crate) struct Submitted(pub(super) Visit);

impl FromRequest<AppState> for Opened {
    type Rejection = Infallible;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Infallible> {
        let params = query_params(&request).unwrap_or_default();
        let (mut parts, _) = request.into_parts();
        let (cx, cookies) = caller(&mut parts, state).await;
        Ok(Opened(Visit { state: state.clone(), cx, cookies, params }))
    }
}

impl FromRequest<AppState> for Submitted {
    type Rejection = Response;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let (cx, cookies) = caller(&mut parts, state).await;
        let is_same_origin = is_same_origin(&state.services, &parts.headers);
        let params = form_params(Request::from_parts(parts, body)).await;
        let params = params.map_err(|refused| errors::page::unreadable_form(state, &cx, &refused))?;
        let visit = Visit { state: state.clone(), cx, cookies, params };
        if is_same_origin && csrf::is_ours(&state.services, visit.browser().binding, visit.field("csrf")) {
            return Ok(Submitted(visit));
        }
        Err(visit.refuse_foreign_form().await)
    }
}

async fn caller(parts: &mut Parts, state: &AppState) -> (RequestContext, Cookies) {
    let Ok(Cx(cx)) = Cx::from_request_parts(parts, state).await;
    let Ok(cookies) = Cookies::from_request_parts(parts, state).await;
    (cx, cookies)
}

impl Visit {
    /// What flows are called with.
    pub(super) fn services(&self) -> (&Services, &RequestContext) {
        (&self.state.services, &self.cx)
    }

    pub(super) fn state(&self) -> &AppState {
        &self.state
    }

    pub(super) fn browser(&self) -> Browser<'_> {
        self.cookies.browser()
    }

    /// A field of the form; an empty one is none.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        self.params.get(name)
    }

    /// The id of the pending authorization.
    pub(super) fn id(&self) -> &str {
        self.field("state").unwrap_or_default()
    }

    /// The token for a form shown to this browser.
    pub(super) fn form_token(&self) -> String {
        csrf::token(&self.state.services, self.browser().binding.unwrap_or_default())
    }

    /// Shows a page about the pending authorization, or that it cannot go on.
    pub(super) async fn show(&self, render: impl FnOnce(&LoginPage) -> Response) -> Response {
        let (services, cx) = self.services();
        match find_pending(services, cx, self.id(), self.browser().binding).await {
            Ok(pending) => render(&pending.page()),
            Err(refused) => self.lost(&refused),
        }
    }

    /// Takes the answer to the client, or shows the page again.
    pub(super) fn conclude<Why>(
        &self,
        outcome: Result<FormOutcome<Why>, PendingRefused>,
        render_refused: impl FnOnce(Why, &LoginPage) -> Response,
    ) -> Response {
        match outcome {
            Ok(FormOutcome::SignedIn(signed_in)) => self.signed_in(signed_in, true),
            Ok(FormOutcome::Refused { why, page }) => render_refused(why, &page),
            Err(refused) => self.lost(&refused),
        }
    }

    /// Takes the answer to the client, and hands the browser its session.
    pub(super) fn signed_in(&self, signed_in: SignedIn, after_post: bool) -> Response {
        let SignedIn { conclusion, state, session } = signed_in;
        let mut response = match conclusion {
            Conclusion::Respond(response) => present::authorization(&self.state, &self.cx, &response, after_post),
            Conclusion::AskConsent => present::redirect(&format!("/u/consent?state={state}"), after_post),
        };
        set_session_cookie(&self.state, response.headers_mut(), &session);
        response
    }

    /// Takes an answer to the client.
    pub(super) fn respond(&self, response: &AuthorizationResponse, after_post: bool) -> Response {
        present::authorization(&self.state, &self.cx, response, after_post)
    }

    /// Leads to the login page: nobody is signed in any more, or not as the request wants it.
    pub(super) fn to_login(&self) -> Response {
        let query = Serializer::new(String::new()).append_pair("state", self.id()).finish();
        present::redirect(&format!("/u/login?{query}"), true)
    }

    /// Says that the pending authorization cannot go on.
    pub(super) fn lost(&self, refused: &PendingRefused) -> Response {
        errors::page::pending(&self.state, &self.cx, refused)
    }

    /// The page, with leave for its form to end at the client.
    pub(super) fn render(&self, status: StatusCode, shown: &LoginPage, page: &Page<'_>) -> Response {
        let leads_to: Vec<&str> = shown.leads_to.iter().map(String::as_str).collect();
        let mut response = present::page(&self.state, &shown.reading(&self.cx), status, page, &leads_to);
        if shown.response_mode == ResponseMode::WebMessage {
            response.headers_mut().extend([KEEPS_OPENER]);
        }
        response
    }

    /// A page that says why there is nothing to fill in.
    pub(super) fn problem(&self, status: StatusCode, problem: Problem, shown: &LoginPage) -> Response {
        errors::page::sign_in(&self.state, &self.cx, status, problem, &shown.client)
    }

    /// Mostly the browser has lost its cookie, so the way back to the application is worth a look.
    async fn refuse_foreign_form(&self) -> Response {
        let (services, cx) = self.services();
        let client = match find_pending(services, cx, self.id(), self.browser().binding).await {
            Ok(pending) => Some(pending.page().client),
            Err(refused) => refused.client(),
        };
        errors::page::foreign_form(&self.state, cx, client.as_ref())
    }
}
