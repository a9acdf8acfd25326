//! What the pages of links in mails share: they are opened in browsers that may never have been here.

use axum::response::Response;
use flows::client_face::ClientFace;
use flows::csrf;
use flows::tickets::{Ended, LinkEnded};
use http::{HeaderName, HeaderValue, StatusCode, header};

use super::visit::Visit;
use crate::extract::set_binding_cookie;
use crate::pages::{Again, EndedLink, LinkEnd, News, Notice, Page};
use crate::present;

/// Nothing that a page of a link refers to learns more than that it was this server's. `no-referrer` would hide that
/// too, and then forms of our own come without an origin.
const ORIGIN_ALONE: (HeaderName, HeaderValue) = (header::REFERRER_POLICY, HeaderValue::from_static("strict-origin"));

/// What binds the form of a page to the browser that is shown it.
pub(super) struct FormKey {
    pub(super) csrf: String,
    /// The cookie of a browser that had none.
    new_binding: Option<String>,
}

impl FormKey {
    pub(super) fn of(visit: &Visit) -> Self {
        let (services, _) = visit.services();
        let known = visit.browser().binding;
        let new_binding = known.is_none().then(|| csrf::new_binding(services));
        let csrf = csrf::token(services, known.or(new_binding.as_deref()).unwrap_or_default());
        FormKey { csrf, new_binding }
    }

    /// The page with a form of this key.
    pub(super) fn page(&self, visit: &Visit, status: StatusCode, page: &Page<'_>, leads_to: &[String]) -> Response {
        let leads_to: Vec<&str> = leads_to.iter().map(String::as_str).collect();
        let mut response = present::page(visit.state(), visit.services().1, status, page, &leads_to);
        if let Some(binding) = &self.new_binding {
            set_binding_cookie(visit.state(), response.headers_mut(), binding);
        }
        without_referrer(response)
    }
}

fn without_referrer(mut response: Response) -> Response {
    response.headers_mut().extend([ORIGIN_ALONE]);
    response
}

/// The secret of the link.
pub(super) fn ticket(visit: &Visit) -> &str {
    visit.field("ticket").unwrap_or_default()
}

/// A link that leads to nothing any more. `again` is where another may be asked for.
pub(super) fn ended(visit: &Visit, ended: &LinkEnded, again: &str, after_post: bool) -> Response {
    if let Some(url) = &ended.go_to {
        return without_referrer(present::redirect(url, after_post));
    }
    let (status, why) = match ended.why {
        Ended::Unknown => (StatusCode::BAD_REQUEST, LinkEnd::Unknown),
        Ended::Spent => (StatusCode::BAD_REQUEST, LinkEnd::Spent),
        Ended::Expired => (StatusCode::BAD_REQUEST, LinkEnd::Expired),
        Ended::VerifiedAlready => (StatusCode::OK, LinkEnd::VerifiedAlready),
    };
    let key = FormKey::of(visit);
    let again = Again { action: again, ticket: ticket(visit), csrf: &key.csrf };
    let page = EndedLink::about(why, ended.client.as_ref(), ended.may_ask_again.then_some(again));
    key.page(visit, status, &Page::EndedLink(page), &[])
}

/// That something is done: at the application's own page, if the link says so.
pub(super) fn done(visit: &Visit, news: News, go_to: Option<&str>, client: Option<&ClientFace>) -> Response {
    if let Some(url) = go_to {
        return without_referrer(present::redirect(url, true));
    }
    let page = Page::Notice(Notice::about(news, client));
    present::page(visit.state(), visit.services().1, StatusCode::OK, &page, &[])
}
