//! Whom a session lets in without a page, and who has to prove again who they are.

use std::time::Duration;

use super::check_told;
use crate::site::{PASSWORD, Site, assert_page, claims};

#[tokio::test]
async fn az_14_without_a_page_nobody_signs_in() {
    let site = Site::new().await;
    let silent = site.client.request().with("prompt", "none");
    check_told(&site.app, &silent, "login_required").await;

    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    site.app.advance(Duration::from_secs(10));
    let before = site.app.dump().await;
    for max_age in ["0", "9"] {
        let refused = browser.authorize(&silent.clone().with("max_age", max_age)).await.answer();
        assert_eq!((refused.error(), refused.field("error_description")), ("login_required", "Login required"));
    }
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(site.app.events_of("fsa").await.len(), 2, "a browser that was never here is not recorded");
    let together = browser.authorize(&silent.clone().with("prompt", "none login")).await.answer();
    assert_eq!(together.error(), "invalid_request");
    browser.authorize(&silent.with("max_age", "10")).await.answer().code();
    assert_eq!(site.app.events_of("ssa").await.len(), 1);
}

/// Anybody can make up a cookie, without end.
#[tokio::test]
async fn rl_11_a_cookie_that_we_never_gave_leaves_no_event() {
    let site = Site::new().await;
    let silent = site.client.request().with("prompt", "none");
    let mut browser = site.app.browser();
    for made_up in ["x", &"A".repeat(43)] {
        browser.set_cookie("session", made_up);
        assert_eq!(browser.authorize(&silent).await.answer().error(), "login_required");
    }
    assert_eq!(site.app.events_of("fsa").await, []);
    site.log_in(&mut browser, &site.client.request()).await;
    site.app.advance(Duration::from_hours(24 * 30));
    assert_eq!(browser.authorize(&silent).await.answer().error(), "login_required");
    assert_eq!(site.app.events_of("fsa").await.len(), 1, "whose session is over is recorded");
}

#[tokio::test]
async fn az_15_a_session_does_not_satisfy_who_asks_for_a_new_proof() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    site.app.advance(Duration::from_secs(2));
    let before = browser.clone();
    for (name, value) in [("prompt", "login"), ("prompt", "select_account"), ("max_age", "0"), ("max_age", "1")] {
        let url = site.client.request().with(name, value);
        // However often it asks, the cookie alone never brings a code.
        for _ in 0..2 {
            assert_page(browser.authorize(&url).await, 200, "Welcome");
        }
        let answer = site.log_in(&mut browser, &url).await;
        let tokens = site.client.exchange(&site.app, answer.code()).await;
        assert_eq!(claims(&tokens.text("id_token"))["auth_time"], site.app.now().seconds(), "{name}={value}");
        site.app.advance(Duration::from_secs(2));
    }
    let mut old = before;
    assert_eq!(site.silently(&mut old).await.error(), "login_required");
}

#[tokio::test]
async fn az_16_somebody_else_is_not_signed_in_silently() {
    let site = Site::new().await;
    site.app.add_user(&site.connection, "auth0|eve", "eve@x.io", Some(testkit::native(PASSWORD))).await;
    let silent = site.client.request().with("prompt", "none");
    let mut eves = site.app.browser();
    let code = eves.log_in(&site.client.request(), "eve@x.io", PASSWORD).await.answer();
    let eves_token = site.client.exchange(&site.app, code.code()).await.text("id_token");
    let mut browser = site.app.browser();
    let code = site.log_in(&mut browser, &site.client.request()).await;
    let adas_token = site.client.exchange(&site.app, code.code()).await.text("id_token");

    let before = site.app.dump().await;
    let forged = format!("{}x", adas_token.trim_end_matches('x'));
    for (name, value) in [
        ("login_hint", "eve@x.io"),
        ("id_token_hint", &eves_token),
        ("id_token_hint", "garbage"),
        ("id_token_hint", &forged),
    ] {
        let answer = browser.authorize(&silent.clone().with(name, value)).await.answer();
        assert_eq!(answer.error(), "login_required", "{name}={value}");
        let page = browser.clone().authorize(&silent.clone().without("prompt").with(name, value)).await.page();
        assert!(page.path.starts_with("/u/login"), "{name}={value}");
    }
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
    site.app.advance(Duration::from_hours(11));
    for (name, value) in [("login_hint", "ADA@x.io"), ("id_token_hint", &adas_token)] {
        browser.authorize(&silent.clone().with(name, value)).await.answer().code();
    }
}
