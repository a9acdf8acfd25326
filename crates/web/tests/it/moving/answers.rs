//! What each thing a source can say becomes: words of its own, an event of its own, and nobody let in.

use std::time::Duration;

use serde_json::json;
use testkit::App;
use testkit::source::{Lie, Question, ada};

use super::{ADA, EMAIL, Move, PASSWORD};
use crate::site::Site;

/// What becomes of a sign-in to which the source says this.
struct Expected {
    status: u16,
    says: &'static str,
    /// Of somebody we have not heard of, and of somebody in the directory.
    events: [&'static str; 2],
    reason: Option<&'static str>,
    counts: bool,
}

const WRONG: Expected =
    Expected { status: 400, says: "Wrong email or password", events: ["fu", "fp"], reason: None, counts: true };

fn refused(status: u16, says: &'static str, event: &'static str) -> Expected {
    Expected { status, says, events: [event; 2], reason: None, counts: false }
}

fn unavailable(reason: &'static str) -> Expected {
    let says = "Your password was not checked, and nothing was counted against your account";
    Expected { reason: Some(reason), ..refused(503, says, "source_unavailable") }
}

async fn check(question: Question, lie: impl Fn(&Move) -> Lie, expected: Expected) {
    for seeded in [false, true] {
        let moving = Move::with(App::new().await, |source| source.timeout_ms = 300).await;
        if seeded {
            moving.seed().await;
        }
        let lie = lie(&moving);
        let context = format!("{lie:?} seeded={seeded}");
        moving.source.on(question, lie);
        let before = moving.app.dump().await;
        let mut browser = moving.app.browser();
        let page = browser.log_in(&moving.client.request(), EMAIL, PASSWORD).await.page();
        assert_eq!(page.status, expected.status, "{context}");
        assert!(page.says(expected.says), "{context} {}", page.html);
        assert_eq!(page.headers.contains_key("retry-after"), [429, 503].contains(&expected.status), "{context}");
        assert_eq!(browser.cookie("session"), None, "{context}");
        moving.assert_nobody_moved(&before, expected.counts).await;
        let events = moving.app.events_of(expected.events[usize::from(seeded)]).await;
        let [event] = &events[..] else { panic!("one event of {context}: {:?}", moving.app.events().await) };
        assert_eq!(event.details.get("reason").and_then(|reason| reason.as_str()), expected.reason, "{context}");
        assert_eq!(event.user_name.as_deref(), Some(EMAIL), "{context}");
        assert_eq!(moving.asked(), 1, "{context}");
    }
}

async fn check_password(lie: Lie, expected: Expected) {
    check(Question::Password, |_| lie.clone(), expected).await;
}

#[tokio::test]
async fn mg_03_a_wrong_password_is_one() {
    check_password(Lie::error(403, "invalid_grant", "Wrong email or password."), WRONG).await;
}

#[tokio::test]
async fn mg_07_whoever_is_blocked_there_is_not_let_in_here() {
    let blocked = || refused(403, "This account is blocked", "source_blocked");
    check_password(Lie::error(403, "unauthorized", "user is blocked"), blocked()).await;
    let mut user = ada(ADA);
    user["blocked"] = json!(true);
    check(Question::User, |_| Lie::json(200, user.clone()), blocked()).await;
}

#[tokio::test]
async fn mg_01_what_is_not_a_wrong_password_is_not_called_one() {
    let breached = refused(403, "This password is not safe any more", "pwd_leak");
    check_password(Lie::error(403, "password_leaked", "This login attempt has been blocked"), breached).await;
    let busy = || refused(429, "Your password was not checked", "source_throttled");
    check_password(Lie::error(429, "too_many_requests", "Global limit"), busy()).await;
    check_password(Lie::error(429, "too_many_attempts", "Your account has been blocked"), busy()).await;
}

/// What people have there besides the password stays there, so the password alone lets nobody in.
#[tokio::test]
async fn mg_08_whoever_has_a_second_factor_there_does_not_come_in_by_one() {
    let mut answer = json!({"error": "mfa_required", "error_description": "Multifactor authentication required"});
    answer["mfa_token"] = json!("Fe26.2*SERVER*secret");
    let second_step = || refused(403, "A second step is needed", "source_mfa_required");
    check_password(Lie::json(403, answer), second_step()).await;
    let mut user = ada(ADA);
    user["multifactor"] = json!(["guardian"]);
    check(Question::User, |_| Lie::json(200, user.clone()), second_step()).await;
}

/// `amr` is about the sign-in here: neither what the source says of its own nor what it once was makes it more.
#[tokio::test]
async fn mg_08_a_second_factor_elsewhere_is_not_told_as_ours() {
    let moving = Move::new().await;
    let claims = json!({"sub": ADA, "email": EMAIL, "amr": ["mfa"], "acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor"});
    moving.source.on(Question::Password, moving.source.tokens(&claims, moving.app.now()));
    for _ in 0..2 {
        let told = moving.sign_in(PASSWORD).await;
        assert_eq!((told["sub"].as_str(), told.get("amr"), told.get("acr")), (Some(ADA), None, None), "{told}");
    }
}

#[tokio::test]
async fn mg_01_a_source_that_is_down_neither_lets_in_nor_locks_out() {
    check_password(Lie::Hang, unavailable("timeout")).await;
    check_password(Lie::HangUp, unavailable("unreachable")).await;
    check_password(Lie::json(500, json!({"error": "invalid_grant"})), unavailable("status")).await;
    check_password(Lie::error(401, "invalid_client", ""), unavailable("our_credentials")).await;
    check_password(Lie::error(403, "requires_verification", "Captcha"), unavailable("unknown_error")).await;
    check(Question::User, |_| Lie::json(503, json!({})), unavailable("status")).await;
}

#[tokio::test]
async fn mg_02_what_cannot_be_believed_moves_nobody() {
    check_password(Lie::Raw(200, "text/html", "<h1>Welcome back, Ada</h1>"), unavailable("not_json")).await;
    check_password(Lie::CutOff, unavailable("cut_off")).await;
    check_password(Lie::Endless, unavailable("too_large")).await;
    check_password(Lie::json(200, json!({"ok": true})), unavailable("malformed")).await;
    let elsewhere = Lie::json(302, json!({})).with_header("Location", "https://evil.test/");
    check_password(elsewhere, unavailable("status")).await;
    let tokens = |claims| move |moving: &Move| moving.source.tokens(&claims, moving.app.now());
    let eve = json!({"sub": "auth0|eve", "email": "eve@x.io"});
    check(Question::Password, tokens(eve), unavailable("other_person")).await;
    check(Question::Password, tokens(json!({"email": EMAIL})), unavailable("no_subject")).await;
    let stranger = json!({"sub": ADA, "email": EMAIL, "aud": "another client"});
    check(Question::Password, tokens(stranger), unavailable("wrong_audience")).await;
    check(Question::User, |_| Lie::json(200, ada("auth0|eve")), unavailable("other_person")).await;
}

#[tokio::test]
async fn the_wait_a_source_asks_for_is_passed_on() {
    let moving = Move::new().await;
    moving.source.on(Question::Password, Lie::error(429, "too_many_requests", "").with_header("Retry-After", "77"));
    let page = moving.log_in(PASSWORD).await.page();
    assert_eq!(page.headers["retry-after"], "77");
}

#[tokio::test]
async fn mg_01_whoever_has_moved_does_not_notice_that_the_source_is_down() {
    let moving = Move::new().await;
    moving.sign_in(PASSWORD).await;
    moving.source.on(Question::Password, Lie::HangUp);
    moving.app.add_user(&moving.connection, "auth0|native", "eve@x.io", Some(testkit::native(PASSWORD))).await;
    moving.log_in_as("eve@x.io", PASSWORD).await.answer().code();
    moving.sign_in(PASSWORD).await;
    // Until the breaker opens, each stranger costs the source one question; then none.
    for _ in 0..6 {
        assert_eq!(moving.log_in_as("bob@x.io", PASSWORD).await.page().status, 503);
    }
    assert_eq!(moving.asked(), 1 + 3);
    moving.sign_in(PASSWORD).await;
}

#[tokio::test]
async fn mg_03_a_wrong_password_looks_the_same_whether_somebody_has_moved() {
    let moving = Move::new().await;
    moving.seed().await;
    moving.app.add_user(&moving.connection, "auth0|native", "eve@x.io", Some(testkit::native(PASSWORD))).await;
    moving.source.on(Question::Password, Lie::error(403, "invalid_grant", "Wrong email or password."));
    let mut seen = Vec::new();
    for name in [EMAIL, "eve@x.io", "nobody@x.io"] {
        let page = moving.log_in_as(name, "wrong").await.page();
        seen.push((page.status, page.text().replace(name, "")));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
}

#[tokio::test]
async fn mg_03_we_are_no_oracle_for_guesses_at_the_source() {
    for seeded in [false, true] {
        let moving = Move::new().await;
        if seeded {
            moving.seed().await;
        }
        moving.source.on(Question::Password, Lie::error(403, "invalid_grant", "Wrong email or password."));
        for _ in 0..10 {
            assert_eq!(moving.log_in("wrong").await.page().status, 400);
        }
        moving.source.knows(&ada(ADA), moving.app.now());
        for _ in 0..3 {
            assert_eq!(moving.log_in(PASSWORD).await.page().status, 429);
        }
        assert_eq!(moving.asked(), 10);
        moving.app.advance(Duration::from_mins(16));
        moving.sign_in(PASSWORD).await;
    }
}

#[tokio::test]
async fn a_password_longer_than_any_is_not_sent_to_the_source() {
    let moving = Move::new().await;
    assert_eq!(moving.log_in(&"x".repeat(1001)).await.page().status, 400);
    assert_eq!(moving.asked(), 0);
}

#[tokio::test]
async fn a_connection_without_a_source_asks_nobody() {
    let site = Site::new().await;
    let page = site.app.browser().log_in(&site.client.request(), "nobody@x.io", PASSWORD).await.page();
    assert_eq!(page.status, 400);
}
