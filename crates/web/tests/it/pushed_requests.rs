//! Requests that applications send ahead (RFC 9126).

use std::time::Duration;

use http::Method;
use protocol::client_metadata::AppType;
use serde_json::json;
use testkit::{App, AuthorizationUrl, RelyingParty, for_each_deployment, for_each_engine};

use crate::authorize::check_told;
use crate::site::{API, Site, assert_page};

const EXPIRED: &str = "This page has expired";

async fn push(app: &App, client: &RelyingParty, request: &AuthorizationUrl) -> String {
    let answer = client.push(app, request).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.text("request_uri")
}

/// No browser gets anywhere with this name, and nothing changes.
async fn check_unusable(app: &App, client: &RelyingParty, request_uri: &str) {
    let before = app.dump().await;
    assert_page(app.browser().authorize(&client.request_by_name(request_uri)).await, 400, EXPIRED);
    app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn a_request_sent_ahead_is_answered_as_if_a_browser_had_brought_it() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let request = site.client.request().with("scope", "openid read:notes").with("audience", API);
        let answer = site.client.push(&site.app, &request).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["expires_in"]), (201, &json!(30)));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let request_uri = answer.text("request_uri");
        assert!(request_uri.starts_with("urn:ietf:params:oauth:request_uri:"), "{request_uri}");
        assert!(!site.app.dump().await.contains(request_uri.rsplit(':').next().unwrap()), "only its digest is kept");

        let answer = site.log_in(&mut site.app.browser(), &site.client.request_by_name(&request_uri)).await;
        assert_eq!((answer.field("state"), answer.uri.as_str()), ("st4te", site.client.redirect_uri.as_str()));
        let tokens = site.client.exchange(&site.app, answer.code()).await.json();
        assert_eq!(tokens["scope"], "openid read:notes");
    })
    .await;
}

#[tokio::test]
async fn az_19_a_name_serves_one_browser_on_all_nodes_and_for_a_while() {
    for_each_deployment(async |[one, other]| {
        let site = Site::on(one).await;
        let stranger = site.app.add_client("stranger", |_| {}).await;
        let name = push(&site.app, &site.client, &site.client.request()).await;
        check_unusable(&other, &stranger, &name).await;
        let both = futures_util::future::join_all([&site.app, &other].map(async |node| {
            let visit = node.browser().authorize(&site.client.request_by_name(&name)).await;
            visit.page().path.starts_with("/u/login?state=")
        }));
        assert_eq!(both.await.into_iter().filter(|led_on| *led_on).count(), 1);
        check_unusable(&site.app, &site.client, &name).await;

        let late = push(&other, &site.client, &site.client.request()).await;
        site.app.advance(Duration::from_secs(30));
        check_unusable(&site.app, &site.client, &late).await;
        check_unusable(&other, &site.client, "urn:ietf:params:oauth:request_uri:never-was").await;
    })
    .await;
}

#[tokio::test]
async fn what_a_browser_brings_beside_the_name_does_not_count() {
    let site = Site::new().await;
    let name = push(&site.app, &site.client, &site.client.request()).await;
    let url = site.client.request_by_name(&name).and("state", "other").and("redirect_uri", "https://evil.test/");
    let answer = site.log_in(&mut site.app.browser(), &url.and("prompt", "none")).await;
    assert_eq!((answer.field("state"), answer.uri.as_str()), ("st4te", site.client.redirect_uri.as_str()));
    let twice = push(&site.app, &site.client, &site.client.request()).await;
    let url = site.client.request_by_name(&twice).and("request_uri", &twice);
    assert_page(site.app.browser().authorize(&url).await, 400, EXPIRED);
}

#[tokio::test]
async fn each_flaw_is_told_when_the_request_is_sent() {
    let site = Site::new().await;
    let before = site.app.dump().await;
    let request = || site.client.request();
    for (request, error) in [
        (request().with("redirect_uri", "https://evil.test/"), "invalid_request"),
        (request().with("response_type", "token"), "unauthorized_client"),
        (request().with("response_type", "nonsense"), "unsupported_response_type"),
        (request().with("request_uri", "urn:ietf:params:oauth:request_uri:x"), "invalid_request_uri"),
        (request().with("audience", "https://unknown.test/"), "access_denied"),
        (request().with("connection", "elsewhere"), "invalid_request"),
        (request().and("state", "twice"), "invalid_request"),
        (request().with("state", &"s".repeat(9000)), "invalid_request"),
    ] {
        let answer = site.client.push(&site.app, &request).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{}", answer.body);
    }
    site.app.assert_unchanged_since(&before).await;
    let seen = site.app.events_of("fpar").await;
    assert!(seen.len() == 6 && seen.iter().all(|event| event.client_id == Some(site.client.client_id.clone())));
}

#[tokio::test]
async fn te_01_te_02_a_client_proves_who_it_is_before_anything_is_kept() {
    let site = Site::new().await;
    let before = site.app.dump().await;
    let request = site.client.request();
    let bare = site.app.post_form("/oauth/par", &request.pairs()).await;
    assert_eq!(bare.refusal(), (401, "invalid_client".to_owned()));
    let wrong = RelyingParty { secret: Some("another secret".to_owned()), ..site.client.clone() };
    assert_eq!(wrong.push(&site.app, &request).await.refusal(), (401, "invalid_client".to_owned()));
    let both = request.clone().with("client_assertion", "x.y.z").with("client_assertion_type", "x");
    assert_eq!(site.client.push(&site.app, &both).await.refusal(), (400, "invalid_request".to_owned()));
    site.app.assert_unchanged_since(&before).await;

    let native = site.app.add_public_client("native", AppType::Native).await;
    site.enable(&native).await;
    let name = push(&site.app, &native, &native.request()).await;
    site.log_in(&mut site.app.browser(), &native.request_by_name(&name)).await.code();
}

#[tokio::test]
async fn az_20_a_client_can_be_bound_to_send_its_requests_ahead() {
    let site = Site::new().await;
    let change = json!({ "require_pushed_authorization_requests": true, "par_request_expiry": 90 });
    let changed = site.app.manage(Method::PATCH, "clients/app", &change).await.json();
    assert_eq!(
        (&changed["require_pushed_authorization_requests"], &changed["par_request_expiry"]),
        (&json!(true), &json!(90))
    );
    check_told(&site.app, &site.client.request(), "invalid_request").await;
    check_told(&site.app, &site.client.request().with("prompt", "none"), "invalid_request").await;
    let name = push(&site.app, &site.client, &site.client.request()).await;
    site.app.advance(Duration::from_secs(89));
    site.log_in(&mut site.app.browser(), &site.client.request_by_name(&name)).await.code();
    for seconds in [9, 601] {
        let answer = site.app.manage(Method::PATCH, "clients/app", &json!({ "par_request_expiry": seconds })).await;
        assert_eq!(answer.status, 400, "{}", answer.body);
    }
}

/// Whoever loses the callback between push and visit must not be answered there.
#[tokio::test]
async fn a_request_is_checked_again_when_a_browser_names_it() {
    let site = Site::new().await;
    let name = push(&site.app, &site.client, &site.client.request()).await;
    let moved = |client: &mut model::client::Client| client.callbacks = vec!["https://app.test/new".to_owned()];
    site.app.change_client(&site.client.client_id, moved).await;
    let visit = site.app.browser().authorize(&site.client.request_by_name(&name)).await;
    assert_page(visit, 400, "The way back is not registered");
}
