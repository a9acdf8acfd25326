//! Clients that register themselves (RFC 7591).

use std::num::NonZeroU32;
use std::time::Duration;

use axum::body::Body;
use flows::limits::RateLimit;
use http::{Method, Request, header};
use model::ClientId;
use serde_json::{Value, json};
use testkit::{Answer, App, Options, RelyingParty, for_each_engine};

use crate::site::{DIRECTORY, EMAIL, PASSWORD, Site};

const CALLBACK: &str = "https://friend.test/cb";

async fn switch(app: &App, on: bool) {
    let change = json!({"flags": {"enable_dynamic_client_registration": on}});
    let answer = app.manage(Method::PATCH, "tenants/settings", &change).await;
    assert_eq!(answer.json()["flags"]["enable_dynamic_client_registration"], on, "{}", answer.body);
}

async fn send(app: &App, media_type: &str, body: String) -> Answer {
    let request = Request::post("/oidc/register").header(header::CONTENT_TYPE, media_type);
    app.call(request.body(Body::from(body)).unwrap()).await
}

/// Registers with one redirect URI, and these changes; null takes it away.
async fn register(app: &App, changes: &Value) -> Answer {
    let mut metadata = json!({"client_name": "Friend", "redirect_uris": [CALLBACK]});
    metadata.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    send(app, "application/json", metadata.to_string()).await
}

fn party(registered: &Answer) -> RelyingParty {
    let told = registered.json();
    RelyingParty {
        client_id: ClientId::new(registered.text("client_id")),
        secret: told["client_secret"].as_str().map(str::to_owned),
        redirect_uri: CALLBACK.to_owned(),
    }
}

#[tokio::test]
async fn ad_10_nobody_registers_anything_until_the_operator_says_so() {
    for_each_engine(async |app| {
        let advertised =
            async || app.get("/.well-known/openid-configuration").await.json().get("registration_endpoint").cloned();
        let before = app.dump().await;
        let refused = register(&app, &json!({})).await;
        assert_eq!(refused.refusal(), (403, "access_denied".to_owned()));
        assert_eq!(advertised().await, None);
        app.assert_unchanged_since(&before).await;
        switch(&app, true).await;
        assert_eq!(advertised().await, Some(json!("https://id.test/oidc/register")));
        assert_eq!(register(&app, &json!({})).await.status, 201);
        switch(&app, false).await;
        assert_eq!(advertised().await, None);
        assert_eq!(register(&app, &json!({})).await.status, 403);
    })
    .await;
}

#[tokio::test]
async fn a_client_that_registered_itself_asks_people_and_signs_them_in() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        site.app.change_connection(&site.connection.id, |connection| connection.is_domain_connection = true).await;
        site.app.add_connection("staff", &[], |_| {}).await;
        switch(&site.app, true).await;
        let registered = register(&site.app, &json!({})).await;
        assert_eq!(registered.status, 201, "{}", registered.body);
        assert_eq!(registered.header("cache-control"), Some("no-store"));
        let mut told = registered.json();
        let secret = told["client_secret"].as_str().unwrap().to_owned();
        for name in ["client_id", "client_secret"] {
            assert!(told.as_object_mut().unwrap().remove(name).is_some(), "{name}");
        }
        let expected = json!({
            "client_id_issued_at": site.app.now().seconds(), "client_secret_expires_at": 0, "client_name": "Friend",
            "application_type": "web", "redirect_uris": [CALLBACK], "token_endpoint_auth_method": "client_secret_post",
            "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        });
        assert_eq!(told, expected);
        assert!(!site.app.dump().await.contains(&secret));

        let friend = party(&registered);
        let mut browser = site.app.browser();
        let page = browser.log_in(&friend.request(), EMAIL, PASSWORD).await.page();
        assert!(page.path.starts_with("/u/consent?state=") && page.says("Friend"), "{}", page.html);
        let answer = browser.submit(&page.form().with("action", "allow")).await.answer();
        assert_eq!(answer.uri, CALLBACK);
        let tokens = friend.exchange(&site.app, answer.code()).await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);

        let shown = site.app.manage(Method::GET, &format!("clients/{}", friend.client_id), &json!(null)).await.json();
        assert_eq!((&shown["is_first_party"], &shown["app_type"]), (&json!(false), &json!("regular_web")));
        let enabled = |name: &'static str| {
            let (app, id) = (site.app.clone(), friend.client_id.clone());
            async move { app.find_connection(name).await.unwrap().is_enabled_for(&id) }
        };
        assert!(enabled(DIRECTORY).await && !enabled("staff").await);
        let event = site.app.events_of("client_registered").await.remove(0);
        assert_eq!((event.client_id, event.client_name.as_deref()), (Some(friend.client_id), Some("Friend")));
        assert_eq!((event.ip.as_deref(), &event.details["redirect_uris"]), (Some("203.0.113.7"), &json!([CALLBACK])));
    })
    .await;
}

#[tokio::test]
async fn a_page_registers_without_a_secret() {
    let site = Site::new().await;
    site.app.change_connection(&site.connection.id, |connection| connection.is_domain_connection = true).await;
    switch(&site.app, true).await;
    let registered = register(&site.app, &json!({"token_endpoint_auth_method": "none"})).await;
    let told = registered.json();
    assert_eq!((told.get("client_secret"), told.get("client_secret_expires_at")), (None, None));
    assert_eq!(told.get("registration_client_uri"), None);
    let page = party(&registered);
    let mut browser = site.app.browser();
    let consent = browser.log_in(&page.request(), EMAIL, PASSWORD).await.page();
    let answer = browser.submit(&consent.form().with("action", "allow")).await.answer();
    assert_eq!(page.exchange(&site.app, answer.code()).await.status, 200);
}

#[tokio::test]
async fn ad_10_what_a_stranger_cannot_be_is_refused() {
    for_each_engine(async |app| {
        switch(&app, true).await;
        let before = app.dump().await;
        for uri in ["http://friend.test/cb", "https://*.friend.test/cb", "javascript:alert(1)", "friend.app:/cb"] {
            let refused = register(&app, &json!({ "redirect_uris": [CALLBACK, uri] })).await;
            assert_eq!(refused.refusal(), (400, "invalid_redirect_uri".to_owned()), "{uri}");
            assert!(refused.text("error_description").starts_with("redirect_uris[1] "), "{}", refused.body);
        }
        for change in [
            json!({"jwks_uri": "http://169.254.169.254/"}),
            json!({"sector_identifier_uri": "https://friend.test/uris.json"}),
            json!({"logo_uri": "https://evil.test/logo.png"}),
            json!({"token_endpoint_auth_method": "none", "client_secret": "s".repeat(40)}),
            json!({"client_id": "app"}),
            json!({"scope": "openid read:users"}),
            json!({"grant_types": ["client_credentials"]}),
            json!({"response_types": ["token"]}),
        ] {
            let refused = register(&app, &change).await;
            assert_eq!(refused.refusal(), (400, "invalid_client_metadata".to_owned()), "{change}");
        }
        let form =
            send(&app, "application/x-www-form-urlencoded", "redirect_uris=https://friend.test/cb".to_owned()).await;
        assert_eq!(form.refusal(), (415, "invalid_request".to_owned()));
        let broken = send(&app, "application/json", "{".to_owned()).await;
        assert_eq!(broken.refusal(), (400, "invalid_client_metadata".to_owned()));
        let large = register(&app, &json!({"unknown": "x".repeat(70_000)})).await;
        assert_eq!(large.refusal(), (413, "invalid_request".to_owned()));
        app.assert_unchanged_since(&before).await;
        assert!(app.events_of("client_registered").await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn ad_10_a_registered_client_gets_no_further_than_its_kind() {
    let app = App::new().await;
    switch(&app, true).await;
    let friend = party(&register(&app, &json!({"is_first_party": true})).await);
    let machine = [("grant_type", "client_credentials"), ("audience", "https://id.test/api/v2/")];
    assert_eq!(app.token(&friend.with_credentials(&machine)).await.refusal().1, "unauthorized_client");
    let shown = app.manage(Method::GET, &format!("clients/{}", friend.client_id), &json!(null)).await;
    assert_eq!(shown.json()["is_first_party"], false);
}

/// What a stranger registers stays, so that one address must not bring much of it.
#[tokio::test]
async fn rl_11_an_address_registers_only_so_often() {
    let mut options = Options::default();
    options.limits.registrations_per_address = RateLimit::per_minute(NonZeroU32::new(2).unwrap());
    let app = App::with(options).await;
    switch(&app, true).await;
    for _ in 0..2 {
        assert_eq!(register(&app, &json!({})).await.status, 201);
    }
    let before = app.dump().await;
    assert_eq!(register(&app, &json!({})).await.refusal(), (429, "too_many_requests".to_owned()));
    app.assert_unchanged_since(&before).await;
    let token = [("grant_type", "client_credentials"), ("client_id", "nobody"), ("client_secret", "x")];
    assert_eq!(app.token(&token).await.status, 401, "whatever else the address calls has limits of its own");
    app.advance(Duration::from_secs(30));
    assert_eq!(register(&app, &json!({})).await.status, 201);
}
