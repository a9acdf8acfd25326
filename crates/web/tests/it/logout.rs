//! Signing out.

use std::time::Duration;

use testkit::{Browser, ClientAnswer, native};

use crate::site::{EMAIL, PASSWORD, Site, assert_page, claims};

const MISMATCH: &str = "The way back is not registered";
const OUT: &str = "You are signed out";
const ASKED: &str = "Sign out?";

/// A browser that is signed in, with the answer that came of it.
async fn signed_in(site: &Site) -> (Browser, ClientAnswer) {
    let mut browser = site.app.browser();
    let answer = site.log_in(&mut browser, &site.client.request()).await;
    (browser, answer)
}

/// A browser that is signed in, and an ID token of its session.
async fn with_id_token(site: &Site) -> (Browser, String) {
    let (browser, answer) = signed_in(site).await;
    let tokens = site.client.exchange(&site.app, answer.code()).await;
    (browser, tokens.text("id_token"))
}

fn path(endpoint: &str, fields: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{endpoint}?{query}")
}

/// Nobody is signed in with this browser's cookies, now or when it held them.
async fn assert_over(site: &Site, before: &mut Browser, after: &mut Browser) {
    assert_eq!(after.cookie("session"), None);
    for browser in [before, after] {
        assert_eq!(site.silently(browser).await.error(), "login_required");
    }
}

async fn assert_goes_on(site: &Site, browser: &mut Browser) {
    site.silently(browser).await.code();
}

/// Nearly `https://app.test/bye`, or registered for somebody else.
const OTHERS: [&str; 12] = [
    "https://app.test/bye/",
    "https://app.test/BYE",
    "https://app.test/bye?x=1",
    "https://app.test:443/bye",
    "https://app.test/cb",
    "https://app.test@evil.test/bye",
    "https://evil.test\\@app.test/bye",
    "https://app.test/bye/../bye",
    "https://other.test/bye",
    "//evil.test",
    "javascript:alert(1)",
    "https://app.test/bye\r\nSet-Cookie: a=b",
];

/// Casdoor CVE-2026-5467.
#[tokio::test]
async fn se_08_logout_returns_only_to_registered_addresses() {
    let site = Site::new().await;
    site.app.add_client("other", |_| {}).await;
    for other in OTHERS {
        let (mut browser, _) = signed_in(&site).await;
        let mut before = browser.clone();
        let v2 = path("/v2/logout", &[("client_id", "app"), ("returnTo", other)]);
        assert_page(browser.open(&v2).await, 400, MISMATCH);
        assert_over(&site, &mut before, &mut browser).await;

        let (mut browser, id_token) = with_id_token(&site).await;
        let mut before = browser.clone();
        let oidc = [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", other)];
        assert_page(browser.open(&path("/oidc/logout", &oidc)).await, 400, MISMATCH);
        assert_over(&site, &mut before, &mut browser).await;
    }
    let (mut browser, _) = signed_in(&site).await;
    let unnamed = path("/v2/logout", &[("returnTo", "https://app.test/bye")]);
    assert_page(browser.open(&unnamed).await, 400, MISMATCH);
}

#[tokio::test]
async fn a_logout_ends_the_session_and_returns() {
    let site = Site::new().await;
    site.app.change_tenant(|tenant| tenant.allowed_logout_urls = vec!["https://www.test/".into()]).await;
    let cases: [(&[(&str, &str)], &str); 3] = [
        (&[("client_id", "app"), ("returnTo", "https://app.test/bye")], "https://app.test/bye"),
        (&[("client_id", "app")], "https://app.test/bye"),
        (&[("returnTo", "https://www.test/")], "https://www.test/"),
    ];
    for (fields, uri) in cases {
        let (mut browser, _) = signed_in(&site).await;
        let mut before = browser.clone();
        let answer = browser.open(&path("/v2/logout", fields)).await.answer();
        assert_eq!((answer.uri.as_str(), answer.fields.len()), (uri, 0));
        assert_over(&site, &mut before, &mut browser).await;
    }
    let (mut browser, id_token) = with_id_token(&site).await;
    let mut before = browser.clone();
    let fields =
        [("id_token_hint", id_token.as_str()), ("post_logout_redirect_uri", "https://app.test/bye"), ("state", "a&b")];
    let answer = browser.open(&path("/oidc/logout", &fields)).await.answer();
    assert_eq!((answer.uri.as_str(), answer.field("state")), ("https://app.test/bye", "a&b"));
    assert_over(&site, &mut before, &mut browser).await;
    assert_eq!(site.app.events_of("slo").await.len(), 4);
    assert_page(site.app.browser().open("/v2/logout").await, 200, OUT);
}

#[tokio::test]
async fn se_09_without_proof_the_person_is_asked() {
    let site = Site::new().await;
    site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(native(PASSWORD))).await;
    let mut eves = site.app.browser();
    let eves_answer = eves.log_in(&site.client.request(), "eve@x.io", PASSWORD).await.answer();
    let eves_token = site.client.exchange(&site.app, eves_answer.code()).await.text("id_token");
    let (_, older_token) = with_id_token(&site).await;
    let (mut browser, _) = signed_in(&site).await;
    let back = ("post_logout_redirect_uri", "https://app.test/bye");
    let before = site.app.dump().await;
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[("client_id", "app"), back],
        &[("id_token_hint", &eves_token), back],
        &[("id_token_hint", &older_token), back],
        &[("logout_hint", "somebody else"), back],
    ];
    for fields in cases {
        assert_page(browser.open(&path("/oidc/logout", fields)).await, 200, ASKED);
    }
    site.app.assert_unchanged_since(&before).await;
    assert_goes_on(&site, &mut browser).await;
}

#[tokio::test]
async fn se_09_only_the_person_s_own_yes_counts() {
    let site = Site::new().await;
    let (mut browser, _) = signed_in(&site).await;
    let question = path(
        "/oidc/logout",
        &[("client_id", "app"), ("post_logout_redirect_uri", "https://app.test/bye"), ("state", "x")],
    );
    let page = browser.open(&question).await.page();
    assert!(page.says("The app application asks to sign you out") && page.says(EMAIL), "{}", page.html);
    let form = page.form();
    let before = site.app.dump().await;
    assert_page(browser.submit(&form.clone().with("confirm", "no")).await, 200, "still signed in");
    for token in ["", "x"] {
        let forged = form.clone().fill("csrf", token).with("confirm", "yes");
        assert_page(browser.submit(&forged).await, 403, "This form came from elsewhere");
    }
    let by_link = browser.open(&format!("{question}&confirm=yes&csrf={}", form.value("csrf"))).await;
    assert_page(by_link, 200, ASKED);
    site.app.assert_unchanged_since(&before).await;

    let mut cookies = browser.clone();
    let answer = browser.submit(&form.with("confirm", "yes")).await.answer();
    assert_eq!(
        (answer.status.as_u16(), answer.uri.as_str(), answer.field("state")),
        (303, "https://app.test/bye", "x")
    );
    assert_over(&site, &mut cookies, &mut browser).await;
}

#[tokio::test]
async fn se_09_a_hint_is_one_of_our_id_tokens_or_an_error() {
    let site = Site::new().await;
    site.app.add_client("other", |_| {}).await;
    let (mut browser, id_token) = with_id_token(&site).await;
    let (head, signature) = id_token.rsplit_once('.').unwrap();
    let flipped = if signature.starts_with('A') { "B" } else { "A" };
    let modified = format!("{head}.{flipped}{}", &signature[1..]);
    let (header, payload) = head.split_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.");
    let stripped = format!("{header}.{payload}.");
    let sid = claims(&id_token)["sid"].as_str().unwrap().to_owned();
    let back = ("post_logout_redirect_uri", "https://app.test/bye");
    let before = site.app.dump().await;
    let cases: [&[(&str, &str)]; 6] = [
        &[("id_token_hint", &modified), back],
        &[("id_token_hint", &unsigned), back],
        &[("id_token_hint", &stripped), back],
        &[("id_token_hint", "garbage"), back],
        &[("id_token_hint", &id_token), ("client_id", "other"), back],
        &[("id_token_hint", &id_token), ("logout_hint", "another session"), back],
    ];
    for fields in cases {
        assert_page(browser.open(&path("/oidc/logout", fields)).await, 400, "This request makes no sense to us");
        assert!(browser.cookie("session").is_some());
    }
    site.app.assert_unchanged_since(&before).await;
    assert_goes_on(&site, &mut browser).await;

    site.app.advance(Duration::from_hours(11));
    let hint = [("id_token_hint", id_token.as_str()), ("client_id", "app"), ("logout_hint", &sid), back];
    let answer = browser.open(&path("/oidc/logout", &hint)).await.answer();
    assert_eq!(answer.uri, "https://app.test/bye", "an expired hint still tells whose session it was");
}

#[tokio::test]
async fn a_logout_hint_names_the_session() {
    let site = Site::new().await;
    let (mut browser, id_token) = with_id_token(&site).await;
    let mut before = browser.clone();
    let sid = claims(&id_token)["sid"].as_str().unwrap().to_owned();
    assert_page(browser.open(&path("/oidc/logout", &[("logout_hint", &sid)])).await, 200, OUT);
    assert_over(&site, &mut before, &mut browser).await;
}

#[tokio::test]
async fn se_10_after_a_logout_nothing_of_the_session_is_good() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let offline = site.log_in(&mut browser, &site.client.request().scope("openid offline_access")).await;
    let offline = site.client.exchange(&site.app, offline.code()).await;
    let online = browser.authorize(&site.client.request()).await.answer();
    let online = site.client.exchange(&site.app, online.code()).await;
    let unused = browser.authorize(&site.client.request()).await.answer();
    let login = browser.authorize(&site.client.request().with("prompt", "login")).await.page();
    let mut old = browser.clone();
    let page = browser.open("/v2/logout").await.page();
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_over(&site, &mut old, &mut browser).await;

    assert_eq!(site.client.exchange(&site.app, unused.code()).await.refusal(), (400, "invalid_grant".to_owned()));
    assert_eq!(site.app.userinfo(&online.text("access_token")).await.status, 401);
    // `offline_access` was granted to outlive the session (OpenID Connect Core 11).
    assert_eq!(site.client.refresh(&site.app, &offline.text("refresh_token")).await.status, 200);

    // The back button shows the login page, which still wants a password.
    let wrong = login.form().fill("username", EMAIL).fill("password", "wrong");
    assert_page(browser.submit(&wrong).await, 400, "Wrong email or password");
    let right = login.form().fill("username", EMAIL).fill("password", PASSWORD);
    browser.submit(&right).await.answer().code();
}
