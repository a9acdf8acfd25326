//! Applications that authenticate with what they signed (RFC 7523).

use std::num::NonZeroU32;
use std::time::Duration;

use flows::limits::RateLimit;
use http::Method;
use protocol::client_metadata::GrantType;
use serde_json::{Value, json};
use testkit::{Answer, App, ClientKeyPair, Options, RelyingParty, for_each_deployment};

use crate::site::{API, Site};

const JWT_BEARER: (&str, &str) = ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer");
const MACHINE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("audience", API)];

/// A machine that is registered for `private_key_jwt`, and its key. It still has the secret it was created with.
struct Signer {
    client: RelyingParty,
    key: ClientKeyPair,
}

impl Signer {
    async fn new(app: &App) -> Self {
        Signer::with_algorithm(app, "RS256").await
    }

    async fn with_algorithm(app: &App, alg: &str) -> Self {
        let client = app.add_client("signer", |client| client.grant_types = vec![GrantType::ClientCredentials]).await;
        app.add_client_grant(&client, API, "read:notes").await;
        let key = ClientKeyPair::register(app, &client, alg).await;
        let methods = json!({ "private_key_jwt": { "credentials": [{ "id": key.id }] } });
        let change = json!({ "client_authentication_methods": methods });
        let answer = app.manage(Method::PATCH, "clients/signer", &change).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        Signer { client, key }
    }

    /// Good claims, of which these are changed; null takes one away.
    fn claims(app: &App, changes: &Value) -> Value {
        let now = app.now().seconds();
        let mut claims =
            json!({"iss": "signer", "sub": "signer", "aud": app.issuer(), "iat": now, "exp": now + 120, "jti": "1"});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    fn assertion(&self, app: &App, changes: &Value) -> String {
        self.key.sign(&Self::claims(app, changes))
    }
}

async fn present(app: &App, assertion: &str) -> Answer {
    app.token(&[&MACHINE[..], &[JWT_BEARER, ("client_assertion", assertion)]].concat()).await
}

#[track_caller]
fn check_refused(answer: &Answer) {
    assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()), "{}", answer.body);
}

#[tokio::test]
async fn an_application_signs_who_it_is() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    let token_endpoint = format!("{}oauth/token", site.app.issuer());
    for changes in [json!({}), json!({"jti": "2", "aud": token_endpoint})] {
        let answer = present(&site.app, &signer.assertion(&site.app, &changes)).await;
        assert_eq!((answer.status.as_u16(), answer.json()["scope"].as_str()), (200, Some("read:notes")));
    }
    let named = signer.assertion(&site.app, &json!({"jti": "3"}));
    let fields = [&MACHINE[..], &[JWT_BEARER, ("client_assertion", &named), ("client_id", "signer")]].concat();
    assert_eq!(site.app.token(&fields).await.status, 200);
}

#[tokio::test]
async fn te_02_an_assertion_beside_another_method_is_refused() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    let before = site.app.dump().await;
    let assertion = signer.assertion(&site.app, &json!({}));
    let fields = [&MACHINE[..], &[JWT_BEARER, ("client_assertion", &assertion)]].concat();
    let by_post = site.app.token(&signer.client.with_credentials(&fields)).await;
    let by_basic = site.app.token_by_basic(b"signer:the+secret+of+signer", &fields).await;
    for answer in [by_post, by_basic] {
        assert_eq!(answer.refusal(), (400, "invalid_request".to_owned()));
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn te_03_a_client_that_signs_has_no_other_way() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    let before = site.app.dump().await;
    check_refused(&site.app.token(&signer.client.with_credentials(&MACHINE)).await);
    check_refused(&site.app.token_by_basic(b"signer:the+secret+of+signer", &MACHINE).await);
    check_refused(&site.app.token(&[&MACHINE[..], &[("client_id", "signer")]].concat()).await);
    let whole = signer.assertion(&site.app, &json!({}));
    let (input, _) = whole.rsplit_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", input.split_once('.').unwrap().1);
    for assertion in [unsigned.as_str(), &format!("{input}."), "the secret of signer"] {
        let fields = [JWT_BEARER, ("client_assertion", assertion), ("client_id", "signer")];
        check_refused(&site.app.token(&[&MACHINE[..], &fields].concat()).await);
        // Two methods in one request are refused whichever of them is right.
        let beside = site.app.token(&signer.client.with_credentials(&[&MACHINE[..], &fields[..2]].concat())).await;
        assert_eq!(beside.refusal(), (400, "invalid_request".to_owned()));
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn te_03_a_client_with_a_secret_does_not_sign() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    let change = json!({"token_endpoint_auth_method": "client_secret_post"});
    assert_eq!(site.app.manage(Method::PATCH, "clients/signer", &change).await.status, 200);
    check_refused(&present(&site.app, &signer.assertion(&site.app, &json!({}))).await);
    assert_eq!(site.app.token(&signer.client.with_credentials(&MACHINE)).await.status, 200);
}

#[tokio::test]
async fn te_04_each_flaw_of_an_assertion_is_refused() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    let now = site.app.now().seconds();
    let issuer = site.app.issuer();
    let before = site.app.dump().await;
    for changes in [
        json!({"aud": "https://other.test/oauth/token"}),
        json!({"aud": [issuer, "https://other.test/"]}),
        json!({"aud": null}),
        json!({"exp": null}),
        json!({"exp": now + 31_536_000}),
        json!({"exp": now}),
        json!({"iat": now + 3600}),
        json!({"iss": "app"}),
        json!({"sub": "app"}),
        json!({"jti": null}),
    ] {
        let assertion = signer.assertion(&site.app, &changes);
        let fields = [JWT_BEARER, ("client_assertion", assertion.as_str()), ("client_id", "signer")];
        check_refused(&site.app.token(&[&MACHINE[..], &fields].concat()).await);
    }
    check_refused(&present(&site.app, &signer.key.forge(&Signer::claims(&site.app, &json!({})))).await);
    site.app.assert_unchanged_since(&before).await;
    assert_eq!(present(&site.app, &signer.assertion(&site.app, &json!({}))).await.status, 200);
}

#[tokio::test]
async fn te_04_an_algorithm_that_was_not_registered_is_refused() {
    let site = Site::new().await;
    let signer = Signer::with_algorithm(&site.app, "PS256").await;
    let before = site.app.dump().await;
    check_refused(&present(&site.app, &signer.assertion(&site.app, &json!({}))).await);
    site.app.assert_unchanged_since(&before).await;
}

/// CVE-2020-5300 and CVE-2020-15222 in other products.
#[tokio::test]
async fn te_04_an_assertion_serves_once_on_all_nodes() {
    for_each_deployment(async |[one, other]| {
        one.add_api(API, &["read:notes"], |_| {}).await;
        let signer = Signer::new(&one).await;
        let assertion = signer.assertion(&one, &json!({}));
        let both = futures_util::future::join(present(&one, &assertion), present(&other, &assertion)).await;
        let mut statuses = [both.0.status.as_u16(), both.1.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        let before = one.dump().await;
        for node in [&one, &other] {
            check_refused(&present(node, &assertion).await);
        }
        one.assert_unchanged_since(&before).await;
        assert_eq!(present(&other, &signer.assertion(&one, &json!({"jti": "2"}))).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn te_04_a_call_too_many_spends_no_assertion_and_a_spent_one_is_no_call() {
    let mut options = Options::default();
    options.limits.calls_per_client = RateLimit::per_minute(NonZeroU32::new(2).unwrap());
    let site = Site::on(App::with(options).await).await;
    let signer = Signer::new(&site.app).await;
    let spent = signer.assertion(&site.app, &json!({}));
    assert_eq!(present(&site.app, &spent).await.status, 200);
    for _ in 0..3 {
        check_refused(&present(&site.app, &spent).await);
    }
    assert_eq!(present(&site.app, &signer.assertion(&site.app, &json!({"jti": "2"}))).await.status, 200);
    let unspent = signer.assertion(&site.app, &json!({"jti": "3"}));
    let before = site.app.dump().await;
    assert_eq!(present(&site.app, &unspent).await.status, 429);
    site.app.assert_unchanged_since(&before).await;
    site.app.advance(Duration::from_secs(30));
    assert_eq!(present(&site.app, &unspent).await.status, 200);
}

#[tokio::test]
async fn rl_11_used_assertions_are_forgotten_once_they_have_ended() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    assert_eq!(present(&site.app, &signer.assertion(&site.app, &json!({}))).await.status, 200);
    assert_eq!(site.app.dump().await.rows("used_tokens").len(), 1);
    site.app.advance(Duration::from_hours(2));
    site.app.sweep().await;
    assert!(site.app.dump().await.rows("used_tokens").is_empty());
}

#[tokio::test]
async fn a_key_that_has_ended_or_is_not_named_proves_nothing() {
    let site = Site::new().await;
    let signer = Signer::new(&site.app).await;
    let path = format!("clients/signer/credentials/{}", signer.key.id);
    let end = site.app.now().plus(Duration::from_mins(10));
    let ending = site.app.manage(Method::PATCH, &path, &json!({ "expires_at": end })).await;
    assert_eq!(ending.text("expires_at"), end.to_string());
    assert_eq!(present(&site.app, &signer.assertion(&site.app, &json!({}))).await.status, 200);
    site.app.advance(Duration::from_mins(10));
    check_refused(&present(&site.app, &signer.assertion(&site.app, &json!({"jti": "2"}))).await);
    let going_on = site.app.manage(Method::PATCH, &path, &json!({ "expires_at": null })).await;
    assert!(going_on.json().get("expires_at").is_none(), "{}", going_on.body);
    assert_eq!(present(&site.app, &signer.assertion(&site.app, &json!({"jti": "2"}))).await.status, 200);
}
