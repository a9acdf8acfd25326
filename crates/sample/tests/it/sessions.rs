//! What a signed-in person can do.

use reqwest::StatusCode;
use reqwest::header::LOCATION;
use serde_json::{Value, json};

use crate::browser::{Browser, query};
use crate::provider::Provider;
use crate::sample::Sample;

async fn signed_in() -> (Sample, Browser) {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;
    (sample, browser)
}

#[tokio::test]
async fn refreshes_with_the_newest_refresh_token() {
    let (sample, mut browser) = signed_in().await;
    sample.provider.conduct().id_token = json!({"name": "Ada King"});

    for _ in 0..2 {
        assert_eq!(browser.press("/refresh").await.status, StatusCode::SEE_OTHER);
    }

    let presented: Vec<_> = sample.provider.conduct().token_requests[1..].iter().map(|it| it.0.clone()).collect();
    assert_eq!(presented.iter().map(|it| it["refresh_token"].as_str()).collect::<Vec<_>>(), ["refresh-1", "refresh-2"]);
    assert!(browser.get("/").await.body.contains("exchanged 2 times"));
    assert_eq!(browser.me().await["claims"]["name"], "Ada King");
}

/// Lets a refresh bring an ID token with these claims, and expects that nothing of the answer is kept.
async fn check_refused_refresh(claims: Value) {
    let (sample, mut browser) = signed_in().await;
    let before = browser.me().await;
    sample.provider.conduct().id_token = claims;

    assert_eq!(browser.press("/refresh").await.status, StatusCode::BAD_GATEWAY);

    assert_eq!(browser.me().await, before);
    browser.press("/refresh").await;
    let presented = sample.provider.conduct().token_requests[2].0["refresh_token"].clone();
    assert_eq!(presented, "refresh-1", "the refused answer's refresh token was not kept");
}

#[tokio::test]
async fn a_refresh_cannot_change_the_person() {
    check_refused_refresh(json!({"sub": "auth0|eve"})).await;
    check_refused_refresh(json!({"nonce": "of another sign-in"})).await;
    check_refused_refresh(json!({"iss": "https://elsewhere.example/"})).await;
}

#[tokio::test]
async fn a_refused_refresh_is_told_and_signs_nobody_out() {
    let (sample, mut browser) = signed_in().await;
    sample.provider.conduct().token_error = Some("<i>expired</i>");

    let page = browser.press("/refresh").await;

    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.body.contains("&lt;i&gt;expired"), "{}", page.body);
    assert_eq!(browser.me().await["signed_in"], true);
}

#[tokio::test]
async fn asks_userinfo_about_this_person_only() {
    let (sample, mut browser) = signed_in().await;

    let page = browser.get("/userinfo").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("the countess") && page.body.contains("https:&#x2f;&#x2f;example.com&#x2f;deck"));

    sample.provider.conduct().userinfo_sub = "auth0|eve";
    let page = browser.get("/userinfo").await;
    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(!page.body.contains("the countess"));
}

#[tokio::test]
async fn a_stranger_is_sent_to_the_first_page() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    for page in [browser.get("/userinfo").await, browser.post("/refresh", "", None).await] {
        assert_eq!((page.status, page.headers[LOCATION].as_bytes()), (StatusCode::SEE_OTHER, b"/".as_slice()));
    }
}

#[tokio::test]
async fn signs_out_here_and_at_the_provider() {
    let (sample, mut browser) = signed_in().await;
    let session = browser.cookies["harbour_session"].clone();

    let url = browser.press("/logout").await.location();

    assert!(url.as_str().starts_with(&format!("{}oidc/logout?", sample.provider.issuer)));
    let parameters = query(&url);
    assert_eq!(parameters["client_id"], "harbour");
    assert_eq!(parameters["post_logout_redirect_uri"], sample.address.as_str());
    assert_eq!(parameters["id_token_hint"].split('.').count(), 3);
    assert!(!browser.cookies.contains_key("harbour_session"));
    browser.cookies.insert("harbour_session".to_owned(), session);
    assert_eq!(browser.me().await["signed_in"], false, "the old cookie is worth nothing");
}

#[tokio::test]
async fn signs_out_in_auth0s_way_where_nothing_else_is_announced() {
    let provider = Provider::start().await;
    provider.conduct().discovery = json!({"end_session_endpoint": null});
    let sample = Sample::start_with(provider, |_| ()).await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;

    let url = browser.press("/logout").await.location();

    assert!(url.as_str().starts_with(&format!("{}v2/logout?", sample.provider.issuer)));
    assert_eq!(query(&url)["client_id"], "harbour");
    assert_eq!(query(&url)["returnTo"], sample.address.as_str());
}

#[tokio::test]
async fn signing_in_again_ends_the_previous_session() {
    let (_sample, mut browser) = signed_in().await;
    let first = browser.cookies["harbour_session"].clone();

    browser.sign_in().await;

    let second = browser.cookies.insert("harbour_session".to_owned(), first).unwrap();
    assert_eq!(browser.me().await["signed_in"], false);
    browser.cookies.insert("harbour_session".to_owned(), second);
    assert_eq!(browser.me().await["signed_in"], true);
}
