//! `/oauth/revoke` (RFC 7009).

use std::time::Duration;

use axum::body::Body;
use http::{Request, header};
use protocol::client_metadata::AppType;
use serde_json::json;
use testkit::{RelyingParty, for_each_engine};

use crate::refresh::{check_refused, refresh};
use crate::site::{API, Site};

/// Nothing that descends from the sign-in is good any more.
async fn check_revoked(site: &Site, refresh_token: &str, access_token: &str) {
    check_refused(site, refresh_token, &[]).await;
    assert_eq!(site.app.userinfo(access_token).await.status, 401);
    let [event] = &site.app.events_of("srrt").await[..] else { panic!("one event") };
    assert_eq!((event.user_id.as_ref(), event.client_id.as_ref()), (Some(&site.ada), Some(&site.client.client_id)));
}

#[tokio::test]
async fn rt_11_either_token_of_a_sign_in_revokes_all_of_it() {
    for with_access_token in [false, true] {
        for_each_engine(async |app| {
            let site = Site::on(app).await;
            let other = site.offline_tokens().await.0;
            let (refresh_token, access_token) = site.offline_tokens().await;
            let given_up = if with_access_token { &access_token } else { &refresh_token };
            for _ in 0..2 {
                let answer = site.client.revoke(&site.app, given_up).await;
                assert_eq!((answer.status.as_u16(), answer.body.as_str()), (200, ""));
            }
            check_revoked(&site, &refresh_token, &access_token).await;
            refresh(&site, &other).await;
        })
        .await;
    }
}

#[tokio::test]
async fn a_token_that_was_exchanged_still_names_what_to_revoke() {
    for hours in [0, 3] {
        let site = Site::new().await;
        let (first, _) = site.offline_tokens().await;
        let second = refresh(&site, &first).await;
        assert_eq!(site.app.userinfo(&second.text("access_token")).await.status, 200);
        site.app.advance(Duration::from_hours(hours));
        site.app.sweep().await;
        assert_eq!(site.app.dump().await.rows("refresh_tokens").len(), if hours == 0 { 2 } else { 1 });
        assert_eq!(site.client.revoke(&site.app, &first).await.status, 200);
        check_revoked(&site, &second.text("refresh_token"), &second.text("access_token")).await;
    }
}

#[tokio::test]
async fn rt_11_te_07_nobody_revokes_what_is_anothers() {
    let site = Site::new().await;
    let strangers =
        [site.app.add_client("stranger", |_| {}).await, site.app.add_public_client("public", AppType::Spa).await];
    let (refresh_token, access_token) = site.offline_tokens().await;
    let before = site.app.dump().await;
    for stranger in &strangers {
        for token in [&refresh_token, &access_token] {
            assert_eq!(stranger.revoke(&site.app, token).await.status, 200);
        }
    }
    site.app.assert_unchanged_since(&before).await;
    assert!(site.app.events_of("srrt").await.is_empty());
    refresh(&site, &refresh_token).await;
}

/// RFC 7009 2.1: the hint is where to look first.
#[tokio::test]
async fn rt_11_a_wrong_hint_misleads_nobody() {
    for (with_access_token, hint) in [(false, "access_token"), (true, "refresh_token"), (false, "x"), (true, "")] {
        let site = Site::new().await;
        let (refresh_token, access_token) = site.offline_tokens().await;
        let token = if with_access_token { &access_token } else { &refresh_token };
        let fields = site.client.with_credentials(&[("token", token), ("token_type_hint", hint)]);
        assert_eq!(site.app.post_form("/oauth/revoke", &fields).await.status, 200, "{hint}");
        check_revoked(&site, &refresh_token, &access_token).await;
    }
}

#[tokio::test]
async fn rt_11_an_access_token_that_is_a_jwt_revokes_its_sign_in() {
    let site = Site::new().await;
    let url = site.client.request().scope("openid read:notes offline_access").with("audience", API);
    let tokens = site.client.exchange(&site.app, &site.code_for(&url).await).await;
    let (jwt, refresh_token) = (tokens.text("access_token"), tokens.text("refresh_token"));
    assert_eq!(jwt.split('.').count(), 3);
    assert_eq!(site.client.revoke(&site.app, &jwt).await.status, 200);
    check_revoked(&site, &refresh_token, &jwt).await;
}

/// ory/fosite CVE-2020-15223: errors were swallowed. After 503 a client knows that the token lives, and asks again
/// (RFC 7009 2.2.1).
#[tokio::test]
async fn rt_12_a_database_that_fails_revokes_nothing_and_says_so() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let (refresh_token, access_token) = site.offline_tokens().await;
        let before = site.app.dump().await;
        for table in ["clients", "token_families", "refresh_tokens", "events"] {
            site.app.hide_table(table).await;
            let answer = site.client.revoke(&site.app, &refresh_token).await;
            site.app.show_table(table).await;
            assert_eq!(answer.refusal(), (503, "temporarily_unavailable".to_owned()), "{table}");
            assert!(answer.header("retry-after").is_some(), "{table}");
            site.app.assert_unchanged_since(&before).await;
        }
        assert_eq!(site.client.revoke(&site.app, &refresh_token).await.status, 200);
        check_revoked(&site, &refresh_token, &access_token).await;
    })
    .await;
}

#[tokio::test]
async fn rt_12_a_database_that_is_gone_revokes_nothing_and_says_so() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let (refresh_token, _) = site.offline_tokens().await;
        let before = site.app.dump().await;
        site.app.lose_database().await;
        let answer = site.client.revoke(&site.app, &refresh_token).await;
        assert_eq!(answer.refusal(), (503, "temporarily_unavailable".to_owned()));
        assert!(answer.header("retry-after").is_some());
        site.app.assert_unchanged_since(&before).await;
    })
    .await;
}

#[tokio::test]
async fn rt_11_what_nobody_knows_is_as_good_as_revoked() {
    let site = Site::new().await;
    let (refresh_token, _) = site.offline_tokens().await;
    let before = site.app.dump().await;
    for token in ["unknown", "a.b.c", &refresh_token[1..], &refresh_token.to_lowercase()] {
        assert_eq!(site.client.revoke(&site.app, token).await.status, 200, "{token}");
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn te_01_whoever_is_not_believed_revokes_nothing() {
    let site = Site::new().await;
    let (refresh_token, _) = site.offline_tokens().await;
    let before = site.app.dump().await;
    let without = RelyingParty { secret: None, ..site.client.clone() };
    let wrong = RelyingParty { secret: Some("wrong".into()), ..site.client.clone() };
    for client in [without, wrong] {
        assert_eq!(client.revoke(&site.app, &refresh_token).await.refusal(), (401, "invalid_client".to_owned()));
    }
    let incomplete = site.app.post_form("/oauth/revoke", &site.client.with_credentials(&[])).await;
    assert_eq!(incomplete.refusal(), (400, "invalid_request".to_owned()));
    let nobody = site.app.post_form("/oauth/revoke", &[("token", &refresh_token)]).await;
    assert_eq!(nobody.refusal(), (400, "invalid_request".to_owned()));
    site.app.assert_unchanged_since(&before).await;
}

/// As Auth0's SDK for single-page applications calls it.
#[tokio::test]
async fn a_page_revokes_by_its_client_id_alone() {
    let site = Site::new().await;
    let spa = site.app.add_public_client("spa", AppType::Spa).await;
    site.enable(&spa).await;
    let code = site.code_for(&spa.request().scope("openid offline_access")).await;
    let tokens = spa.exchange(&site.app, &code).await;
    let body = json!({"client_id": "spa", "token": tokens.text("refresh_token"), "token_type_hint": "refresh_token"});
    let request = Request::post("/oauth/revoke")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::ORIGIN, "https://spa.test");
    let answer = site.app.call(request.body(Body::from(body.to_string())).unwrap()).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://spa.test"));
    assert_eq!(site.app.userinfo(&tokens.text("access_token")).await.status, 401);
}
