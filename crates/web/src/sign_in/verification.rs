//! `/u/email-verification`.

use axum::response::Response;
use flows::tickets::verification::{self, Verified};
use http::StatusCode;

use super::link::{FormKey, done, ended, ticket};
use super::visit::{Opened, Submitted};
use crate::errors;
use crate::pages::{News, Page, PageClient, VerifyEmail};

const AGAIN: &str = "/u/email-verification/again";

/// The question.
pub(crate) async fn show(Opened(visit): Opened) -> Response {
    let (services, cx) = visit.services();
    match verification::show(services, cx, ticket(&visit)).await {
        Ok(Ok(asked)) => {
            let key = FormKey::of(&visit);
            let client = asked.client.as_ref().map(PageClient::from);
            let page = VerifyEmail { client, ticket: ticket(&visit), csrf: &key.csrf, email: &asked.email };
            key.page(&visit, StatusCode::OK, &Page::VerifyEmail(page), &asked.leads_to)
        }
        Ok(Err(why)) => ended(&visit, &why, AGAIN, false),
        Err(error) => errors::page::internal(visit.state(), cx, &error),
    }
}

/// The answer.
pub(crate) async fn submit(Submitted(visit): Submitted) -> Response {
    let (services, cx) = visit.services();
    match verification::confirm(services, cx, ticket(&visit)).await {
        Ok(Ok(Verified { client, go_to })) => done(&visit, News::EmailVerified, go_to.as_deref(), client.as_ref()),
        Ok(Err(why)) => ended(&visit, &why, AGAIN, true),
        Err(error) => errors::page::internal(visit.state(), cx, &error),
    }
}

/// Another link is wanted.
pub(crate) async fn send_again(Submitted(visit): Submitted) -> Response {
    let (services, cx) = visit.services();
    match verification::send_again(services, cx, ticket(&visit)).await {
        Ok(client) => done(&visit, News::VerificationMail, None, client.as_ref()),
        Err(error) => errors::page::internal(visit.state(), cx, &error),
    }
}
