//! `/oauth/introspect` (RFC 7662).

use std::time::Duration;

use axum::body::Body;
use http::{Request, header};
use protocol::client_metadata::{AppType, GrantType};
use serde_json::{Value, json};
use testkit::{RelyingParty, for_each_engine};

use crate::refresh::refresh;
use crate::site::{API, Site, claims};

async fn told(site: &Site, client: &RelyingParty, token: &str) -> Value {
    let answer = client.introspect(&site.app, token).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn inactive() -> Value {
    json!({ "active": false })
}

/// A JWT for the API, and the refresh token issued with it.
async fn api_tokens(site: &Site, scope: &str) -> (String, String) {
    let url = site.client.request().scope(scope).with("audience", API);
    let tokens = site.client.exchange(&site.app, &site.code_for(&url).await).await;
    (tokens.text("access_token"), tokens.text("refresh_token"))
}

#[tokio::test]
async fn each_kind_of_token_is_described() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let now = site.app.now().seconds();
        let (refresh_token, opaque) = site.offline_tokens().await;
        let common = json!({
            "active": true, "client_id": "app", "sub": "auth0|ada", "scope": "openid offline_access",
            "iss": site.app.issuer(),
        });
        let with = |more: Value| {
            let mut expected = common.clone();
            expected.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            expected
        };
        let userinfo = format!("{}userinfo", site.app.issuer());
        let expected = with(json!({ "aud": userinfo, "exp": now + 86400, "token_type": "Bearer" }));
        assert_eq!(told(&site, &site.client, &opaque).await, expected);
        let seen = told(&site, &site.client, &refresh_token).await;
        assert_eq!(seen, with(json!({ "exp": seen["exp"], "iat": now })));

        let (jwt, _) = api_tokens(&site, "read:notes offline_access").await;
        let seen = told(&site, &site.client, &jwt).await;
        assert_eq!((&seen["active"], &seen["scope"]), (&json!(true), &json!("read:notes offline_access")));
        for name in ["aud", "exp", "iat", "iss", "sub"] {
            assert_eq!(seen[name], claims(&jwt)[name], "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_machine_s_token_is_described_while_its_client_is_there() {
    let site = Site::new().await;
    let machine =
        site.app.add_client("machine", |client| client.grant_types = vec![GrantType::ClientCredentials]).await;
    site.app.add_client_grant(&machine, API, "read:notes").await;
    site.app.add_client_grant(&site.client, API, "read:notes").await;
    let fields = machine.with_credentials(&[("grant_type", "client_credentials"), ("audience", API)]);
    let token = site.app.token(&fields).await.text("access_token");
    let seen = told(&site, &site.client, &token).await;
    assert_eq!((&seen["sub"], &seen["scope"]), (&json!("machine@clients"), &json!("read:notes")));
    site.app.delete_client(&machine.client_id).await;
    assert_eq!(told(&site, &site.client, &token).await, inactive());
}

#[tokio::test]
async fn rt_13_what_has_ended_is_inactive() {
    let site = Site::new().await;
    let (jwt, first) = api_tokens(&site, "openid read:notes offline_access").await;
    let second = refresh(&site, &first).await;
    assert_eq!(told(&site, &site.client, &first).await, inactive(), "exchanged");
    let latest = second.text("refresh_token");
    site.app.advance(Duration::from_hours(25));
    assert_eq!(told(&site, &site.client, &jwt).await, inactive(), "expired");
    assert_eq!(told(&site, &site.client, &latest).await["active"], true);
    site.app.advance(Duration::from_hours(15 * 24));
    assert_eq!(told(&site, &site.client, &latest).await, inactive(), "idle for too long");
}

#[tokio::test]
async fn rt_13_a_revoked_family_and_a_person_who_may_not_come_in_are_inactive() {
    for end in ["revoke", "block", "delete"] {
        let site = Site::new().await;
        let (jwt, refresh_token) = api_tokens(&site, "read:notes offline_access").await;
        for token in [&jwt, &refresh_token] {
            assert_eq!(told(&site, &site.client, token).await["active"], true, "{end}");
        }
        match end {
            "revoke" => assert_eq!(site.client.revoke(&site.app, &refresh_token).await.status, 200),
            "block" => site.app.change_user(&site.ada, |user| user.blocked = Some(true)).await,
            _ => site.app.delete_user(&site.ada).await,
        }
        for token in [&jwt, &refresh_token] {
            assert_eq!(told(&site, &site.client, token).await, inactive(), "{end}");
        }
    }
}

#[tokio::test]
async fn rt_13_what_is_no_token_is_inactive() {
    let site = Site::new().await;
    let tokens = site.tokens("openid offline_access").await;
    let code = site.code().await;
    let refresh_token = tokens.text("refresh_token");
    for token in ["unknown", "a.b.c", &tokens.text("id_token"), &code, &refresh_token[..refresh_token.len() - 1]] {
        assert_eq!(told(&site, &site.client, token).await, inactive(), "{token}");
    }
}

/// CVE-2026-37979: a client that a token was not meant for learnt what it says. Whoever calls the API, or is the API,
/// may know of its tokens, and of nothing else.
#[tokio::test]
async fn rt_13_another_client_hears_only_of_tokens_for_its_api() {
    let site = Site::new().await;
    let api = site.app.add_client("api", |_| {}).await;
    site.app.add_client_grant(&api, API, "").await;
    let stranger = site.app.add_client("stranger", |_| {}).await;
    let (jwt, refresh_token) = api_tokens(&site, "openid read:notes offline_access").await;
    let (_, opaque) = site.offline_tokens().await;
    for (client, token, active) in [
        (&api, &jwt, true),
        (&api, &refresh_token, false),
        (&api, &opaque, false),
        (&stranger, &jwt, false),
        (&stranger, &refresh_token, false),
        (&stranger, &opaque, false),
    ] {
        let before = site.app.dump().await;
        let told = told(&site, client, token).await;
        assert_eq!(told["active"], active, "{} {token}", client.client_id);
        assert!(active || told == inactive());
        site.app.assert_unchanged_since(&before).await;
    }
}

/// CVE-2026-18208, the incomplete fix of CVE-2026-37979: the signed form of the answer told what the plain one kept to
/// itself.
#[tokio::test]
async fn rt_13_no_other_form_of_the_answer_tells_more() {
    let site = Site::new().await;
    let stranger = site.app.add_client("stranger", |_| {}).await;
    let (jwt, refresh_token) = api_tokens(&site, "openid read:notes offline_access").await;
    for accepted in ["application/token-introspection+jwt", "application/jwt", "text/html", "*/*"] {
        for token in [&jwt, &refresh_token] {
            let fields = stranger.with_credentials(&[("token", token), ("token_type_hint", "access_token")]);
            let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
            let request = Request::post("/oauth/introspect")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ACCEPT, accepted);
            let answer = site.app.call(request.body(Body::from(body)).unwrap()).await;
            assert_eq!((answer.status.as_u16(), answer.json()), (200, inactive()), "{accepted}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "{accepted}");
        }
    }
}

/// Stricter than the `{"active":false}` of those who are believed: anybody could ask in the name of a client that has
/// no secret (RFC 7662 2.1).
#[tokio::test]
async fn rt_13_te_07_a_client_without_a_secret_introspects_nothing() {
    let site = Site::new().await;
    let public = site.app.add_public_client("public", AppType::Spa).await;
    let pretender = RelyingParty { secret: None, ..site.client.clone() };
    let (refresh_token, _) = site.offline_tokens().await;
    let before = site.app.dump().await;
    for client in [public, pretender] {
        assert_eq!(client.introspect(&site.app, &refresh_token).await.refusal(), (401, "invalid_client".to_owned()));
    }
    let incomplete = site.app.post_form("/oauth/introspect", &site.client.with_credentials(&[])).await;
    assert_eq!(incomplete.refusal(), (400, "invalid_request".to_owned()));
    site.app.assert_unchanged_since(&before).await;
}
