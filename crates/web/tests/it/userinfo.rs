//! `/userinfo`, and tokens in places where they do not belong.

use std::time::Duration;

use axum::body::Body;
use http::{Request, header};
use testkit::{Answer, RelyingParty};

use crate::site::{API, Site, claims};

/// Nothing is told, in the words of RFC 6750 3.
#[track_caller]
fn assert_refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(Some(answer.body.as_str()), answer.status.canonical_reason());
    let challenge = answer.header("www-authenticate").expect("a challenge");
    assert!(challenge.starts_with("Bearer realm="), "{challenge}");
    assert!(challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
    assert!(!answer.body.contains("ada"), "{}", answer.body);
}

#[tokio::test]
async fn it_tells_what_the_token_s_scope_covers() {
    let site = Site::new().await;
    for (scope, expected) in [
        ("openid", &["sub"][..]),
        ("openid email", &["email", "email_verified", "sub"]),
        ("openid profile", &["name", "sub", "updated_at"]),
    ] {
        let token = site.tokens(scope).await.text("access_token");
        let told = site.app.userinfo(&token).await.json();
        let mut names: Vec<_> = told.as_object().unwrap().keys().collect();
        names.sort();
        assert_eq!(names, expected, "{scope}");
        assert_eq!(told["sub"], "auth0|ada");
        let posted = Request::post("/userinfo").header(header::AUTHORIZATION, format!("bearer {token}"));
        assert_eq!(site.app.call(posted.body(Body::empty()).unwrap()).await.json(), told);
    }
}

#[tokio::test]
async fn an_api_s_token_is_good_for_userinfo_as_well() {
    let site = Site::new().await;
    let code = site.code_for(&site.client.request().scope("openid read:notes").with("audience", API)).await;
    let token = site.client.exchange(&site.app, &code).await.text("access_token");
    let userinfo = format!("{}userinfo", site.app.issuer());
    assert_eq!(claims(&token)["aud"], serde_json::json!([API, userinfo]));
    assert_eq!(site.app.userinfo(&token).await.json()["sub"], "auth0|ada");
}

/// A token for the API alone.
async fn api_token(site: &Site) -> String {
    let code = site.code_for(&site.client.request().scope("read:notes").with("audience", API)).await;
    site.client.exchange(&site.app, &code).await.text("access_token")
}

#[tokio::test]
async fn jw_07_every_token_is_good_for_one_thing() {
    let site = Site::new().await;
    let tokens = site.tokens("openid offline_access").await;
    let (id_token, refresh_token) = (tokens.text("id_token"), tokens.text("refresh_token"));
    let (api_token, machine_token) = (api_token(&site).await, site.app.management_token().await);
    let before = site.app.dump().await;
    for token in [&id_token, &refresh_token, &api_token, &machine_token] {
        assert_refused(&site.app.userinfo(token).await, 401, "invalid_token");
    }
    for token in [&id_token, &refresh_token, &api_token, &tokens.text("access_token")] {
        assert_eq!(site.app.get_as(token, "/api/v2/users").await.status, 401);
    }
    for token in [&api_token, &machine_token, &refresh_token] {
        let url = site.client.request().with("prompt", "none").with("id_token_hint", token);
        assert_eq!(site.app.browser().authorize(&url).await.answer().error(), "login_required");
        let logout = site.app.get(&format!("/oidc/logout?id_token_hint={token}")).await;
        assert_eq!((logout.status.as_u16(), logout.header("location")), (400, None));
    }
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(site.app.get_as(&machine_token, "/api/v2/users").await.status, 200);
}

#[tokio::test]
async fn jw_07_a_person_s_token_for_the_management_api_may_do_nothing() {
    let site = Site::new().await;
    let audience = format!("{}api/v2/", site.app.issuer());
    let url = site.client.request().scope("openid read:users delete:users").with("audience", &audience);
    let token = site.client.exchange(&site.app, &site.code_for(&url).await).await.text("access_token");
    assert_eq!(site.app.get_as(&token, "/api/v2/users").await.status, 403);
}

#[tokio::test]
async fn what_fails_on_our_side_is_told_as_at_the_token_endpoint() {
    let site = Site::new().await;
    let token = site.tokens("openid").await.text("access_token");
    site.app.hide_table("users").await;
    assert_eq!(site.app.userinfo(&token).await.refusal(), (500, "server_error".to_owned()));
}

#[tokio::test]
async fn jw_17_a_token_comes_in_the_header_and_nowhere_else() {
    let site = Site::new().await;
    let token = site.tokens("openid email").await.text("access_token");
    let before = site.app.dump().await;
    assert_refused(&site.app.get(&format!("/userinfo?access_token={token}")).await, 400, "invalid_request");
    let twice = site.app.get_as(&token, &format!("/userinfo?x=1&access_token={token}")).await;
    assert_refused(&twice, 400, "invalid_request");
    let disguised = site.app.get_as(&token, &format!("/userinfo?access%5Ftoken={token}")).await;
    assert_refused(&disguised, 400, "invalid_request");
    assert_refused(&site.app.post_form("/userinfo", &[("access_token", &token)]).await, 400, "invalid_request");
    let request = Request::post("/userinfo").header(header::AUTHORIZATION, format!("Bearer {token}"));
    let request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let both = site.app.call(request.body(Body::from(format!("access_token={token}"))).unwrap()).await;
    assert_refused(&both, 400, "invalid_request");

    let bearer = format!("Bearer {token}");
    let two = Request::get("/userinfo").header(header::AUTHORIZATION, &bearer).header(header::AUTHORIZATION, &bearer);
    for request in [two, Request::get("/userinfo"), Request::get("/userinfo").header(header::AUTHORIZATION, &token)] {
        let answer = site.app.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(
            (answer.status.as_u16(), answer.header("www-authenticate")),
            (401, Some("Bearer realm=\"landbridge\""))
        );
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn jw_17_a_token_ends_with_what_it_stands_for() {
    let site = Site::new().await;
    let (client, app): (&RelyingParty, _) = (&site.client, &site.app);
    let fresh = async || site.tokens("openid email").await.text("access_token");
    let check = async |token: &str| assert_refused(&app.userinfo(token).await, 401, "invalid_token");

    check("garbage").await;
    check(&format!("{}x", fresh().await)).await;
    let token = fresh().await;
    app.advance(Duration::from_secs(86_399));
    assert_eq!(app.userinfo(&token).await.status, 200);
    app.advance(Duration::from_secs(1));
    check(&token).await;

    let code = site.code().await;
    let token = client.exchange(app, &code).await.text("access_token");
    client.exchange(app, &code).await;
    check(&token).await;

    let token = fresh().await;
    app.change_user(&site.ada, |user| user.blocked = Some(true)).await;
    check(&token).await;
    app.change_user(&site.ada, |user| user.blocked = None).await;
    assert_eq!(app.userinfo(&token).await.status, 200);
    app.delete_user(&site.ada).await;
    check(&token).await;
}
