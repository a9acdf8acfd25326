//! Requests that applications sign (RFC 9101).

use http::Method;
use serde_json::{Value, json};
use testkit::{App, AuthorizationUrl, ClientKeyPair, RelyingParty, for_each_engine};

use crate::authorize::check_told;
use crate::site::{Site, assert_page};

/// An application that is registered for signing its requests, and its key.
struct Signer {
    site: Site,
    key: ClientKeyPair,
}

impl Signer {
    async fn on(app: App, required: bool) -> Self {
        let site = Site::on(app).await;
        let key = ClientKeyPair::register(&site.app, &site.client, "RS256").await;
        let signer = Signer { site, key };
        let changed = signer.set(&json!({ "required": required, "credentials": [{ "id": signer.key.id }] })).await;
        assert_eq!(changed["signed_request_object"]["required"], required);
        signer
    }

    async fn new() -> Self {
        Signer::on(App::new().await, false).await
    }

    async fn set(&self, signed_request_object: &Value) -> Value {
        let change = json!({ "signed_request_object": signed_request_object });
        let answer = self.site.app.manage(Method::PATCH, "clients/app", &change).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }

    fn client(&self) -> &RelyingParty {
        &self.site.client
    }

    /// The usual request as claims, of which these are changed; null takes one away.
    fn claims(&self, changes: &Value) -> Value {
        let now = self.site.app.now().seconds();
        let request = self.client().request();
        let mut claims: Value = request.pairs().into_iter().collect();
        for (name, value) in [("iss", json!("app")), ("aud", json!(self.site.app.issuer())), ("exp", json!(now + 60))] {
            claims[name] = value;
        }
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    /// A request with this object, and beside it what a refusal needs.
    fn request(&self, object: &str) -> AuthorizationUrl {
        let client = self.client();
        let bare = client.request_by_name("x").without("request_uri");
        bare.with("request", object).with("redirect_uri", &client.redirect_uri).with("state", "st4te")
    }

    fn signed(&self, changes: &Value) -> AuthorizationUrl {
        self.request(&self.key.sign(&self.claims(changes)))
    }
}

#[tokio::test]
async fn a_signed_request_is_answered_as_it_was_signed() {
    for_each_engine(async |app| {
        let signer = Signer::on(app, true).await;
        let site = &signer.site;
        let changes = json!({ "scope": "openid email", "nonce": "signed" });
        let url = signer.signed(&changes).with("prompt", "none").with("max_age", "0");
        let answer = site.log_in(&mut site.app.browser(), &url).await;
        assert_eq!((answer.field("state"), answer.uri.as_str()), ("st4te", signer.client().redirect_uri.as_str()));
        let tokens = signer.client().exchange(&site.app, answer.code()).await;
        assert_eq!(tokens.text("scope"), "openid email");
        assert_eq!(crate::site::claims(&tokens.text("id_token"))["nonce"], "signed");
    })
    .await;
}

#[tokio::test]
async fn a_signed_request_can_be_sent_ahead() {
    let signer = Signer::on(App::new().await, true).await;
    let (site, client) = (&signer.site, signer.client());
    let answer = client.push(&site.app, &signer.signed(&json!({ "scope": "openid" }))).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let url = client.request_by_name(&answer.text("request_uri"));
    site.log_in(&mut site.app.browser(), &url).await.code();

    let before = site.app.dump().await;
    for (request, error) in [
        (client.request(), "invalid_request"),
        (signer.request(&signer.key.forge(&signer.claims(&json!({})))), "invalid_request_object"),
        (signer.signed(&json!({ "redirect_uri": "https://evil.test/" })), "invalid_request_object"),
        (signer.signed(&json!({ "redirect_uri": "https://evil.test/" })).without("redirect_uri"), "invalid_request"),
    ] {
        let answer = client.push(&site.app, &request).await;
        assert_eq!(answer.refusal(), (400, error.to_owned()), "{}", answer.body);
    }
    site.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn az_17_each_flaw_of_a_request_object_is_told() {
    let signer = Signer::new().await;
    let app = &signer.site.app;
    let now = app.now().seconds();
    for changes in [
        json!({ "iss": "other" }),
        json!({ "aud": "https://other.test/" }),
        json!({ "exp": now }),
        json!({ "exp": null }),
        json!({ "client_id": "other" }),
        json!({ "sub": "app" }),
        json!({ "state": "another" }),
        json!({ "redirect_uri": "https://app.test/other" }),
    ] {
        check_told(app, &signer.signed(&changes), "invalid_request_object").await;
    }
    let whole = signer.key.sign(&signer.claims(&json!({})));
    let (input, _) = whole.rsplit_once('.').unwrap();
    let unsigned = format!("eyJhbGciOiJub25lIn0.{}.", input.split_once('.').unwrap().1);
    let forged = signer.key.forge(&signer.claims(&json!({})));
    for object in [unsigned.as_str(), &format!("{input}."), &forged, "x"] {
        check_told(app, &signer.request(object), "invalid_request_object").await;
    }
    check_told(app, &signer.signed(&json!({})).and("nonce", "x").and("nonce", "x"), "invalid_request").await;
    check_told(app, &signer.signed(&json!({ "response_type": "token" })), "unauthorized_client").await;
    let elsewhere = signer.signed(&json!({})).with("redirect_uri", "https://evil.test/");
    assert_page(app.browser().authorize(&elsewhere).await, 400, "The way back is not registered");
}

#[tokio::test]
async fn az_17_a_client_can_be_bound_to_sign_its_requests() {
    let signer = Signer::on(App::new().await, true).await;
    check_told(&signer.site.app, &signer.client().request(), "invalid_request").await;
    assert!(signer.set(&Value::Null).await.get("signed_request_object").is_none());
    let page = signer.site.app.browser().authorize(&signer.client().request()).await.page();
    assert!(page.path.starts_with("/u/login"), "{}", page.path);
    check_told(&signer.site.app, &signer.signed(&json!({})), "request_not_supported").await;
}

#[tokio::test]
async fn a_key_serves_what_it_was_named_for_and_stays_while_it_is_named() {
    let signer = Signer::new().await;
    let path = format!("clients/app/credentials/{}", signer.key.id);
    assert_eq!(signer.site.app.manage(Method::DELETE, &path, &json!({})).await.status, 409);
    let unknown = json!({ "signed_request_object": { "credentials": [{ "id": "cred_unknown" }] } });
    let answer = signer.site.app.manage(Method::PATCH, "clients/app", &unknown).await;
    assert!(answer.status == 400 && answer.body.contains("signed_request_object.credentials"), "{}", answer.body);
    let assertion = signer.key.sign(&signer.claims(&json!({ "sub": "app", "jti": "1" })));
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        ("client_assertion", assertion.as_str()),
    ];
    assert_eq!(signer.site.app.token(&fields).await.refusal(), (401, "invalid_client".to_owned()));
}
