//! Tokens that are bound to a key (RFC 9449).

use axum::body::Body;
use http::{Method, Request, header};
use protocol::client_metadata::{AppType, GrantType};
use serde_json::{Value, json};
use testkit::{Answer, App, DpopKey, RelyingParty, for_each_deployment, for_each_engine, proof_claims};
use url::form_urlencoded;

use crate::authorize::check_told;
use crate::site::{API, Site, claims};

/// A form with these `DPoP` headers.
async fn post(app: &App, path: &str, fields: &[(&str, &str)], proofs: &[&str]) -> Answer {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let mut request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    for proof in proofs {
        request = request.header("DPoP", *proof);
    }
    app.call(request.body(Body::from(body)).unwrap()).await
}

async fn token(app: &App, fields: &[(&str, &str)], proof: &str) -> Answer {
    post(app, "/oauth/token", fields, &[proof]).await
}

async fn userinfo(app: &App, scheme: &str, token: &str, proofs: &[&str]) -> Answer {
    let mut request = Request::get("/userinfo").header(header::AUTHORIZATION, format!("{scheme} {token}"));
    for proof in proofs {
        request = request.header("DPoP", *proof);
    }
    app.call(request.body(Body::empty()).unwrap()).await
}

#[track_caller]
fn check_refused(answer: &Answer, error: &str) {
    assert_eq!(answer.refusal(), (400, error.to_owned()), "{}", answer.body);
}

async fn native(site: &Site) -> RelyingParty {
    let native = site.app.add_public_client("native", AppType::Native).await;
    site.enable(&native).await;
    native
}

/// Tokens of a public client that are bound to a key.
async fn bound_tokens(site: &Site, client: &RelyingParty, key: &DpopKey) -> Answer {
    let code = site.code_for(&client.request().scope("openid offline_access")).await;
    let tokens = token(&site.app, &client.code_fields(&code), &key.proof(&site.app, &code)).await;
    assert_eq!((tokens.status.as_u16(), tokens.text("token_type")), (200, "DPoP".to_owned()), "{}", tokens.body);
    tokens
}

const MACHINE: [(&str, &str); 2] = [("grant_type", "client_credentials"), ("audience", API)];

async fn machine(site: &Site) -> RelyingParty {
    let machine = site.app.add_client("machine", |client| client.grant_types = vec![GrantType::ClientCredentials]);
    let machine = machine.await;
    site.app.add_client_grant(&machine, API, "read:notes").await;
    machine
}

#[tokio::test]
async fn a_token_is_bound_to_the_key_that_was_proven() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let key = DpopKey::default();
        let url = site.client.request().scope("openid read:notes").with("audience", API);
        let code = site.code_for(&url).await;
        let tokens = token(&site.app, &site.client.code_fields(&code), &key.proof(&site.app, "1")).await;
        assert_eq!(tokens.text("token_type"), "DPoP");
        let access = tokens.text("access_token");
        assert_eq!(claims(&access)["cnf"], json!({ "jkt": key.thumbprint() }));
        let known = site.client.introspect(&site.app, &access).await.json();
        assert_eq!((&known["token_type"], &known["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.thumbprint())));
        let told = userinfo(&site.app, "DPoP", &access, &[&key.userinfo_proof(&site.app, "2", &access)]).await;
        assert_eq!((told.status.as_u16(), told.text("sub")), (200, "auth0|ada".to_owned()));

        let unbound = site.tokens("openid").await;
        assert_eq!(unbound.text("token_type"), "Bearer");
        let known = site.client.introspect(&site.app, &unbound.text("access_token")).await.json();
        assert_eq!((&known["token_type"], known.get("cnf")), (&json!("Bearer"), None));
    })
    .await;
}

#[tokio::test]
async fn machines_prove_keys_as_well() {
    let site = Site::new().await;
    let machine = machine(&site).await;
    let key = DpopKey::default();
    let fields = machine.with_credentials(&MACHINE);
    let tokens = token(&site.app, &fields, &key.proof(&site.app, "1")).await;
    assert_eq!(tokens.text("token_type"), "DPoP");
    let access = tokens.text("access_token");
    assert_eq!(claims(&access)["cnf"], json!({ "jkt": key.thumbprint() }));
    let known = machine.introspect(&site.app, &access).await.json();
    assert_eq!((&known["token_type"], &known["cnf"]["jkt"]), (&json!("DPoP"), &json!(key.thumbprint())));
}

#[tokio::test]
async fn te_15_each_flaw_of_a_proof_is_refused_at_the_token_endpoint() {
    let site = Site::new().await;
    let machine = machine(&site).await;
    let fields = machine.with_credentials(&MACHINE);
    let (app, key) = (&site.app, DpopKey::default());
    let before = app.dump().await;
    let now = app.now().seconds();
    for (name, value) in [
        ("htm", json!("GET")),
        ("htu", json!("https://other.test/oauth/token")),
        ("htu", json!(format!("{}oauth/par", app.issuer()))),
        ("iat", json!(now - 301)),
        ("iat", json!(now + 61)),
        ("jti", json!("")),
    ] {
        let mut claims = proof_claims(app, "POST", "oauth/token", "1");
        claims[name] = value;
        check_refused(&token(app, &fields, &key.sign(&claims)).await, "invalid_dpop_proof");
    }
    let good = key.proof(app, "1");
    let (input, _) = good.rsplit_once('.').unwrap();
    for proof in ["", "x", &format!("{input}."), &format!("{good}x")] {
        check_refused(&token(app, &fields, proof).await, "invalid_dpop_proof");
    }
    let other = key.proof(app, "2");
    check_refused(&post(app, "/oauth/token", &fields, &[&good, &other]).await, "invalid_dpop_proof");
    app.assert_unchanged_since(&before).await;
    assert_eq!(token(app, &fields, &good).await.status, 200);
}

#[tokio::test]
async fn te_15_a_proof_serves_once_on_all_nodes() {
    for_each_deployment(async |[one, other]| {
        let site = Site::on(one).await;
        let machine = machine(&site).await;
        let fields = machine.with_credentials(&MACHINE);
        let (key, stranger) = (DpopKey::default(), DpopKey::default());
        let proof = key.proof(&site.app, "1");
        let (first, second) =
            futures_util::future::join(token(&site.app, &fields, &proof), token(&other, &fields, &proof)).await;
        let mut statuses = [first.status.as_u16(), second.status.as_u16()];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 400]);
        check_refused(&token(&site.app, &fields, &proof).await, "invalid_dpop_proof");
        assert_eq!(token(&other, &fields, &stranger.proof(&site.app, "1")).await.status, 200);
    })
    .await;
}

#[tokio::test]
async fn te_15_a_bound_token_is_worth_nothing_without_its_key() {
    let site = Site::new().await;
    let native = native(&site).await;
    let (key, stranger) = (DpopKey::default(), DpopKey::default());
    let access = bound_tokens(&site, &native, &key).await.text("access_token");
    let app = &site.app;
    let good = |jti: &str| key.userinfo_proof(app, jti, &access);
    let check = async |scheme: &str, proofs: &[&str], error: &str| {
        let answer = userinfo(app, scheme, &access, proofs).await;
        let challenge = answer.header("www-authenticate").unwrap();
        assert!(answer.status == 401 && challenge.contains(&format!("error=\"{error}\"")), "{challenge}");
        assert!(challenge.starts_with(&format!("{scheme} ")), "{challenge}");
    };
    check("Bearer", &[], "invalid_token").await;
    check("Bearer", &[&good("1")], "invalid_token").await;
    check("DPoP", &[], "invalid_dpop_proof").await;
    check("DPoP", &[&good("2"), &good("3")], "invalid_dpop_proof").await;
    check("DPoP", &[&stranger.userinfo_proof(app, "4", &access)], "invalid_token").await;
    check("DPoP", &[&key.userinfo_proof(app, "5", "another token")], "invalid_dpop_proof").await;
    check("DPoP", &[&key.sign(&proof_claims(app, "GET", "userinfo", "6"))], "invalid_dpop_proof").await;
    let once = good("7");
    assert_eq!(userinfo(app, "DPoP", &access, &[&once]).await.status, 200);
    check("DPoP", &[&once], "invalid_dpop_proof").await;

    let unbound = site.tokens("openid").await.text("access_token");
    let proof = key.userinfo_proof(app, "8", &unbound);
    assert_eq!(userinfo(app, "DPoP", &unbound, &[&proof]).await.status, 401);
    assert_eq!(userinfo(app, "Bearer", &unbound, &[&proof]).await.status, 200);
}

#[tokio::test]
async fn te_16_a_public_client_goes_on_with_the_key_it_began_with() {
    for_each_engine(async |app| {
        let site = Site::on(app).await;
        let native = native(&site).await;
        let (key, stranger) = (DpopKey::default(), DpopKey::default());
        let first = bound_tokens(&site, &native, &key).await.text("refresh_token");
        let app = &site.app;
        let before = app.dump().await;
        check_refused(&native.refresh(app, &first).await, "invalid_grant");
        let by_stranger = token(app, &native.refresh_fields(&first), &stranger.proof(app, "s1")).await;
        check_refused(&by_stranger, "invalid_grant");
        before.assert_changed_only(&app.dump().await, &["used_tokens"]);

        let second = token(app, &native.refresh_fields(&first), &key.proof(app, "r1")).await;
        assert_eq!((second.status.as_u16(), second.text("token_type")), (200, "DPoP".to_owned()));
        // A thief of the consumed token learns nothing and ends nothing; its owner is answered again.
        check_refused(&native.refresh(app, &first).await, "invalid_grant");
        let by_stranger = token(app, &native.refresh_fields(&first), &stranger.proof(app, "s2")).await;
        check_refused(&by_stranger, "invalid_grant");
        let again = token(app, &native.refresh_fields(&first), &key.proof(app, "r2")).await;
        assert_eq!(again.body, second.body);
        let third = token(app, &native.refresh_fields(&second.text("refresh_token")), &key.proof(app, "r3")).await;
        assert_eq!(third.status, 200, "{}", third.body);
    })
    .await;
}

#[tokio::test]
async fn te_16_a_client_with_a_secret_may_change_its_key_but_a_lost_answer_stays_with_the_old_one() {
    let site = Site::new().await;
    let (key, other) = (DpopKey::default(), DpopKey::default());
    let code = site.code_for(&site.client.request().scope("openid offline_access")).await;
    let app = &site.app;
    let first = token(app, &site.client.code_fields(&code), &key.proof(app, "1")).await.text("refresh_token");
    let second = token(app, &site.client.refresh_fields(&first), &other.proof(app, "2")).await;
    assert_eq!(second.status, 200, "{}", second.body);
    check_refused(&token(app, &site.client.refresh_fields(&first), &key.proof(app, "3")).await, "invalid_grant");
    let again = token(app, &site.client.refresh_fields(&first), &other.proof(app, "4")).await;
    assert_eq!(again.body, second.body);
}

#[tokio::test]
async fn te_16_a_code_can_be_bound_when_it_is_asked_for() {
    let site = Site::new().await;
    let native = native(&site).await;
    let (key, stranger) = (DpopKey::default(), DpopKey::default());
    let app = &site.app;
    let url = native.request().with("dpop_jkt", &key.thumbprint());
    for proof in [None, Some(stranger.proof(app, "1"))] {
        let code = site.code_for(&url).await;
        let proofs: Vec<&str> = proof.iter().map(String::as_str).collect();
        let answer = post(app, "/oauth/token", &native.code_fields(&code), &proofs).await;
        check_refused(&answer, "invalid_grant");
        check_refused(&token(app, &native.code_fields(&code), &key.proof(app, &code)).await, "invalid_grant");
    }
    let code = site.code_for(&url).await;
    assert_eq!(token(app, &native.code_fields(&code), &key.proof(app, "2")).await.status, 200);
    check_told(app, &native.request().with("dpop_jkt", "x"), "invalid_request").await;
}

#[tokio::test]
async fn a_request_sent_ahead_with_a_proof_is_bound_to_its_key() {
    let site = Site::new().await;
    let (key, stranger) = (DpopKey::default(), DpopKey::default());
    let app = &site.app;
    let proof = |key: &DpopKey, jti: &str| key.sign(&proof_claims(app, "POST", "oauth/par", jti));
    let request = site.client.request();
    let fields = site.client.with_credentials(&request.pairs()[1..]);
    let pushed = post(app, "/oauth/par", &fields, &[&proof(&key, "1")]).await;
    assert_eq!(pushed.status, 201, "{}", pushed.body);
    let code = site.code_for(&site.client.request_by_name(&pushed.text("request_uri"))).await;
    let answer = token(app, &site.client.code_fields(&code), &stranger.proof(app, "2")).await;
    check_refused(&answer, "invalid_grant");

    let jkt = stranger.thumbprint();
    let fields = [fields, vec![("dpop_jkt", jkt.as_str())]].concat();
    check_refused(&post(app, "/oauth/par", &fields, &[&proof(&key, "3")]).await, "invalid_dpop_proof");
    assert_eq!(post(app, "/oauth/par", &fields, &[&proof(&stranger, "4")]).await.status, 201);
}

#[tokio::test]
async fn te_15_a_client_or_an_api_can_refuse_whoever_proves_nothing() {
    let site = Site::new().await;
    let machine = machine(&site).await;
    let fields = machine.with_credentials(&MACHINE);
    let app = &site.app;
    let key = DpopKey::default();
    let api = format!("resource-servers/{}", form_urlencoded::byte_serialize(API.as_bytes()).collect::<String>());
    let set = async |path: &str, change: Value| {
        let answer = app.manage(Method::PATCH, path, &change).await;
        assert!(answer.status.is_success(), "{}", answer.body);
        answer.json()
    };
    let by_client = json!({ "require_proof_of_possession": true });
    assert_eq!(set("clients/machine", by_client).await["require_proof_of_possession"], true);
    check_refused(&app.token(&fields).await, "invalid_dpop_proof");
    assert_eq!(token(app, &fields, &key.proof(app, "1")).await.status, 200);
    set("clients/machine", json!({ "require_proof_of_possession": false })).await;

    let pop = json!({ "mechanism": "dpop", "required": true });
    assert_eq!(set(&api, json!({ "proof_of_possession": pop })).await["proof_of_possession"], pop);
    check_refused(&app.token(&fields).await, "invalid_dpop_proof");
    assert_eq!(token(app, &fields, &key.proof(app, "2")).await.status, 200);
    let code = site.code_for(&site.client.request().scope("openid offline_access").with("audience", API)).await;
    check_refused(&site.client.exchange(app, &code).await, "invalid_dpop_proof");
    let tokens = token(app, &site.client.code_fields(&code), &key.proof(app, "3")).await;
    assert_eq!(tokens.status, 200, "a code outlives a call without a proof: {}", tokens.body);
    check_refused(&site.client.refresh(app, &tokens.text("refresh_token")).await, "invalid_dpop_proof");
    let implicit = |client: &mut model::client::Client| client.grant_types.push(GrantType::Implicit);
    app.change_client(&site.client.client_id, implicit).await;
    let in_front = site.client.request().with("response_type", "code token").with("audience", API);
    check_told(app, &in_front, "invalid_request").await;

    assert!(set(&api, json!({ "proof_of_possession": null })).await.get("proof_of_possession").is_none());
    assert_eq!(app.token(&fields).await.status, 200);
}

#[tokio::test]
async fn te_15_the_management_api_takes_no_bound_token_as_a_bearer_s() {
    let site = Site::new().await;
    let audience = format!("{}api/v2/", site.app.issuer());
    let fields = [("grant_type", "client_credentials"), ("audience", audience.as_str())];
    let bootstrap = site.app.bootstrap_client();
    let key = DpopKey::default();
    let bound = token(&site.app, &bootstrap.with_credentials(&fields), &key.proof(&site.app, "1")).await;
    let answer = site.app.get_as(&bound.text("access_token"), "/api/v2/clients").await;
    assert_eq!(answer.status, 401, "{}", answer.body);
}
