//! Pages of other origins: what they may call, and answers that reach them as a message.

use axum::body::Body;
use http::{Request, header};
use protocol::client_metadata::{AppType, TokenEndpointAuthMethod};
use testkit::{Answer, App, Page, RelyingParty, Visit};

use crate::site::{EMAIL, PASSWORD, Site};

async fn single_page(site: &Site, name: &str, web_origin: &str) -> RelyingParty {
    let app = site.app.add_client(name, |client| {
        client.app_type = AppType::Spa;
        client.token_endpoint_auth_method = TokenEndpointAuthMethod::None;
        client.web_origins = vec![web_origin.to_owned()];
    });
    let app = app.await;
    site.enable(&app).await;
    app
}

async fn preflight(app: &App, path: &str, origin: &str) -> Answer {
    let request = Request::builder()
        .method("OPTIONS")
        .uri(path)
        .header(header::ORIGIN, origin)
        .header(header::ACCESS_CONTROL_REQUEST_METHOD, "POST")
        .header(header::ACCESS_CONTROL_REQUEST_HEADERS, "auth0-client,content-type");
    app.call(request.body(Body::empty()).unwrap()).await
}

async fn token_from(app: &App, origin: &str, fields: &str) -> Answer {
    let request = Request::post("/oauth/token")
        .header(header::ORIGIN, origin)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    app.call(request.body(Body::from(fields.to_owned())).unwrap()).await
}

#[tokio::test]
async fn wp_01_the_pages_of_a_client_may_call_and_others_may_not() {
    let site = Site::new().await;
    single_page(&site, "spa", "https://pages.test").await;
    for path in ["/oauth/token", "/oauth/revoke", "/userinfo"] {
        for (origin, allowed) in [
            ("https://pages.test", true),
            // The origin of its callback.
            ("https://spa.test", true),
            ("https://pages.test.evil.test", false),
            ("http://pages.test", false),
            ("null", false),
        ] {
            let answer = preflight(&site.app, path, origin).await;
            assert_eq!(answer.status, 204);
            assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin), "{path} {origin}");
            assert_eq!(answer.header("access-control-allow-methods").is_some(), allowed, "{path} {origin}");
            assert_eq!(answer.header("access-control-allow-credentials"), None);
            assert_eq!(answer.header("vary"), Some("Origin"));
        }
    }
}

#[tokio::test]
async fn wp_01_an_answer_is_read_by_the_pages_of_the_client_it_is_for() {
    let site = Site::new().await;
    single_page(&site, "one", "https://one.pages.test").await;
    single_page(&site, "two", "https://two.pages.test").await;
    let fields = "grant_type=refresh_token&refresh_token=unknown&client_id=one";
    for (origin, allowed) in [("https://one.pages.test", true), ("https://two.pages.test", false)] {
        let answer = token_from(&site.app, origin, fields).await;
        assert_eq!(answer.refusal().1, "invalid_grant");
        assert_eq!(answer.header("access-control-allow-origin"), allowed.then_some(origin), "{origin}");
    }
}

/// The origins that may frame an answer, and the message it brings.
fn message_of(visit: Visit) -> (String, serde_json::Value, String) {
    let page = visit.page();
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    let framed_by = policy.split("frame-ancestors ").nth(1).unwrap().to_owned();
    assert!(!page.headers.contains_key("x-frame-options"), "it must be frameable");
    let (_, call) = page.html.split_once(".postMessage(").unwrap();
    let (arguments, _) = call.split_once(");").unwrap();
    let (message, target) = arguments.rsplit_once(", ").unwrap();
    (framed_by, serde_json::from_str(message).unwrap(), serde_json::from_str(target).unwrap())
}

#[tokio::test]
async fn az_28_a_silent_answer_reaches_the_clients_window_alone() {
    let site = Site::new().await;
    let spa = single_page(&site, "spa", "https://spa.test").await;
    let mut browser = site.app.browser();
    let silent = spa.request().with("prompt", "none").with("response_mode", "web_message");
    let (framed_by, message, target) = message_of(browser.authorize(&silent).await);
    assert_eq!((framed_by.as_str(), target.as_str()), ("https://spa.test", "https://spa.test"));
    assert_eq!(message["type"], "authorization_response");
    assert_eq!(
        (&message["response"]["error"], &message["response"]["state"]),
        (&"login_required".into(), &"st4te".into())
    );
    site.log_in(&mut browser, &spa.request()).await.code();
    let (_, message, _) = message_of(browser.authorize(&silent).await);
    let code = message["response"]["code"].as_str().unwrap();
    assert_eq!(message["response"]["iss"], site.app.issuer());
    spa.exchange(&site.app, code).await.text("access_token");
}

#[tokio::test]
async fn az_28_no_message_goes_to_an_origin_that_the_client_has_not_named() {
    let site = Site::new().await;
    let spa = single_page(&site, "spa", "https://elsewhere.test").await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &spa.request()).await.code();
    let before = site.app.dump().await;
    let answer = browser.authorize(&spa.request().with("response_mode", "web_message")).await.answer();
    assert_eq!(answer.error(), "invalid_request");
    site.app.assert_unchanged_since(&before).await;
}

fn opener_policy(page: &Page) -> &str {
    page.headers["cross-origin-opener-policy"].to_str().unwrap()
}

/// Once one page of a pop-up has cut the ties to its opener, none after it can answer there.
#[tokio::test]
async fn az_28_the_pages_of_a_pop_up_keep_their_opener() {
    let site = Site::new().await;
    let spa = single_page(&site, "spa", "https://spa.test").await;
    for (hint, name) in [("login", "username"), ("signup", "email")] {
        let request = spa.request().with("screen_hint", hint);
        let ordinary = site.app.browser().authorize(&request).await.page();
        assert_eq!(opener_policy(&ordinary), "same-origin", "{hint}");
        let mut browser = site.app.browser();
        let page = browser.authorize(&request.with("response_mode", "web_message")).await.page();
        assert_eq!(opener_policy(&page), "unsafe-none", "{hint}");
        let refused = browser.submit(&page.form().fill(name, EMAIL).fill("password", "wrong")).await.page();
        assert_eq!((refused.status.as_u16(), opener_policy(&refused)), (400, "unsafe-none"), "{hint}");
    }
    let mut browser = site.app.browser();
    let request = spa.request().with("response_mode", "web_message");
    let redirect = site.app.get(&request.path()).await;
    assert_eq!((redirect.status.as_u16(), redirect.header("cross-origin-opener-policy")), (302, None));
    let page = browser.authorize(&request).await.page();
    let filled = page.form().fill("username", EMAIL).fill("password", PASSWORD);
    let answer = browser.submit(&filled).await.page();
    assert_eq!(opener_policy(&answer), "unsafe-none");
    assert!(answer.html.contains("window.opener"), "{}", answer.html);
}
