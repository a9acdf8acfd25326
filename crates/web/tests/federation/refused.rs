//! What the provider itself refuses, and what we refuse its people.

use http::Method;
use model::UserId;
use model::provider::UserIdForm;
use serde_json::json;
use testkit::source::Question;
use testkit::{Visit, for_each_engine};

use crate::setting::{ADA, Setting, assert_page};

async fn check(error: &str, status: u16, says: &str, reason: &str) {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    let before = setting.app.dump().await;
    let description = "<script>alert(1)</script> https://evil.example/";
    let fields = [("error", error), ("error_description", description), ("error_uri", "https://evil.example/")];
    let visit = browser.open(&setting.peer.answer(&request, &fields)).await;
    let page = visit.clone().page();
    assert_page(visit, status, says);
    assert!(!page.html.contains("evil") && !page.html.contains("alert"), "{}", page.html);
    assert!(page.links().iter().all(|link| !link.contains("evil")));
    before.assert_changed_only(&setting.app.dump().await, &["provider_sign_ins"]);
    setting.assert_failed_because(reason).await;
    assert!(setting.peer.server.asked(Question::Code).is_empty());
}

/// UP-11: the provider's words are replaced by ours.
#[tokio::test]
async fn up_11_a_refusal_is_said_in_our_own_words() {
    check("access_denied", 403, "You were not signed in", "access_denied").await;
    check("server_error", 502, "could not sign you in", "server_error").await;
    check("temporarily_unavailable", 503, "cannot be reached", "temporarily_unavailable").await;
    check("invalid_scope", 502, "is not set up correctly", "invalid_scope").await;
    check("login_required", 502, "could not sign you in", "login_required").await;
    check("<script>alert(1)</script>", 502, "could not sign you in", "(not a code)").await;
    check(&"x".repeat(2_000), 502, "could not sign you in", "(not a code)").await;
}

#[tokio::test]
async fn an_answer_without_code_and_error_is_a_failure() {
    let setting = Setting::new().await;
    let mut browser = setting.app.browser();
    let request = setting.leave(&mut browser, &setting.client.request()).await;
    assert_page(browser.open(&setting.peer.answer(&request, &[])).await, 502, "could not sign you in");
    setting.assert_failed_because("no_code").await;
}

/// UP-09: what was closed meanwhile is closed.
#[tokio::test]
async fn up_09_a_connection_that_was_closed_meanwhile_lets_nobody_in() {
    let setting = Setting::new().await;
    setting.add_directory().await;
    let mut browser = setting.app.browser();
    let url = setting.client.request().with("connection", "acme");
    let request = setting.leave(&mut browser, &url).await;
    setting.app.change_connection(&setting.acme.id, |own| own.enabled_clients.clear()).await;
    let visit = browser.open(&setting.peer.sign_in(&request, &json!({}), setting.app.now())).await;
    assert_page(visit, 400, "This way to sign in is closed");
    assert!(setting.peer.server.asked(Question::Code).is_empty());
    assert!(setting.app.find_user(&UserId::new(ADA)).await.is_none());
    setting.assert_failed_because("not_enabled").await;
}

/// UP-09: somebody who has another way in stays when the connection goes, and begins no session of it.
#[tokio::test]
async fn up_09_a_connection_that_is_deleted_meanwhile_lets_nobody_in() {
    // The sign-in waits before its session, and the deletion once the connection is its own.
    const LOCK: &str = "LOCK TABLE sessions IN SHARE MODE; \
                        SELECT 1 FROM identities WHERE external_id = 'auth0|ada' FOR UPDATE";
    for_each_engine(async |app| {
        let setting = Setting::on(app, |provider| provider.user_id_form = UserIdForm::Kept).await;
        let directory = setting.add_directory().await;
        let ada = setting.app.add_user(&directory, "auth0|ada", "ada@acme.example", None).await;
        let url = setting.client.request().with("connection", "acme");
        let come_back = async || {
            let mut browser = setting.app.browser();
            let request = setting.leave(&mut browser, &url).await;
            browser.open(&setting.peer.sign_in(&request, &json!({"sub": "auth0|ada"}), setting.app.now())).await
        };
        come_back().await.answer();
        let before = setting.app.find_user(&ada).await;
        let (path, nothing) = (format!("connections/{}", setting.acme.id), json!({}));
        let deletion = setting.app.manage(Method::DELETE, &path, &nothing);
        let (visit, deletion) = setting.app.amid(LOCK, come_back(), deletion).await;
        assert_eq!(deletion.status, 204, "{}", deletion.body);
        assert!(setting.app.dump().await.rows("session_origins").is_empty());
        match visit {
            // SQLite deletes it afterwards.
            Visit::Left(answer) => assert!(!answer.code().is_empty(), "{answer:?}"),
            page @ Visit::Page(_) => {
                assert_page(page, 400, "This way to sign in is closed");
                assert_eq!(setting.app.dump().await.rows("sessions").len(), 1, "the one from before");
                let after = setting.app.find_user(&ada).await.expect("she has another way in");
                assert_eq!(after.logins_count, before.expect("she is there").logins_count);
                setting.assert_failed_because("not_enabled").await;
            }
        }
    })
    .await;
}

/// UP-14: a healthy provider does not outvote an administrator.
#[tokio::test]
async fn up_14_somebody_blocked_here_is_not_let_in() {
    let setting = Setting::new().await;
    setting.ada().await;
    setting.app.change_user(&UserId::new(ADA), |user| user.blocked = Some(true)).await;
    let before = setting.app.find_user(&UserId::new(ADA)).await;
    let mut browser = setting.app.browser();
    let visit = setting.sign_in_with(&mut browser, &json!({"name": "Somebody Else"})).await;
    assert_page(visit, 403, "This account is blocked");
    assert!(browser.cookie("session").is_none());
    assert_eq!(setting.app.find_user(&UserId::new(ADA)).await, before, "and nothing is learnt of them");
    let events = setting.app.events_of("f").await;
    assert_eq!((events[0].user_id.as_ref().map(UserId::as_str), events.len()), (Some(ADA), 1));
}

/// A tombstone counts for providers as for sources.
#[tokio::test]
async fn somebody_deleted_here_is_not_brought_back() {
    let setting = Setting::new().await;
    setting.ada().await;
    setting.app.delete_user(&UserId::new(ADA)).await;
    let before = setting.app.dump().await;
    let visit = setting.sign_in_with(&mut setting.app.browser(), &json!({})).await;
    assert_page(visit, 403, "This account was deleted");
    before.assert_changed_only(&setting.app.dump().await, &["pending_authorizations"]);
}
