//! Recognising people by the session they have at the provider, without a page.

use model::provider::Provider;
use serde_json::json;
use testkit::source::{Lie, Question};

use crate::setting::Setting;

fn silently(provider: &mut Provider) {
    provider.asks_silently = true;
}

/// With a database beside the provider, so that nobody has to go there.
async fn setting() -> Setting {
    let setting = Setting::with(silently).await;
    setting.add_directory().await;
    setting
}

#[tokio::test]
async fn somebody_who_is_signed_in_there_sees_no_page() {
    let setting = setting().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    assert_eq!(request.field("prompt"), "none");
    let answer = browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await.answer();
    assert_eq!(setting.claims(&answer).await["sub"], "oidc|acme|ada-1");
}

#[tokio::test]
async fn whoever_is_not_comes_to_the_login_page_and_leaves_no_event() {
    for error in ["login_required", "interaction_required", "consent_required", "account_selection_required"] {
        let setting = setting().await;
        let mut browser = setting.app.browser();
        let request = setting.leave(&mut browser, &setting.client.request()).await;
        let page = browser.open(&setting.peer.answer(&request, &[("error", error)])).await.page();
        assert_eq!(page.status, 200);
        assert!(page.html.contains("type=\"password\"") && page.says("Continue with acme"), "{}", page.html);
        assert!(setting.app.events_of("f").await.is_empty());
    }
}

#[tokio::test]
async fn a_client_that_allows_no_page_gets_the_answer() {
    let setting = setting().await;
    let url = setting.client.request().with("prompt", "none");
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &url).await;
    assert_eq!(request.field("prompt"), "none");
    let answer = browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await.answer();
    assert_eq!(setting.claims(&answer).await["sub"], "oidc|acme|ada-1");

    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &url).await;
    let answer = browser.open(&setting.peer.answer(&request, &[("error", "login_required")])).await.answer();
    assert_eq!((answer.error(), answer.field("state")), ("login_required", "st4te"));
    assert_eq!(answer.uri, setting.client.redirect_uri);
}

/// AZ-14, AZ-16
#[tokio::test]
async fn az_16_somebody_else_who_is_signed_in_there_is_not_who_was_expected() {
    let setting = setting().await;
    let url = setting.client.request().with("prompt", "none").with("login_hint", "bob@acme.example");
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &url).await;
    let answer = browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await.answer();
    assert_eq!(answer.error(), "login_required");
    assert!(browser.cookie("session").is_none());
}

/// The same where a page may be shown: it is for them to say who they are, and not for a provider that nobody asked for.
#[tokio::test]
async fn az_16_nobody_is_taken_in_silence_for_somebody_else() {
    for hint in [("login_hint", "bob@acme.example"), ("claims", r#"{"id_token":{"sub":{"value":"oidc|acme|bob"}}}"#)] {
        let setting = setting().await;
        let mut browser = setting.app.browser();
        let request = setting.leave(&mut browser, &setting.client.request().with(hint.0, hint.1)).await;
        assert_eq!(request.field("prompt"), "none");
        let page = browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await.page();
        assert!(page.status == 200 && page.html.contains("type=\"password\""), "{hint:?}: {}", page.html);
        assert!(browser.cookie("session").is_none(), "{hint:?}");
    }
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_passed_over() {
    let setting = setting().await;
    setting.peer.server.on(Question::Discovery, Lie::HangUp);
    let page = setting.app.browser().authorize(&setting.client.request()).await.page();
    assert!(page.status == 200 && page.html.contains("type=\"password\""), "{}", page.html);
    let url = setting.client.request().with("prompt", "none");
    assert_eq!(setting.app.browser().authorize(&url).await.answer().error(), "login_required");
    assert!(setting.app.events_of("f").await.is_empty());
}

#[tokio::test]
async fn a_lie_is_not_passed_over_in_silence() {
    let setting = setting().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let back = setting.peer.sign_in(&request, &json!({"aud": "another client"}), setting.app.now());
    let page = browser.open(&back).await.page();
    assert!(page.status == 200 && page.html.contains("type=\"password\""), "{}", page.html);
    setting.assert_failed_because("wrong_audience").await;
}

#[tokio::test]
async fn nobody_is_looked_for_who_is_here_or_wants_to_choose() {
    let setting = setting().await;
    let mut browser = setting.app.browser();
    for prompt in ["login", "select_account"] {
        let page = browser.authorize(&setting.client.request().with("prompt", prompt)).await.page();
        assert!(page.html.contains("type=\"password\""), "{prompt}");
    }
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await.answer();
    let answer = browser.authorize(&setting.client.request()).await.answer();
    assert!(answer.uri.starts_with(&setting.client.redirect_uri), "{answer:?}");
    // A session that does not do is a reason for a page, and not for a look elsewhere.
    let url = setting.client.request().with("login_hint", "bob@acme.example");
    assert!(browser.authorize(&url).await.page().html.contains("type=\"password\""));
}

#[tokio::test]
async fn without_the_option_nobody_is_looked_for() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    let page = setting.app.browser().authorize(&setting.client.request()).await.page();
    assert_eq!(page.status, 200);
    let url = setting.client.request().with("prompt", "none");
    assert_eq!(setting.app.browser().authorize(&url).await.answer().error(), "login_required");
    assert!(setting.peer.server.seen().is_empty());
}
