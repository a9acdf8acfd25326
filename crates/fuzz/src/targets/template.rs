//! A template that an operator brings.

use std::sync::LazyLock;

use web::pages::{Frame, Login, Page, PageClient, Pages, WebUrl};

pub(super) static PAGES: LazyLock<Pages> = LazyLock::new(|| Pages::new(None).expect("our own pages"));

/// What no message may repeat.
const SECRET: &str = "a-secret-of-this-very-page";

const MOST_BYTES: usize = 1024 * 1024;

/// The login page with nothing special about it.
pub(super) fn login<'a>() -> Login<'a> {
    Login {
        client: PageClient { name: "Sample application", logo: WebUrl::new("https://app.example/logo.png") },
        state: "state",
        csrf: SECRET,
        username: "ada@example.com",
        refusal: None,
        signup_allowed: true,
        takes_passwords: true,
        knows_domains: false,
        providers: &[],
        reset_allowed: true,
    }
}

pub(super) fn frame<'a>() -> Frame<'a> {
    Frame {
        nonce: "c2FtcGxlLW5vbmNl",
        request_id: "req_01J9Z6Q4",
        locale: "en",
        tenant_name: "Northwind",
        asset_version: "sample",
    }
}

/// Steps and the size of the page are bounded. What a template makes of one value and another is not: whoever brings one
/// that doubles a text forty times keeps their own broker from starting, since each is rendered before it is served.
const MULTIPLIES: [char; 3] = ['~', '*', '+'];

pub(crate) fn check(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else { return };
    if text.contains(MULTIPLIES) {
        return;
    }
    let page = Page::Login(login());
    let rendered = || PAGES.render_by(text, &page, &frame()).map_err(|error| error.to_string());
    let first = rendered();
    assert_eq!(first, rendered(), "it depends on something else than its values");
    match first {
        Ok(html) => assert!(html.len() <= MOST_BYTES, "{} bytes", html.len()),
        Err(error) => assert!(text.contains(SECRET) || !error.contains(SECRET), "{error}"),
    }
}
