//! The authorization endpoint.

mod answers;
mod proofs;
mod redirect_uris;
mod scopes;
mod texts;

use serde_json::json;
use testkit::source::{Lie, LyingServer, Question};
use testkit::{App, AuthorizationUrl};

use crate::site::{Site, assert_page};

/// The request is refused on a page of ours: nothing is sent to anybody, by query or by form, and nothing changes.
async fn check_shown(app: &App, url: &AuthorizationUrl, says: &str) {
    let before = app.dump().await;
    let mut browser = app.browser();
    let answer = app.get(&url.path()).await;
    assert_eq!(answer.header("location"), None, "{}", url.path());
    assert_page(browser.authorize(url).await, 400, says);
    let answer = app.post_form("/authorize", &url.pairs()).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (400, None), "{}", url.path());
    app.assert_unchanged_since(&before).await;
}

/// The request is refused to the client: at its registered address, with state and issuer, and nothing changes.
pub(crate) async fn check_told(app: &App, url: &AuthorizationUrl, error: &str) {
    let before = app.dump().await;
    let answer = app.browser().authorize(url).await.answer();
    assert_eq!(answer.error(), error, "{}", url.path());
    assert_eq!(answer.field("state"), "st4te", "{}", url.path());
    assert_eq!(answer.field("iss"), app.issuer(), "{}", url.path());
    assert!(!answer.fields.contains_key("code"), "{}", url.path());
    app.assert_unchanged_since(&before).await;
}

/// The request leads to the login page.
async fn check_asks(app: &App, url: &AuthorizationUrl) {
    let page = app.browser().authorize(url).await.page();
    assert!(page.path.starts_with("/u/login?state="), "{} led to {}", url.path(), page.path);
}

const MISMATCH: &str = "The way back is not registered";
const UNKNOWN: &str = "This application is not known here";

#[tokio::test]
async fn az_09_no_parameter_may_come_twice() {
    let site = Site::new().await;
    let request = site.client.request();
    for (name, value, says) in [
        ("client_id", "app", UNKNOWN),
        ("client_id", "other", UNKNOWN),
        ("redirect_uri", "https://app.test/cb", MISMATCH),
        ("redirect_uri", "https://evil.test/", MISMATCH),
    ] {
        check_shown(&site.app, &request.clone().and(name, value), says).await;
    }
    for name in ["scope", "code_challenge", "response_type", "nonce", "prompt", "never_heard_of"] {
        let twice = request.clone().and(name, "x").and(name, "x");
        check_told(&site.app, &twice, "invalid_request").await;
    }
    let two_states = site.app.browser().authorize(&request.and("state", "other")).await.answer();
    assert_eq!((two_states.error(), two_states.fields.get("state")), ("invalid_request", None));
}

#[tokio::test]
async fn az_17_who_has_no_key_sends_no_request_object() {
    let site = Site::new().await;
    let unsigned = "eyJhbGciOiJub25lIn0.eyJyZWRpcmVjdF91cmkiOiJodHRwczovL2V2aWwudGVzdC8ifQ.";
    check_told(&site.app, &site.client.request().with("request", unsigned), "request_not_supported").await;
}

/// CVE-2020-10770; CVE-2026-4366, where a redirection was followed.
#[tokio::test]
async fn az_18_a_request_uri_is_a_name_of_ours_and_never_fetched() {
    let site = Site::new().await;
    let server = LyingServer::start().await;
    let elsewhere = Lie::json(302, json!({})).with_header("Location", "http://169.254.169.254/latest/");
    for lie in [Lie::Endless, elsewhere] {
        server.on(Question::Other, lie);
        let localhost = format!("http://localhost:{}/request.jwt", server.port());
        for uri in [
            format!("{}request.jwt", server.issuer()).as_str(),
            &localhost,
            // A callback of the client is no address of its requests.
            &site.client.redirect_uri,
            "http://169.254.169.254/latest/",
            "http://[::1]:5432/",
            "file:///etc/passwd",
            "gopher://127.0.0.1:6379/_x",
            "urn:example:x",
        ] {
            check_told(&site.app, &site.client.request().with("request_uri", uri), "invalid_request_uri").await;
            let answer = site.client.push(&site.app, &site.client.request().with("request_uri", uri)).await;
            assert_eq!(answer.refusal(), (400, "invalid_request_uri".to_owned()), "{uri}");
        }
    }
    assert!(server.seen().is_empty());
    for unknown in ["urn:ietf:params:oauth:request_uri:never-was", "urn:ietf:params:oauth:request_uri:"] {
        let url = site.client.request().with("request_uri", unknown);
        check_shown(&site.app, &url, "This page has expired").await;
    }
}

#[tokio::test]
async fn a_request_may_come_by_form() {
    let site = Site::new().await;
    let answer = site.app.post_form("/authorize", &site.client.request().pairs()).await;
    assert_eq!(answer.status, 303);
    assert!(answer.header("location").unwrap().starts_with("/u/login?state="));
}

#[tokio::test]
async fn a_connection_must_be_one_of_the_client_s() {
    let site = Site::new().await;
    site.app.add_connection("strangers", &[], |_| {}).await;
    for name in ["strangers", "nowhere"] {
        check_told(&site.app, &site.client.request().with("connection", name), "invalid_request").await;
    }
    check_asks(&site.app, &site.client.request().with("connection", &site.connection.name)).await;
}
