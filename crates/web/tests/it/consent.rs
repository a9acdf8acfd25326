//! What people allow applications that are not the operator's own.

use http::Method;
use model::client::Client;
use protocol::client_metadata::{AppType, GrantType};
use serde_json::json;
use testkit::{App, AuthorizationUrl, Browser, ClientAnswer, Page, RelyingParty, Visit, for_each_engine};

use crate::authorize::check_told;
use crate::site::{API, EMAIL, PASSWORD, Site, assert_page};

const HEADING: &str = "Allow access?";

/// An application of somebody else.
async fn stranger(site: &Site) -> RelyingParty {
    let stranger = site.app.add_client("stranger", |client| client.is_first_party = false).await;
    site.enable(&stranger).await;
    stranger
}

fn asked(visit: Visit) -> Page {
    let page = visit.page();
    assert!(page.status == 200 && page.path.starts_with("/u/consent?state=") && page.says(HEADING), "{}", page.html);
    page
}

async fn press(browser: &mut Browser, page: &Page, button: &str) -> Visit {
    browser.submit(&page.form().with("action", button)).await
}

async fn allow(browser: &mut Browser, page: &Page) -> ClientAnswer {
    press(browser, page, "allow").await.answer()
}

async fn grants(app: &App) -> usize {
    app.dump().await.rows("grants").len()
}

#[tokio::test]
async fn az_21_nothing_is_granted_to_a_third_party_before_the_person_allows_it() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let stranger = stranger(&site).await;
        let mut browser = site.app.browser();
        let url = stranger.request().scope("openid email read:notes").with("audience", API);
        let page = asked(browser.log_in(&url, EMAIL, PASSWORD).await);
        for text in ["stranger", EMAIL, "Know who you are", "See your e-mail address", "read:notes", API] {
            assert!(page.says(text), "{text:?} is not in {}", page.html);
        }
        let before = site.app.dump().await;
        for table in ["grants", "token_families", "authorization_codes"] {
            assert!(before.rows(table).is_empty(), "{table}");
        }
        let answer = allow(&mut browser, &page).await;
        assert_eq!(answer.field("state"), "st4te");
        let tokens = stranger.exchange(&site.app, answer.code()).await;
        assert_eq!(tokens.text("scope"), "openid email read:notes");
        assert_eq!(grants(&site.app).await, 1);
        browser.authorize(&url).await.answer().code();
        browser.authorize(&url.with("prompt", "none")).await.answer().code();
        assert_eq!(grants(&site.app).await, 1);
    })
    .await;
}

#[tokio::test]
async fn az_21_whoever_does_not_allow_it_is_signed_in_and_grants_nothing() {
    let site = Site::new().await;
    let stranger = stranger(&site).await;
    for button in ["deny", "something else", ""] {
        let mut browser = site.app.browser();
        let page = asked(browser.log_in(&stranger.request(), EMAIL, PASSWORD).await);
        let before = site.app.dump().await;
        let answer = press(&mut browser, &page, button).await.answer();
        assert_eq!((answer.error(), answer.field("state")), ("access_denied", "st4te"));
        site.app.assert_unchanged_since(&before).await;
        site.silently(&mut browser).await.code();
    }
}

#[tokio::test]
async fn az_14_a_silent_request_hears_that_consent_is_missing() {
    let site = Site::new().await;
    let stranger = stranger(&site).await;
    let mut browser = site.app.browser();
    site.log_in(&mut browser, &site.client.request()).await;
    let before = site.app.dump().await;
    let answer = browser.authorize(&stranger.request().with("prompt", "none")).await.answer();
    assert_eq!((answer.error(), answer.field("state")), ("consent_required", "st4te"));
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(site.app.events_of("fsa").await.len(), 1);
}

#[tokio::test]
async fn az_22_who_allowed_less_is_asked_for_more_and_for_each_api() {
    let site = Site::new().await;
    let stranger = stranger(&site).await;
    let mut browser = site.app.browser();
    let page = asked(browser.log_in(&stranger.request().scope("openid"), EMAIL, PASSWORD).await);
    allow(&mut browser, &page).await.code();
    let more = stranger.request().scope("openid email");
    let page = asked(browser.authorize(&more).await);
    allow(&mut browser, &page).await.code();
    for scope in ["openid", "email", "openid email"] {
        browser.authorize(&stranger.request().scope(scope)).await.answer().code();
    }
    assert_eq!(grants(&site.app).await, 1);
    let for_api = more.with("audience", API);
    let page = asked(browser.authorize(&for_api).await);
    allow(&mut browser, &page).await.code();
    assert_eq!(grants(&site.app).await, 2);
    let again = asked(browser.authorize(&for_api.with("prompt", "consent")).await);
    assert_eq!(press(&mut browser, &again, "deny").await.answer().error(), "access_denied");
}

/// Dex CVE-2022-39222: an approval that answers whoever asks for it.
#[tokio::test]
async fn az_21_the_page_is_for_the_browser_and_the_person_that_were_asked() {
    let site = Site::new().await;
    let stranger = stranger(&site).await;
    let mut browser = site.app.browser();
    let page = asked(browser.log_in(&stranger.request(), EMAIL, PASSWORD).await);
    let mut other = site.app.browser();
    assert_eq!(other.open(&page.path).await.page().status, 400);
    site.log_in(&mut other, &site.client.request()).await;
    let known = site.app.dump().await;
    assert_eq!(other.open(&page.path).await.page().status, 400);
    assert_eq!(press(&mut other, &page, "allow").await.page().status, 403);
    site.app.assert_unchanged_since(&known).await;
    assert!(known.rows("grants").is_empty());

    browser.lose_cookie("session");
    let lost = press(&mut browser, &page, "allow").await.page();
    assert!(lost.path.starts_with("/u/login?state="), "{}", lost.path);
    assert_eq!(grants(&site.app).await, 0);
    let again = asked(browser.submit(&lost.form().fill("username", EMAIL).fill("password", PASSWORD)).await);
    allow(&mut browser, &again).await.code();
}

#[tokio::test]
async fn the_operators_own_are_trusted_where_api_and_address_allow_it() {
    let site = Site::new().await;
    let native = site.app.add_public_client("native", AppType::Native).await;
    site.enable(&native).await;
    let loopback = |client: &mut Client| client.callbacks = vec!["http://127.0.0.1/cb".to_owned()];
    site.app.change_client(&native.client_id, loopback).await;
    let mut browser = site.app.browser();
    let url = native.request().with("redirect_uri", "http://127.0.0.1:5123/cb");
    asked(browser.log_in(&url, EMAIL, PASSWORD).await);

    let for_api = site.client.request().with("audience", API);
    browser.authorize(&for_api).await.answer().code();
    let strict = "https://strict.test/";
    site.app.add_api(strict, &[], |api| api.skip_consent_for_verifiable_first_party_clients = false).await;
    asked(browser.authorize(&site.client.request().with("audience", strict)).await);
    asked(browser.authorize(&site.client.request().with("prompt", "consent")).await);
}

#[tokio::test]
async fn a_third_party_is_registered_and_has_no_password_grant() {
    let site = Site::new().await;
    let change = json!({ "is_first_party": false });
    assert_eq!(site.app.manage(Method::PATCH, "clients/app", &change).await.json()["is_first_party"], false);
    asked(site.app.browser().log_in(&site.client.request(), EMAIL, PASSWORD).await);
    let listed = site.app.manage(Method::GET, "clients?is_first_party=false", &json!({})).await.json();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    for grant in [GrantType::Password, GrantType::PasswordRealm] {
        let change = json!({ "grant_types": ["authorization_code", grant] });
        assert_eq!(site.app.manage(Method::PATCH, "clients/app", &change).await.status, 400);
    }
    check_told(&site.app, &site.client.request().with("prompt", "none"), "login_required").await;
}

async fn granted(site: &Site, client: &RelyingParty, url: AuthorizationUrl) -> String {
    let mut browser = site.app.browser();
    let page = asked(browser.log_in(&url, EMAIL, PASSWORD).await);
    let code = allow(&mut browser, &page).await.code().to_owned();
    client.exchange(&site.app, &code).await.text("refresh_token")
}

#[tokio::test]
async fn rt_07_an_administrator_takes_back_what_was_allowed_with_its_tokens() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let stranger = stranger(&site).await;
        let url = stranger.request().scope("openid offline_access");
        let plain = granted(&site, &stranger, url.clone()).await;
        site.app.advance(std::time::Duration::from_secs(1));
        let for_api = granted(&site, &stranger, url.clone().with("audience", API)).await;
        let listed = site.app.manage(Method::GET, "grants?user_id=auth0%7Cada", &json!({})).await.json();
        let userinfo = format!("{}userinfo", site.app.issuer());
        assert_eq!(listed.as_array().unwrap().len(), 2);
        assert_eq!((&listed[0]["clientID"], &listed[0]["audience"]), (&json!("stranger"), &json!(userinfo)));
        assert_eq!(listed[0]["scope"], json!(["openid", "offline_access"]));

        let path = format!("grants/{}", listed[0]["id"].as_str().unwrap());
        for _ in 0..2 {
            assert_eq!(site.app.manage(Method::DELETE, &path, &json!({})).await.status, 204);
        }
        assert_eq!(stranger.refresh(&site.app, &plain).await.refusal().1, "invalid_grant");
        let for_api = stranger.refresh(&site.app, &for_api).await.text("refresh_token");
        assert_eq!(site.app.manage(Method::DELETE, "grants", &json!({})).await.status, 400);
        let of_ada = "grants?user_id=auth0%7Cada";
        assert_eq!(site.app.manage(Method::DELETE, of_ada, &json!({})).await.status, 204);
        assert_eq!(stranger.refresh(&site.app, &for_api).await.refusal().1, "invalid_grant");
        assert_eq!(grants(&site.app).await, 0);
        asked(site.app.browser().log_in(&url, EMAIL, PASSWORD).await);
    })
    .await;
}

#[tokio::test]
async fn az_26_the_page_cannot_be_framed_and_follows_the_person_s_language() {
    let site = Site::new().await;
    let stranger = stranger(&site).await;
    let mut browser = site.app.browser();
    let german = stranger.request().with("ui_locales", "de");
    let page = browser.log_in(&german, EMAIL, PASSWORD).await.page();
    assert!(page.says("Zugriff erlauben?"), "{}", page.html);
    assert_page(browser.open("/u/consent?state=nonsense").await, 400, "This page has expired");
}
