//! Confirming an address.

use std::time::Duration;

use axum::body::Body;
use flows::mail::Message;
use http::{Method, Request};
use serde_json::json;
use testkit::{Visit, for_each_engine};

use crate::links::{link_in, only, post_json};
use crate::site::{PASSWORD, Site, assert_page};

const BOB: &str = "bob@x.io";

/// Bob signs up without a page, and gets this link.
async fn sign_up(site: &Site) -> String {
    let connection = site.connection.name.as_str();
    let client_id = site.client.client_id.as_str();
    let body = json!({ "client_id": client_id, "connection": connection, "email": BOB, "password": "Tr1cky enough" });
    assert_eq!(post_json(&site.app, "/dbconnections/signup", &body).await.status, 200);
    link_in(&only(site.app.mails().await))
}

async fn bob(site: &Site) -> model::user::User {
    let found = site.app.manage(Method::GET, &format!("users-by-email?email={BOB}"), &json!(null)).await.json();
    let id = model::UserId::new(found[0]["user_id"].as_str().expect("Bob is there"));
    site.app.find_user(&id).await.expect("Bob is there")
}

async fn is_verified(site: &Site) -> bool {
    bob(site).await.profile.email_verified
}

async fn follow(site: &Site, link: &str) -> Visit {
    let mut browser = site.app.browser();
    let form = browser.open(link).await.page().form();
    browser.submit(&form).await
}

#[tokio::test]
async fn whoever_signs_up_is_sent_a_link_that_confirms_the_address() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let link = sign_up(&site).await;
        let mut browser = site.app.browser();
        let page = browser.open(&link).await.page();
        assert!(page.says("Is bob@x.io your address?"), "{}", page.html);
        assert!(!is_verified(&site).await);
        assert_page(browser.submit(&page.form()).await, 200, "Your address is confirmed");
        assert!(is_verified(&site).await);
        assert_eq!(browser.cookie("session"), None, "nobody is signed in by a link");
        assert_page(browser.open(&link).await, 200, "Your address is confirmed already");
        let id = bob(&site).await.user_id;
        for code in ["svr", "sv"] {
            let [event] = &site.app.events_of(code).await[..] else { panic!("one {code}") };
            assert_eq!(event.user_id.as_ref(), Some(&id), "{code}");
        }
    })
    .await;
}

#[tokio::test]
async fn the_page_sends_one_too_in_the_language_of_the_browser() {
    let site = Site::new().await;
    let mut browser = site.app.browser().sending("accept-language", "de-AT,de;q=0.9");
    let form = browser.authorize(&site.client.request().with("screen_hint", "signup")).await.page().form();
    browser.submit(&form.fill("email", BOB).fill("password", "Tr1cky enough")).await.answer().code();
    let mail = only(site.app.mails().await);
    assert_eq!(mail.languages, ["de-at", "de"]);
    assert!(matches!(mail.message, Message::VerifyEmail { valid_hours: 120, .. }), "{mail:?}");
    assert!(browser.open(&link_in(&mail)).await.page().says("Ist bob@x.io Ihre Adresse?"));
}

#[tokio::test]
async fn without_a_way_to_send_mails_people_sign_up_all_the_same() {
    let site = Site::new().await;
    site.app.remove_mailbox();
    let connection = site.connection.name.as_str();
    let client_id = site.client.client_id.as_str();
    let body = json!({ "client_id": client_id, "connection": connection, "email": BOB, "password": "Tr1cky enough" });
    assert_eq!(post_json(&site.app, "/dbconnections/signup", &body).await.status, 200);
    let dump = site.app.dump().await;
    assert!(dump.rows("jobs").is_empty() && dump.rows("tickets").is_empty());
}

#[tokio::test]
async fn pw_08_looking_at_a_link_confirms_nothing() {
    let site = Site::new().await;
    let link = sign_up(&site).await;
    let before = site.app.dump().await;
    for method in [Method::GET, Method::HEAD] {
        let request = Request::builder().method(method).uri(&link).body(Body::empty()).unwrap();
        assert_eq!(site.app.call(request).await.status, 200);
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn an_expired_link_leads_to_a_new_one() {
    let site = Site::new().await;
    let link = sign_up(&site).await;
    site.app.advance(Duration::from_hours(120));
    let mut browser = site.app.browser();
    let page = browser.open(&link).await.page();
    assert!(page.status == 400 && page.says("This link has expired"), "{}", page.html);
    assert_page(browser.submit(&page.form()).await, 200, "Look into your mailbox");
    let new = link_in(&only(site.app.mails().await));
    assert!(!is_verified(&site).await);
    assert_page(follow(&site, &new).await, 200, "Your address is confirmed");
    assert!(is_verified(&site).await);
    assert_page(browser.submit(&page.form()).await, 200, "Look into your mailbox");
    assert!(site.app.mails().await.is_empty(), "there is nothing left to confirm");
}

#[tokio::test]
async fn lk_06_another_address_is_not_confirmed_by_an_old_link() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let link = sign_up(&site).await;
        let mut browser = site.app.browser();
        let form = browser.open(&link).await.page().form();
        let id = bob(&site).await.user_id;
        site.app.change_user(&id, |user| user.profile.email = Some("victim@x.io".to_owned())).await;
        let before = site.app.dump().await;
        assert_page(browser.submit(&form).await, 400, "This link does not work any more");
        assert_page(browser.open(&link).await, 400, "This link does not work any more");
        site.app.assert_unchanged_since(&before).await;
        assert_eq!(site.app.events_of("fv").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn lk_06_a_reset_spends_the_link_and_confirms_the_address_itself() {
    let site = Site::new().await;
    let link = sign_up(&site).await;
    crate::links::ask(&site, BOB).await;
    let reset = link_in(&only(site.app.mails().await));
    assert_page(
        crate::links::choose(&mut site.app.browser(), &reset, PASSWORD).await,
        400,
        "does not follow the rules",
    );
    let chosen = crate::links::choose(&mut site.app.browser(), &reset, "Quite another 7").await;
    assert_page(chosen, 200, "Your password is changed");
    assert_page(site.app.browser().open(&link).await, 200, "Your address is confirmed already");
}

#[tokio::test]
async fn co_11_a_link_of_one_kind_is_nothing_of_another() {
    let site = Site::new().await;
    let link = sign_up(&site).await;
    let (_, verification) = link.split_once("ticket=").unwrap();
    let (_, reset) =
        crate::links::reset_link(&site).await.split_once("ticket=").map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let before = site.app.dump().await;
    for path in [format!("/u/reset-verify?ticket={verification}"), format!("/u/email-verification?ticket={reset}")] {
        assert_page(site.app.browser().open(&path).await, 400, "This link leads nowhere");
    }
    for ticket in [verification, &reset] {
        assert_eq!(site.client.exchange(&site.app, ticket).await.refusal(), (400, "invalid_grant".to_owned()));
        assert_eq!(site.client.refresh(&site.app, ticket).await.refusal(), (400, "invalid_grant".to_owned()));
        assert_eq!(site.app.userinfo(ticket).await.status, 401);
    }
    site.app.assert_unchanged_since(&before).await;
}
