//! `/u/login`.

use axum::extract::{Request, State};
use axum::response::Response;
use flows::RequestContext;
use flows::authorize::{LoginPage, find_pending};
use flows::login::{LoggedIn, LoginForm, LoginRefused, with_password};
use flows::sessions::Browser;
use http::{HeaderValue, StatusCode, header};
use protocol::params::Params;
use secrecy::SecretString;

use super::{client_of, form_token, refuse_foreign_form};
use crate::errors;
use crate::extract::{Cookies, Cx, form_params, query_params, set_session_cookie};
use crate::pages::{Login, LoginRefusal, Page, Problem};
use crate::present;
use crate::state::AppState;

/// The empty form.
pub(crate) async fn show(State(state): State<AppState>, Cx(cx): Cx, cookies: Cookies, request: Request) -> Response {
    let params = query_params(&request).unwrap_or_default();
    let id = params.get("state").unwrap_or_default();
    match find_pending(&state.services, &cx, id, cookies.browser().binding).await {
        Ok(pending) => {
            let page = pending.page();
            let typed = page.login_hint.clone().unwrap_or_default();
            let form = Form { id, typed: &typed, refusal: None };
            render(&state, &cx, StatusCode::OK, &page, &form, cookies.browser())
        }
        Err(refused) => errors::page::pending(&state, &cx, &refused),
    }
}

/// The form, filled in.
pub(crate) async fn submit(State(state): State<AppState>, Cx(cx): Cx, cookies: Cookies, request: Request) -> Response {
    let headers = request.headers().clone();
    let params = match form_params(request).await {
        Ok(params) => params,
        Err(refused) => return errors::page::unreadable_form(&state, &cx, &refused),
    };
    let browser = cookies.browser();
    if let Some(response) = refuse_foreign_form(&state, &cx, &headers, browser, params.get("csrf")) {
        return response;
    }
    let (username, password) = (params.get("username"), params.get("password"));
    match (username, password) {
        (Some(username), Some(password)) => {
            let id = params.get("state").unwrap_or_default();
            let form = LoginForm { state: id, username, password: SecretString::from(password.to_owned()) };
            sign_in(&state, &cx, form, browser).await
        }
        (None, _) => incomplete(&state, &cx, &params, browser, LoginRefusal::MissingUsername).await,
        (Some(_), None) => incomplete(&state, &cx, &params, browser, LoginRefusal::MissingPassword).await,
    }
}

async fn sign_in(state: &AppState, cx: &RequestContext, form: LoginForm<'_>, browser: Browser<'_>) -> Response {
    let (id, typed) = (form.state.to_owned(), form.username.to_owned());
    match Box::pin(with_password(&state.services, cx, form, browser)).await {
        Ok(LoggedIn::Done { response, session }) => {
            count("succeeded");
            let mut response = present::authorization(state, cx, &response, true);
            set_session_cookie(state, response.headers_mut(), &session);
            response
        }
        Ok(LoggedIn::Refused { why, page }) => {
            let Some((status, refusal)) = refusal(why) else {
                return present::problem(state, cx, StatusCode::BAD_REQUEST, Problem::NoConnection, None);
            };
            count(refusal.key());
            let form = Form { id: &id, typed: &typed, refusal: Some(refusal) };
            let mut response = render(state, cx, status, &page, &form, browser);
            ask_to_wait(&mut response, why);
            response
        }
        Err(refused) => errors::page::pending(state, cx, &refused),
    }
}

fn count(result: &'static str) {
    metrics::counter!("landbridge_logins_total", "result" => result).increment(1);
}

/// The page's word for why somebody is not signed in, and the status that goes with it.
fn refusal(why: LoginRefused) -> Option<(StatusCode, LoginRefusal)> {
    Some(match why {
        LoginRefused::WrongPassword => (StatusCode::BAD_REQUEST, LoginRefusal::WrongPassword),
        LoginRefused::Blocked => (StatusCode::FORBIDDEN, LoginRefusal::Blocked),
        LoginRefused::TooManyAttempts => (StatusCode::TOO_MANY_REQUESTS, LoginRefusal::TooManyAttempts),
        LoginRefused::Breached => (StatusCode::FORBIDDEN, LoginRefusal::BreachedPassword),
        LoginRefused::SecondFactorRequired => (StatusCode::FORBIDDEN, LoginRefusal::SecondFactorRequired),
        LoginRefused::SourceThrottled { .. } => (StatusCode::TOO_MANY_REQUESTS, LoginRefusal::SourceThrottled),
        LoginRefused::SourceUnavailable => (StatusCode::SERVICE_UNAVAILABLE, LoginRefusal::SourceUnavailable),
        LoginRefused::NoConnection => return None,
    })
}

fn ask_to_wait(response: &mut Response, why: LoginRefused) {
    let seconds = match why {
        LoginRefused::SourceThrottled { retry_after } => retry_after.map_or(5, |wait| wait.as_secs().max(1)),
        LoginRefused::SourceUnavailable => 5,
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
}

async fn incomplete(
    state: &AppState,
    cx: &RequestContext,
    params: &Params,
    browser: Browser<'_>,
    refusal: LoginRefusal,
) -> Response {
    let id = params.get("state").unwrap_or_default();
    match find_pending(&state.services, cx, id, browser.binding).await {
        Ok(pending) => {
            let form = Form { id, typed: params.get("username").unwrap_or_default(), refusal: Some(refusal) };
            render(state, cx, StatusCode::BAD_REQUEST, &pending.page(), &form, browser)
        }
        Err(refused) => errors::page::pending(state, cx, &refused),
    }
}

/// What the form shows besides the application.
struct Form<'a> {
    id: &'a str,
    typed: &'a str,
    refusal: Option<LoginRefusal>,
}

fn render(
    state: &AppState,
    cx: &RequestContext,
    status: StatusCode,
    page: &LoginPage,
    form: &Form<'_>,
    browser: Browser<'_>,
) -> Response {
    let csrf = form_token(state, browser);
    let login = Page::Login(Login {
        client: client_of(page),
        state: form.id,
        csrf: &csrf,
        username: form.typed,
        refusal: form.refusal,
        signup_allowed: page.may_sign_up,
    });
    let leads_to: Vec<&str> = page.leads_to.iter().map(String::as_str).collect();
    present::page(state, cx, status, &login, &leads_to)
}
