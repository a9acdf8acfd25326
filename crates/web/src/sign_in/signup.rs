//! `/u/signup`.

use axum::response::Response;
use flows::authorize::LoginPage;
use flows::signup::{ShownRule, SignupForm, SignupRefused, broken_rules, rules, with_password};
use http::StatusCode;
use secrecy::SecretString;

use super::visit::{Opened, Submitted, Visit};
use crate::pages::{Page, PageClient, Problem, Signup, SignupRefusal, password_rules};
use crate::standing::ask_to_wait;

/// The empty form.
pub(crate) async fn show(Opened(visit): Opened) -> Response {
    visit.show(|page| render(&visit, StatusCode::OK, page, &Form::new(page, page.login_hint.as_deref(), &[]))).await
}

/// The form, filled in.
pub(crate) async fn submit(Submitted(visit): Submitted) -> Response {
    match (visit.field("email"), visit.field("password")) {
        (Some(email), Some(password)) => sign_up(&visit, email, password).await,
        (Some(_), None) => incomplete(&visit, &[SignupRefusal::MissingPassword]).await,
        (None, Some(_)) => incomplete(&visit, &[SignupRefusal::MissingEmail]).await,
        (None, None) => incomplete(&visit, &[SignupRefusal::MissingEmail, SignupRefusal::MissingPassword]).await,
    }
}

async fn sign_up(visit: &Visit, email: &str, password: &str) -> Response {
    let (services, cx) = visit.services();
    let form = SignupForm { state: visit.id(), email, password: SecretString::from(password) };
    let outcome = Box::pin(with_password(services, cx, form, visit.browser())).await;
    visit.conclude(outcome, |why, page| refused(visit, &why, page))
}

fn refused(visit: &Visit, why: &SignupRefused, page: &LoginPage) -> Response {
    let (status, refusal) = match why {
        SignupRefused::InvalidEmail => (StatusCode::BAD_REQUEST, SignupRefusal::InvalidEmail),
        SignupRefused::EmailTaken => (StatusCode::BAD_REQUEST, SignupRefusal::EmailTaken),
        SignupRefused::PasswordTooLong => (StatusCode::BAD_REQUEST, SignupRefusal::PasswordTooLong),
        SignupRefused::WeakPassword(_) => (StatusCode::BAD_REQUEST, SignupRefusal::WeakPassword),
        SignupRefused::SourceUnavailable => (StatusCode::SERVICE_UNAVAILABLE, SignupRefusal::SourceUnavailable),
        SignupRefused::Limited(_) => (StatusCode::TOO_MANY_REQUESTS, SignupRefusal::TooManyAttempts),
        SignupRefused::Closed => return closed(visit, page),
    };
    let refusals = [refusal];
    let mut form = Form::new(page, visit.field("email"), &refusals);
    if let SignupRefused::WeakPassword(broken) = why {
        form.rules = broken_rules(broken);
    }
    let mut response = render(visit, status, page, &form);
    if let SignupRefused::Limited(limited) = why {
        ask_to_wait(response.headers_mut(), *limited);
    }
    response
}

fn closed(visit: &Visit, page: &LoginPage) -> Response {
    visit.problem(StatusCode::FORBIDDEN, Problem::SignupClosed, page)
}

async fn incomplete(visit: &Visit, refusals: &[SignupRefusal]) -> Response {
    let again = |page: &LoginPage| {
        render(visit, StatusCode::BAD_REQUEST, page, &Form::new(page, visit.field("email"), refusals))
    };
    visit.show(again).await
}

/// What the form shows besides the application.
struct Form<'a> {
    email: &'a str,
    refusals: &'a [SignupRefusal],
    rules: Vec<ShownRule>,
}

impl<'a> Form<'a> {
    fn new(page: &LoginPage, email: Option<&'a str>, refusals: &'a [SignupRefusal]) -> Self {
        Form { email: email.unwrap_or_default(), refusals, rules: rules(page.password_policy) }
    }
}

fn render(visit: &Visit, status: StatusCode, page: &LoginPage, form: &Form<'_>) -> Response {
    if !page.may_sign_up {
        return closed(visit, page);
    }
    let csrf = visit.form_token();
    let rules = password_rules(&form.rules);
    let signup = Signup {
        client: PageClient::from(&page.client),
        state: visit.id(),
        csrf: &csrf,
        email: form.email,
        rules: &rules,
        refusals: form.refusals,
    };
    visit.render(status, page, &Page::Signup(signup))
}
