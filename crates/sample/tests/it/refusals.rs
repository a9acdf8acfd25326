//! Answers of a provider that must not sign anybody in.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::browser::{Browser, Page};
use crate::provider::Conduct;
use crate::sample::Sample;

/// Lets the provider bend its answer, and expects that nobody is signed in and nothing is kept.
async fn check(change: impl FnOnce(&mut Conduct), expected: StatusCode) -> (Page, usize) {
    let sample = Sample::start().await;
    change(&mut sample.provider.conduct());
    let mut browser = Browser::new(&sample);

    let page = browser.sign_in().await;

    assert_eq!(page.status, expected, "{}", page.body);
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["harbour_login"]);
    assert_eq!(browser.me().await["signed_in"], false);
    let redeemed = sample.provider.conduct().token_requests.len();
    (page, redeemed)
}

/// The same for claims of the ID token.
async fn check_claims(claims: Value) {
    let (page, _) = check(|conduct| conduct.id_token = claims, StatusCode::BAD_GATEWAY).await;
    assert!(page.body.contains("We could not verify who you are"));
}

#[tokio::test]
async fn id_tokens_that_do_not_hold() {
    check_claims(json!({"nonce": "of another sign-in"})).await;
    check_claims(json!({"nonce": null})).await;
    check_claims(json!({"iss": "https://elsewhere.example/"})).await;
    check_claims(json!({"aud": "another application"})).await;
    check_claims(json!({"aud": ["harbour", "another application"]})).await;
    check_claims(json!({"exp": 1_000_000_000})).await;
    check_claims(json!({"at_hash": "of-another-token"})).await;
}

#[tokio::test]
async fn an_id_token_signed_by_somebody_else() {
    let (page, _) = check(|conduct| conduct.signing_key = 1, StatusCode::BAD_GATEWAY).await;
    assert!(page.body.contains("We could not verify who you are"));
}

#[tokio::test]
async fn an_answer_of_another_issuer() {
    let other = |conduct: &mut Conduct| conduct.iss = Some("https://elsewhere.example/");
    let (page, redeemed) = check(other, StatusCode::BAD_REQUEST).await;
    assert!(page.body.contains("not from our sign-in service"));
    assert_eq!(redeemed, 0);

    let (_, redeemed) = check(|conduct| conduct.sends_iss = false, StatusCode::BAD_REQUEST).await;
    assert_eq!(redeemed, 0, "`iss` was promised in discovery");
}

#[tokio::test]
async fn errors_are_quoted_and_escaped() {
    let denied = |conduct: &mut Conduct| conduct.authorization_error = Some("<script>alert(1)</script>");
    let (page, redeemed) = check(denied, StatusCode::FORBIDDEN).await;
    assert!(page.body.contains("access_denied"));
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script"), "{}", page.body);
    assert_eq!(redeemed, 0);

    let refused = |conduct: &mut Conduct| conduct.token_error = Some("<script>alert(2)</script>");
    let (page, _) = check(refused, StatusCode::BAD_GATEWAY).await;
    assert!(page.body.contains("invalid_grant"));
    assert!(page.body.contains("&lt;script&gt;") && !page.body.contains("<script"), "{}", page.body);
}

#[tokio::test]
async fn an_answer_to_no_request_of_ours() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    let callback = browser.ask_to_sign_in().await;

    for path in [
        "/callback?state=guessed&code=code-0",
        "/callback?code=code-0",
        "/callback?state=guessed&error=x&error_description=Call+0800+123",
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{path}");
        assert!(!page.body.contains("0800"), "a stranger's words are not shown");
    }
    let twice = format!("{callback}&code=code-1");
    assert_eq!(browser.get(&twice).await.status, StatusCode::BAD_REQUEST);
    assert_eq!(browser.me().await["signed_in"], false);
    assert!(sample.provider.conduct().token_requests.is_empty());

    let page = browser.get(callback.as_str()).await;
    assert_eq!(page.status, StatusCode::SEE_OTHER, "none of these used up the sign-in that had begun");
}

#[tokio::test]
async fn an_answer_in_another_browser() {
    let sample = Sample::start().await;
    let callback = Browser::new(&sample).ask_to_sign_in().await;
    let mut without_cookie = Browser::new(&sample);
    let mut with_its_own = Browser::new(&sample);
    with_its_own.get("/login").await;

    for browser in [&mut without_cookie, &mut with_its_own] {
        assert_eq!(browser.get(callback.as_str()).await.status, StatusCode::BAD_REQUEST);
        assert_eq!(browser.me().await["signed_in"], false);
    }
    assert!(sample.provider.conduct().token_requests.is_empty());
}

#[tokio::test]
async fn an_answer_that_comes_twice() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    let callback = browser.ask_to_sign_in().await;
    browser.get(callback.as_str()).await;

    assert_eq!(browser.get(callback.as_str()).await.status, StatusCode::BAD_REQUEST);

    assert_eq!(browser.me().await["signed_in"], true, "the first one still holds");
    assert_eq!(sample.provider.conduct().token_requests.len(), 1);
}
