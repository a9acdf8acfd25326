//! `/u/reset-verify`.

use axum::response::Response;
use flows::tickets::password_reset::{self, Changed, ChoiceRefused, PasswordRefused, ResetPage};
use http::StatusCode;
use secrecy::SecretString;

use super::link::{FormKey, done, ended, ticket};
use super::visit::{Opened, Submitted, Visit};
use crate::errors;
use crate::pages::{NewPassword, NewPasswordRefusal, News, Page, PageClient, password_rules};
use crate::standing::ask_to_wait;

const AGAIN: &str = "/u/reset-verify/again";

/// The empty form.
pub(crate) async fn show(Opened(visit): Opened) -> Response {
    form(&visit, StatusCode::OK, None, false).await
}

/// The form, filled in.
pub(crate) async fn submit(Submitted(visit): Submitted) -> Response {
    let Some(password) = visit.field("password").map(SecretString::from) else {
        return form(&visit, StatusCode::BAD_REQUEST, Some(NewPasswordRefusal::MissingPassword), true).await;
    };
    let (services, cx) = visit.services();
    match Box::pin(password_reset::choose(services, cx, ticket(&visit), &password)).await {
        Ok(Ok(Changed { client, go_to })) => done(&visit, News::PasswordChanged, go_to.as_deref(), client.as_ref()),
        Ok(Err(ChoiceRefused::Ended(why))) => ended(&visit, &why, AGAIN, true),
        Ok(Err(ChoiceRefused::Password { why, page })) => refused(&visit, why, &page),
        Err(error) => errors::page::internal(visit.state(), cx, &error),
    }
}

/// Another link is wanted.
pub(crate) async fn send_again(Submitted(visit): Submitted) -> Response {
    let (services, cx) = visit.services();
    match password_reset::ask_again(services, cx, ticket(&visit)).await {
        Ok(client) => done(&visit, News::ResetMail, None, client.as_ref()),
        Err(error) => errors::page::internal(visit.state(), cx, &error),
    }
}

async fn form(visit: &Visit, status: StatusCode, refusal: Option<NewPasswordRefusal>, after_post: bool) -> Response {
    let (services, cx) = visit.services();
    match password_reset::show(services, cx, ticket(visit)).await {
        Ok(Ok(page)) => render(visit, status, &page, refusal),
        Ok(Err(why)) => ended(visit, &why, AGAIN, after_post),
        Err(error) => errors::page::internal(visit.state(), cx, &error),
    }
}

fn refused(visit: &Visit, why: PasswordRefused, page: &ResetPage) -> Response {
    let (status, refusal) = match why {
        PasswordRefused::TooLong => (StatusCode::BAD_REQUEST, NewPasswordRefusal::PasswordTooLong),
        PasswordRefused::Weak => (StatusCode::BAD_REQUEST, NewPasswordRefusal::WeakPassword),
        PasswordRefused::Limited(_) => (StatusCode::TOO_MANY_REQUESTS, NewPasswordRefusal::TooManyAttempts),
    };
    let mut response = render(visit, status, page, Some(refusal));
    if let PasswordRefused::Limited(limited) = why {
        ask_to_wait(response.headers_mut(), limited);
    }
    response
}

fn render(visit: &Visit, status: StatusCode, asked: &ResetPage, refusal: Option<NewPasswordRefusal>) -> Response {
    let key = FormKey::of(visit);
    let rules = password_rules(&asked.rules);
    let page = NewPassword {
        client: asked.client.as_ref().map(PageClient::from),
        ticket: ticket(visit),
        csrf: &key.csrf,
        name: &asked.name,
        rules: &rules,
        refusal,
    };
    key.page(visit, status, &Page::NewPassword(page), &asked.leads_to)
}
