//! `/u/login`.

use axum::response::Response;
use flows::authorize::LoginPage;
use flows::login::federated::home_of_address;
use flows::login::{FormOutcome, LoginForm, LoginRefused, with_password};
use http::{HeaderValue, StatusCode, header};
use secrecy::SecretString;

use super::visit::{Opened, Submitted, Visit};
use crate::errors::WAIT;
use crate::pages::{Login, LoginProvider, LoginRefusal, Onward, Page, PageClient, Problem, departure};
use crate::standing::ask_to_wait;

/// The empty form.
pub(crate) async fn show(Opened(visit): Opened) -> Response {
    visit.show(|page| render(&visit, StatusCode::OK, page, page.login_hint.as_deref(), None)).await
}

/// The form, filled in.
pub(crate) async fn submit(Submitted(visit): Submitted) -> Response {
    let Some(username) = visit.field("username") else {
        return incomplete(&visit, LoginRefusal::MissingUsername).await;
    };
    if let Some(response) = lead_home(&visit, username).await {
        return response;
    }
    match visit.field("password") {
        Some(password) => sign_in(&visit, username, password).await,
        None => incomplete(&visit, LoginRefusal::MissingPassword).await,
    }
}

/// Leads people with addresses of certain domains to their provider, whatever else was typed.
async fn lead_home(visit: &Visit, username: &str) -> Option<Response> {
    let (services, cx) = visit.services();
    let connection = home_of_address(services, cx, visit.id(), username, visit.browser()).await.ok()??;
    let onward = |page: &LoginPage| {
        let href = departure(visit.id(), &connection, Some(username.trim()));
        visit.render(StatusCode::OK, page, &Page::Onward(Onward { href }))
    };
    Some(visit.show(onward).await)
}

async fn sign_in(visit: &Visit, username: &str, password: &str) -> Response {
    let (services, cx) = visit.services();
    let form = LoginForm { state: visit.id(), username, password: SecretString::from(password) };
    let outcome = Box::pin(with_password(services, cx, form, visit.browser())).await;
    if matches!(outcome, Ok(FormOutcome::SignedIn(_))) {
        count("succeeded");
    }
    visit.conclude(outcome, |why, page| refused(visit, why, page))
}

fn refused(visit: &Visit, why: LoginRefused, page: &LoginPage) -> Response {
    let Some((status, refusal)) = refusal(why) else { return unknown_domain(visit, page) };
    count(refusal.key());
    let mut response = render(visit, status, page, visit.field("username"), Some(refusal));
    say_when(&mut response, why);
    response
}

async fn incomplete(visit: &Visit, refusal: LoginRefusal) -> Response {
    let again = |page: &LoginPage| match refusal {
        LoginRefusal::MissingPassword if !page.takes_passwords => unknown_domain(visit, page),
        _ => render(visit, StatusCode::BAD_REQUEST, page, visit.field("username"), Some(refusal)),
    };
    visit.show(again).await
}

/// Where there are no passwords, an address that leads nowhere is the end of the way.
fn unknown_domain(visit: &Visit, page: &LoginPage) -> Response {
    render(visit, StatusCode::BAD_REQUEST, page, visit.field("username"), Some(LoginRefusal::UnknownDomain))
}

fn count(result: &'static str) {
    metrics::counter!("landbridge_logins_total", "result" => result).increment(1);
}

/// The page's word for why somebody is not signed in, and the status that goes with it.
fn refusal(why: LoginRefused) -> Option<(StatusCode, LoginRefusal)> {
    Some(match why {
        LoginRefused::WrongPassword => (StatusCode::BAD_REQUEST, LoginRefusal::WrongPassword),
        LoginRefused::Blocked => (StatusCode::FORBIDDEN, LoginRefusal::Blocked),
        LoginRefused::TooManyAttempts | LoginRefused::Limited(_) => {
            (StatusCode::TOO_MANY_REQUESTS, LoginRefusal::TooManyAttempts)
        }
        LoginRefused::Breached => (StatusCode::FORBIDDEN, LoginRefusal::BreachedPassword),
        LoginRefused::SecondFactorRequired => (StatusCode::FORBIDDEN, LoginRefusal::SecondFactorRequired),
        LoginRefused::SourceThrottled { .. } => (StatusCode::TOO_MANY_REQUESTS, LoginRefusal::SourceThrottled),
        LoginRefused::SourceUnavailable => (StatusCode::SERVICE_UNAVAILABLE, LoginRefusal::SourceUnavailable),
        LoginRefused::NoConnection => return None,
    })
}

fn say_when(response: &mut Response, why: LoginRefused) {
    let wait = match why {
        LoginRefused::SourceThrottled { retry_after } => retry_after.unwrap_or(WAIT),
        LoginRefused::SourceUnavailable => WAIT,
        LoginRefused::Limited(limited) => return ask_to_wait(response.headers_mut(), limited),
        _ => return,
    };
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
}

/// The form, with what was typed before.
fn render(
    visit: &Visit,
    status: StatusCode,
    page: &LoginPage,
    username: Option<&str>,
    refusal: Option<LoginRefusal>,
) -> Response {
    if !page.takes_passwords && !page.knows_domains && page.providers.is_empty() {
        return visit.problem(StatusCode::BAD_REQUEST, Problem::NoConnection, page);
    }
    let csrf = visit.form_token();
    let providers: Vec<_> = page.providers.iter().map(|button| LoginProvider::of(button, visit.id())).collect();
    let login = Login {
        client: PageClient::from(&page.client),
        state: visit.id(),
        csrf: &csrf,
        username: username.unwrap_or_default(),
        refusal,
        signup_allowed: page.may_sign_up,
        takes_passwords: page.takes_passwords,
        knows_domains: page.knows_domains,
        providers: &providers,
        reset_allowed: page.may_reset,
    };
    visit.render(status, page, &Page::Login(login))
}
