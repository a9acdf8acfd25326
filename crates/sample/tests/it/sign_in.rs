//! Sign-ins that succeed.

use reqwest::StatusCode;
use reqwest::header::{CONTENT_SECURITY_POLICY, SET_COOKIE};
use serde_json::{Value, json};

use crate::browser::{Browser, query};
use crate::provider::Provider;
use crate::sample::Sample;

#[tokio::test]
async fn signs_in_and_knows_who_it_is() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    assert_eq!(browser.me().await, json!({"signed_in": false, "sub": null, "claims": null}));

    assert_eq!(browser.sign_in().await.status, StatusCode::SEE_OTHER);

    let me = browser.me().await;
    assert_eq!((&me["signed_in"], &me["sub"]), (&json!(true), &json!("auth0|ada")));
    assert_eq!(me["claims"]["https://example.com/role"], json!(["captain"]));
    assert_eq!(me["claims"]["updated_at"], "2026-01-02T03:04:05.678Z", "claims are kept as they were sent");
}

#[tokio::test]
async fn the_page_shows_the_claims_escaped() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;

    let page = browser.get("/").await;

    assert!(page.body.contains("<code>auth0|ada</code>"));
    assert!(page.body.contains("Ada &lt;b&gt;Lovelace"));
    assert!(!page.body.contains("<b>"));
    let policy = page.headers[CONTENT_SECURITY_POLICY].to_str().unwrap();
    let provider = sample.provider.issuer.trim_end_matches('/');
    assert!(policy.starts_with("default-src 'none'; style-src 'self'; img-src 'self';"), "{policy}");
    assert!(policy.contains(&format!("form-action 'self' {provider};")), "sign-out leads there: {policy}");
}

#[tokio::test]
async fn asks_for_what_it_needs() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);

    let sign_in = query(&browser.get("/login").await.location());
    let sign_up = query(&browser.get("/login?screen_hint=signup").await.location());

    assert_eq!(sign_in["response_type"], "code");
    assert_eq!(sign_in["client_id"], "harbour");
    assert_eq!(sign_in["scope"], "openid profile email offline_access");
    assert_eq!(sign_in["redirect_uri"], format!("{}callback", sample.address));
    assert_eq!(sign_in["code_challenge_method"], "S256");
    assert_eq!(sign_in["audience"], "https://api.example.com/");
    assert_eq!(sign_in.get("screen_hint"), None);
    assert_eq!(sign_up["screen_hint"], "signup");
    assert!(["state", "nonce", "code_challenge"].iter().all(|name| sign_in[*name] != sign_up[*name]));
}

#[tokio::test]
async fn two_tabs_of_one_browser_sign_in_side_by_side() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    let first = browser.ask_to_sign_in().await;
    let second = browser.ask_to_sign_in().await;

    assert_eq!(browser.get(second.as_str()).await.status, StatusCode::SEE_OTHER);
    assert_eq!(browser.get(first.as_str()).await.status, StatusCode::SEE_OTHER);
}

/// Signs in once and gives back what the token endpoint was told.
async fn check_client_authentication(discovery: Value, secret: Option<&str>) -> (Option<String>, Option<String>) {
    let provider = Provider::start().await;
    provider.conduct().discovery = discovery;
    let secret = secret.map(str::to_owned);
    let sample = Sample::start_with(provider, |settings| settings.client_secret = secret).await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;
    assert_eq!(browser.me().await["signed_in"], true);
    let (parameters, authorization) = sample.provider.conduct().token_requests.remove(0);
    (authorization, parameters.get("client_secret").cloned())
}

#[tokio::test]
async fn authenticates_as_the_provider_wants_it() {
    // "harbour:a+secret%3A+100%25": both halves are form-encoded before they are joined (RFC 6749 2.3.1).
    let basic = Some("Basic aGFyYm91cjphK3NlY3JldCUzQSsxMDAlMjU=".to_owned());
    let secret = Some("a secret: 100%");
    assert_eq!(check_client_authentication(json!({}), secret).await, (basic, None));

    let post_only = json!({"token_endpoint_auth_methods_supported": ["client_secret_post", "none"]});
    assert_eq!(check_client_authentication(post_only, secret).await, (None, secret.map(str::to_owned)));

    assert_eq!(check_client_authentication(json!({}), None).await, (None, None));
}

#[tokio::test]
async fn a_provider_without_the_iss_parameter_is_fine() {
    let provider = Provider::start().await;
    provider.conduct().discovery = json!({"authorization_response_iss_parameter_supported": null});
    provider.conduct().sends_iss = false;
    let sample = Sample::start_with(provider, |_| ()).await;
    let mut browser = Browser::new(&sample);

    browser.sign_in().await;

    assert_eq!(browser.me().await["signed_in"], true);
}

#[tokio::test]
async fn follows_a_rotation_of_the_providers_keys() {
    let sample = Sample::start().await;
    let mut browser = Browser::new(&sample);
    browser.sign_in().await;
    {
        let mut conduct = sample.provider.conduct();
        (conduct.published_key, conduct.signing_key) = (1, 1);
    }

    assert_eq!(Browser::new(&sample).sign_in().await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn waits_for_a_provider_that_starts_later() {
    let sample = Sample::start_with(Provider::start_late().await, |_| ()).await;
    let mut browser = Browser::new(&sample);

    let page = browser.get("/login").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(page.body.contains("The sign-in service does not answer"));
    assert!(browser.cookies.is_empty());

    browser.sign_in().await;
    assert_eq!(browser.me().await["signed_in"], true);
}

#[tokio::test]
async fn refuses_a_provider_under_another_name() {
    let provider = Provider::start().await;
    let without_slash = provider.issuer.trim_end_matches('/').to_owned();
    let sample = Sample::start_with(provider, |settings| settings.issuer = without_slash).await;

    let page = Browser::new(&sample).get("/login").await;

    assert_eq!(page.status, StatusCode::BAD_GATEWAY);
    assert!(page.body.contains("not the one we expected"));
}

#[tokio::test]
async fn behind_tls_cookies_are_kept_to_tls() {
    let https = "https://notes.example/".parse().unwrap();
    let sample = Sample::start_with(Provider::start().await, |settings| settings.base_url = https).await;

    let page = Browser::new(&sample).get("/login").await;

    let cookie = page.headers[SET_COOKIE].to_str().unwrap();
    assert!(cookie.starts_with("__Host-harbour_login=") && cookie.contains("; Secure"), "{cookie}");
    assert_eq!(query(&page.location())["redirect_uri"], "https://notes.example/callback");
}

#[tokio::test]
async fn stops_when_it_is_told_to() {
    let sample = Sample::start().await;
    Browser::new(&sample).get("/").await;
    sample.stop.send(()).unwrap();
    sample.running.await.unwrap().unwrap();
}
