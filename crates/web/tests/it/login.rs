//! The login page: who is let in, and what the others hear.

use std::time::Duration;

use testkit::{Page, native};

use crate::site::{EMAIL, PASSWORD, Site, assert_page};

/// What somebody who types this is shown, without the name they typed.
async fn refused(site: &Site, username: &str, password: &str) -> Page {
    site.app.browser().log_in(&site.client.request(), username, password).await.page()
}

fn without_name(page: &Page, username: &str) -> String {
    page.text().replace(username, "")
}

const WRONG: &str = "Wrong email or password";
const TOO_MANY: &str = "Too many tries from here";

/// Zitadel CVE-2024-41952, CVE-2026-23511.
#[tokio::test]
async fn pw_01_a_refusal_does_not_tell_who_exists() {
    let site = Site::new().await;
    let add = async |name: &str, credential| {
        let id = format!("auth0|{name}");
        site.app.add_user(&site.connection, &id, &format!("{name}@x.io"), credential).await
    };
    let blocked = add("blocked", Some(native(PASSWORD))).await;
    site.app.change_user(&blocked, |user| user.blocked = Some(true)).await;
    let unverified = add("unverified", Some(native(PASSWORD))).await;
    site.app.change_user(&unverified, |user| user.profile.email_verified = false).await;
    add("passwordless", None).await;

    let before = site.app.dump().await;
    let names = [EMAIL, "nobody@x.io", "blocked@x.io", "unverified@x.io", "passwordless@x.io", "no address"];
    let mut seen = Vec::new();
    for name in names {
        let page = refused(&site, name, "wrong").await;
        assert_eq!(page.status, 400);
        assert!(page.says(WRONG), "{}", page.html);
        seen.push(without_name(&page, name));
    }
    seen.dedup();
    assert_eq!(seen.len(), 1, "{seen:#?}");
    before.assert_changed_only(&site.app.dump().await, &["failed_logins", "pending_authorizations"]);
    let counts = (site.app.events_of("fp").await.len(), site.app.events_of("fu").await.len());
    assert_eq!(counts, (4, 2), "administrators may know");
}

#[tokio::test]
async fn pw_01_who_knows_the_password_may_know_that_the_account_is_blocked() {
    let site = Site::new().await;
    site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    let before = site.app.dump().await;
    let page = refused(&site, EMAIL, PASSWORD).await;
    assert_eq!(page.status, 403);
    assert!(page.says("This account is blocked"), "{}", page.html);
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
}

/// Authelia CVE-2025-24806, CVE-2026-47203.
#[tokio::test]
async fn rl_01_an_account_is_closed_to_an_address_after_ten_wrong_passwords() {
    let site = Site::new().await;
    for (name, spellings) in
        [("known", ["ada@x.io", "Ada@X.io", " ada@x.io"]), ("unknown", ["bob@x.io", "BOB@x.io", "bob@X.IO"])]
    {
        for spelling in spellings.iter().cycle().take(10) {
            assert!(refused(&site, spelling, "wrong").await.says(WRONG), "{name} {spelling}");
        }
        let before = site.app.dump().await;
        let page = refused(&site, spellings[0], PASSWORD).await;
        assert_eq!(page.status, 429, "{name}");
        assert!(page.says(TOO_MANY), "{name}");
        before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
    }
    assert_eq!(site.app.events_of("limit_wc").await.len(), 2);
    let mut elsewhere = site.app.browser().at("198.51.100.9");
    site.log_in(&mut elsewhere, &site.client.request()).await.code();
}

#[tokio::test]
async fn rl_03_an_account_opens_again() {
    let site = Site::new().await;
    for _ in 0..10 {
        refused(&site, EMAIL, "wrong").await;
    }
    site.app.advance(Duration::from_mins(15));
    assert!(refused(&site, EMAIL, PASSWORD).await.says(TOO_MANY));
    site.app.advance(Duration::from_millis(1));
    site.code().await;
    assert!(site.app.dump().await.rows("failed_logins").is_empty(), "who comes in starts anew");
}

#[tokio::test]
async fn an_incomplete_form_is_shown_again_and_counts_nothing() {
    let site = Site::new().await;
    let before = site.app.dump().await;
    assert_page(
        site.app.browser().log_in(&site.client.request(), "", PASSWORD).await,
        400,
        "Your email address is missing",
    );
    assert_page(site.app.browser().log_in(&site.client.request(), EMAIL, "").await, 400, "Your password is missing");
    before.assert_changed_only(&site.app.dump().await, &["pending_authorizations"]);
}

#[tokio::test]
async fn a_client_without_a_connection_says_so() {
    let site = Site::new().await;
    let lonely = site.app.add_client("lonely", |_| {}).await;
    let visit = site.app.browser().authorize(&lonely.request()).await;
    assert_page(visit, 400, "There is no way to sign in yet");
}

#[tokio::test]
async fn a_double_click_signs_in() {
    let site = Site::new().await;
    let mut browser = site.app.browser();
    let form = browser.authorize(&site.client.request()).await.page().form();
    let form = form.fill("username", EMAIL).fill("password", PASSWORD);
    let mut twin = browser.clone();
    let (first, second) = tokio::join!(browser.submit(&form), twin.submit(&form));
    first.answer().code();
    assert_eq!(site.client.exchange(&site.app, second.answer().code()).await.status, 200);
}
