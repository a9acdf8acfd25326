//! `/u/consent`.

use axum::response::Response;
use flows::consent::{AskedScope, ConsentPage, decide, open};
use http::StatusCode;

use super::visit::{Opened, Submitted, Visit};
use crate::pages::{Consent, ConsentScope, Page, PageClient};

/// What the application wants, and two buttons.
pub(crate) async fn show(Opened(visit): Opened) -> Response {
    let (services, cx) = visit.services();
    match open(services, cx, visit.id(), visit.browser()).await {
        Ok(Some(page)) => render(&visit, &page),
        Ok(None) => visit.to_login(),
        Err(refused) => visit.lost(&refused),
    }
}

/// One of the buttons. Anything but the one that allows does not.
pub(crate) async fn submit(Submitted(visit): Submitted) -> Response {
    let (services, cx) = visit.services();
    let is_allowed = visit.field("action") == Some("allow");
    match Box::pin(decide(services, cx, visit.id(), visit.browser(), is_allowed)).await {
        Ok(Some(response)) => visit.respond(&response, true),
        Ok(None) => visit.to_login(),
        Err(refused) => visit.lost(&refused),
    }
}

fn render(visit: &Visit, asked: &ConsentPage) -> Response {
    let csrf = visit.form_token();
    let scopes = asked
        .scopes
        .iter()
        .map(|AskedScope { value, description }| ConsentScope { value, description: description.as_deref() });
    let page = Consent {
        client: PageClient::from(&asked.page.client),
        state: visit.id(),
        csrf: &csrf,
        user: asked.user.as_deref(),
        api: asked.api.as_deref(),
        scopes: scopes.collect(),
    };
    visit.render(StatusCode::OK, &asked.page, &Page::Consent(page))
}
