//! `/u/signup`.

use axum::extract::{Request, State};
use axum::response::Response;
use flows::RequestContext;
use flows::authorize::{LoginPage, find_pending};
use flows::sessions::Browser;
use flows::signup::{ShownRule, SignedUp, SignupForm, SignupRefused, rules, with_password};
use http::StatusCode;
use protocol::params::Params;
use secrecy::SecretString;

use super::{client_of, form_token, refuse_foreign_form};
use crate::errors;
use crate::extract::{Cookies, Cx, form_params, query_params, set_session_cookie};
use crate::pages::{Page, PasswordRule, Problem, Requirement, Signup, SignupRefusal};
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
            let form = Form { id, typed: &typed, refusals: &[], rules: rules(page.password_policy) };
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
    match (params.get("email"), params.get("password")) {
        (Some(email), Some(password)) => {
            let id = params.get("state").unwrap_or_default();
            let form = SignupForm { state: id, email, password: SecretString::from(password.to_owned()) };
            sign_up(&state, &cx, form, browser).await
        }
        (email, password) => incomplete(&state, &cx, &params, browser, email.is_none(), password.is_none()).await,
    }
}

async fn sign_up(state: &AppState, cx: &RequestContext, form: SignupForm<'_>, browser: Browser<'_>) -> Response {
    let (id, typed) = (form.state.to_owned(), form.email.to_owned());
    match Box::pin(with_password(&state.services, cx, form, browser)).await {
        Ok(SignedUp::Done { response, session }) => {
            let mut response = present::authorization(state, cx, &response, true);
            set_session_cookie(state, response.headers_mut(), &session);
            response
        }
        Ok(SignedUp::Refused { why, page }) => refused(state, cx, &id, &typed, why, &page, browser),
        Err(refused) => errors::page::pending(state, cx, &refused),
    }
}

fn refused(
    state: &AppState,
    cx: &RequestContext,
    id: &str,
    typed: &str,
    why: SignupRefused,
    page: &LoginPage,
    browser: Browser<'_>,
) -> Response {
    let (status, refusal) = match &why {
        SignupRefused::InvalidEmail => (StatusCode::BAD_REQUEST, SignupRefusal::InvalidEmail),
        SignupRefused::EmailTaken => (StatusCode::BAD_REQUEST, SignupRefusal::EmailTaken),
        SignupRefused::PasswordTooLong => (StatusCode::BAD_REQUEST, SignupRefusal::PasswordTooLong),
        SignupRefused::WeakPassword(_) => (StatusCode::BAD_REQUEST, SignupRefusal::WeakPassword),
        SignupRefused::SourceUnavailable => (StatusCode::SERVICE_UNAVAILABLE, SignupRefusal::SourceUnavailable),
        SignupRefused::Closed => {
            return present::problem(state, cx, StatusCode::FORBIDDEN, Problem::SignupClosed, None);
        }
    };
    let rules = match why {
        SignupRefused::WeakPassword(broken) => broken,
        _ => rules(page.password_policy),
    };
    let form = Form { id, typed, refusals: &[refusal], rules };
    render(state, cx, status, page, &form, browser)
}

async fn incomplete(
    state: &AppState,
    cx: &RequestContext,
    params: &Params,
    browser: Browser<'_>,
    lacks_email: bool,
    lacks_password: bool,
) -> Response {
    let missing = [(lacks_email, SignupRefusal::MissingEmail), (lacks_password, SignupRefusal::MissingPassword)];
    let refusals: Vec<_> = missing.into_iter().filter(|(lacks, _)| *lacks).map(|(_, refusal)| refusal).collect();
    let id = params.get("state").unwrap_or_default();
    match find_pending(&state.services, cx, id, browser.binding).await {
        Ok(pending) => {
            let page = pending.page();
            let typed = params.get("email").unwrap_or_default();
            let form = Form { id, typed, refusals: &refusals, rules: rules(page.password_policy) };
            render(state, cx, StatusCode::BAD_REQUEST, &page, &form, browser)
        }
        Err(refused) => errors::page::pending(state, cx, &refused),
    }
}

/// What the form shows besides the application.
struct Form<'a> {
    id: &'a str,
    typed: &'a str,
    refusals: &'a [SignupRefusal],
    rules: Vec<ShownRule>,
}

fn render(
    state: &AppState,
    cx: &RequestContext,
    status: StatusCode,
    page: &LoginPage,
    form: &Form<'_>,
    browser: Browser<'_>,
) -> Response {
    if !page.may_sign_up {
        return present::problem(state, cx, StatusCode::FORBIDDEN, Problem::SignupClosed, None);
    }
    let csrf = form_token(state, browser);
    let rules: Vec<_> = form.rules.iter().filter_map(shown).collect();
    let signup = Page::Signup(Signup {
        client: client_of(page),
        state: form.id,
        csrf: &csrf,
        email: form.typed,
        name: None,
        rules: &rules,
        refusals: form.refusals,
    });
    let leads_to: Vec<&str> = page.leads_to.iter().map(String::as_str).collect();
    present::page(state, cx, status, &signup, &leads_to)
}

/// A rule in the page's words; none for a code the page does not know.
fn shown(rule: &ShownRule) -> Option<PasswordRule> {
    let requirement = match rule.code {
        "lengthAtLeast" => Requirement::MinLength(u32::try_from(rule.number?).ok()?),
        "shouldContain" => Requirement::LowerUpperDigit,
        "containsAtLeast" => Requirement::ThreeKinds,
        "identicalChars" => Requirement::NoRepeats,
        "commonPassword" => Requirement::NotCommon,
        "noPersonalInfo" => Requirement::NotPersonal,
        _ => return None,
    };
    Some(PasswordRule { requirement, broken: rule.broken })
}
