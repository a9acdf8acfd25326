//! Deployments that share nothing by design, and nodes of one that share everything.

use http::Method;
use serde_json::{Value, json};
use testkit::{App, Engine, Options, TokenVerifier};

use crate::site::{API, Site};

async fn published(app: &App) -> Value {
    app.get("/.well-known/jwks.json").await.json()
}

fn kids(jwks: &Value) -> Vec<&str> {
    jwks["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

/// Whatever the first deployment has issued to Ada and to machines is worth nothing at the other, which has the same
/// clients, secrets and people, and afterwards as much as before at the first.
async fn check_strangers(one: &Site, other: &Site) {
    let tokens = one.tokens("openid email offline_access").await;
    let url = one.client.request().scope("openid read:notes").with("audience", API);
    let jwt = one.client.exchange(&one.app, &one.code_for(&url).await).await.text("access_token");
    let (opaque, id_token) = (tokens.text("access_token"), tokens.text("id_token"));
    let refresh_token = tokens.text("refresh_token");
    let machines = one.app.management_token().await;
    let (code, mut theirs) = (one.code().await, one.app.browser());
    one.log_in(&mut theirs, &one.client.request()).await;
    let (mut known, mut visitor) = (other.app.browser(), other.app.browser());
    other.log_in(&mut known, &other.client.request()).await;
    visitor.set_cookie("session", theirs.cookie("session").unwrap());

    let before = other.app.dump().await;
    for token in [&opaque, &jwt, &id_token, &refresh_token, &machines] {
        assert_eq!(other.app.userinfo(token).await.status, 401, "{token}");
        assert_eq!(other.app.get_as(token, "/api/v2/users").await.status, 401, "{token}");
        let told = other.client.introspect(&other.app, token).await;
        assert_eq!((told.status.as_u16(), told.json()), (200, json!({"active": false})), "{token}");
        assert_eq!(other.client.revoke(&other.app, token).await.status, 200, "{token}");
    }
    let refused = (400, "invalid_grant".to_owned());
    assert_eq!(other.client.refresh(&other.app, &refresh_token).await.refusal(), refused);
    assert_eq!(other.client.exchange(&other.app, &code).await.refusal(), refused);
    let hinted = other.client.request().with("prompt", "none").with("id_token_hint", &id_token);
    assert_eq!(known.authorize(&hinted).await.answer().error(), "login_required");
    let logout = other.app.get(&format!("/oidc/logout?id_token_hint={id_token}")).await;
    assert_eq!((logout.status.as_u16(), logout.header("location")), (400, None));
    assert_eq!(other.silently(&mut visitor).await.error(), "login_required");
    other.app.assert_unchanged_since(&before).await;

    assert_eq!(one.app.userinfo(&opaque).await.status, 200);
    assert_eq!(one.app.get_as(&machines, "/api/v2/users").await.status, 200);
    assert_eq!(one.client.refresh(&one.app, &refresh_token).await.status, 200);
    assert_eq!(one.client.exchange(&one.app, &code).await.status, 200);
}

/// Zitadel GHSA-pfrf-9r5f-73f5: the instance that a token is for was not looked at. Here two deployments have even the
/// same keys, as after a copied database.
#[tokio::test]
async fn jw_08_what_another_deployment_issued_is_worth_nothing_under_the_same_keys() {
    for issuer in ["https://other.test/", "https://id.test:8443/", "https://sub.id.test/"] {
        let one = Site::new().await;
        let other = Site::on(App::with(Options { issuer: issuer.to_owned(), ..Options::default() }).await).await;
        assert_eq!(published(&one.app).await, published(&other.app).await);
        check_strangers(&one, &other).await;
        check_strangers(&other, &one).await;
    }
}

/// The same flaw, where two deployments stand under one name by mistake.
#[tokio::test]
async fn jw_08_what_another_deployment_issued_is_worth_nothing_under_the_same_name() {
    let (one, other) = (Site::new().await, Site::new().await);
    let shared = published(&other.app).await;
    for _ in 0..2 {
        assert!(other.app.manage(Method::POST, "keys/signing/rotate", &json!({})).await.status.is_success());
    }
    for kid in kids(&shared) {
        let revoked = other.app.manage(Method::PUT, &format!("keys/signing/{kid}/revoke"), &json!({})).await;
        assert!(revoked.status.is_success(), "{}", revoked.body);
    }
    check_strangers(&one, &other).await;
    check_strangers(&other, &one).await;
}

/// RFC 7517 4.5.
#[tokio::test]
async fn jw_11_nodes_that_start_at_once_on_an_empty_database_publish_the_same_keys() {
    for engine in Engine::at_hand() {
        for _ in 0..3 {
            let nodes = App::two_at_once(Options { engine, ..Options::default() }).await;
            let (one, other) = (published(&nodes[0]).await, published(&nodes[1]).await);
            assert_eq!((kids(&one).len(), &one), (2, &other), "{engine:?}");
            assert_eq!(nodes[0].dump().await.rows("signing_keys").len(), 2, "{engine:?}");
            for (issuing, asked) in [(&nodes[0], &nodes[1]), (&nodes[1], &nodes[0])] {
                let token = issuing.management_token().await;
                let mut verifier = TokenVerifier::of(asked).await;
                assert_eq!((verifier.verify(&token).await, verifier.fetched()), (Ok(()), 1), "{engine:?}");
                assert_eq!(asked.get_as(&token, "/api/v2/users").await.status, 200, "{engine:?}");
            }
        }
    }
}
