//! `/u/reset-password/request`.

use axum::response::Response;
use flows::authorize::LoginPage;
use flows::tickets::password_reset::{ResetFormRefused, ask_on_page};
use http::StatusCode;

use super::visit::{Opened, Submitted, Visit};
use crate::errors;
use crate::pages::{News, Notice, Page, PageClient, Problem, ResetRefusal, ResetRequest};

/// The empty form.
pub(crate) async fn show(Opened(visit): Opened) -> Response {
    visit.show(|page| render(&visit, StatusCode::OK, page, page.login_hint.as_deref(), None)).await
}

/// The form, filled in. The answer is the same for every address.
pub(crate) async fn submit(Submitted(visit): Submitted) -> Response {
    let (services, cx) = visit.services();
    let Some(email) = visit.field("email") else {
        return again(&visit, ResetRefusal::MissingEmail).await;
    };
    match ask_on_page(services, cx, visit.id(), visit.browser().binding, email).await {
        Ok((page, Ok(()))) => sent(&visit, &page),
        Ok((page, Err(ResetFormRefused::Closed))) => closed(&visit, &page),
        Ok((page, Err(ResetFormRefused::InvalidEmail))) => {
            render(&visit, StatusCode::BAD_REQUEST, &page, Some(email), Some(ResetRefusal::InvalidEmail))
        }
        Err(refused) => errors::page::pending(visit.state(), cx, &refused),
    }
}

async fn again(visit: &Visit, refusal: ResetRefusal) -> Response {
    visit.show(|page| render(visit, StatusCode::BAD_REQUEST, page, visit.field("email"), Some(refusal))).await
}

fn sent(visit: &Visit, page: &LoginPage) -> Response {
    let notice = Notice { state: Some(visit.id()), ..Notice::about(News::ResetMail, Some(&page.client)) };
    visit.render(StatusCode::OK, page, &Page::Notice(notice))
}

fn closed(visit: &Visit, page: &LoginPage) -> Response {
    visit.problem(StatusCode::FORBIDDEN, Problem::ResetClosed, page)
}

fn render(
    visit: &Visit,
    status: StatusCode,
    page: &LoginPage,
    email: Option<&str>,
    refusal: Option<ResetRefusal>,
) -> Response {
    if !page.may_reset {
        return closed(visit, page);
    }
    let csrf = visit.form_token();
    let request = ResetRequest {
        client: PageClient::from(&page.client),
        state: visit.id(),
        csrf: &csrf,
        email: email.unwrap_or_default(),
        refusal,
    };
    visit.render(status, page, &Page::ResetRequest(request))
}
