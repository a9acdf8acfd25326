//! `/keys/signing`.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};
use testkit::{App, RelyingParty, TokenVerifier, for_each_deployment, for_each_engine};
use tokio::sync::watch;

use crate::api::{Api, call, each, expect, expect_refusal, machine, machine_token};

const AUDIENCE: &str = "https://id.test/api/v2/";
const ROTATIONS: usize = 5;
/// How long a node publishes what it last saw.
const GLANCE: Duration = Duration::from_secs(1);

/// The key that is at this stage.
fn at<'a>(keys: &'a Value, stage: &str) -> &'a Value {
    let mut found = keys.as_array().expect("a list of keys").iter().filter(|key| key[stage] == true);
    let key = found.next().unwrap_or_else(|| panic!("no key is {stage}"));
    assert!(found.next().is_none(), "two keys are {stage}");
    key
}

async fn published(app: &App) -> Vec<String> {
    let jwks = app.get("/.well-known/jwks.json").await.json();
    each(&jwks["keys"], "kid").into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn jw_10_a_key_is_next_then_current_then_previous_then_revoked() {
    for_each_deployment(async |[one, other]| {
        let api = Api::on(one).await;
        let before = expect(&api.get("/keys/signing").await, 200);
        let (first, second) = (at(&before, "current")["kid"].clone(), at(&before, "next")["kid"].clone());
        let rotated = expect(&api.post("/keys/signing/rotate", json!({})).await, 201);
        assert_eq!(rotated["kid"], second);

        let after = expect(&api.get("/keys/signing").await, 200);
        assert_eq!((&at(&after, "current")["kid"], &at(&after, "previous")["kid"]), (&second, &first));
        let third = at(&after, "next")["kid"].as_str().unwrap();
        let (first, second) = (first.as_str().unwrap(), second.as_str().unwrap());
        other.advance(GLANCE);
        for node in [&api.app, &other] {
            assert_eq!(published(node).await, [second, third, first]);
        }
        let revoked = expect(&api.send(Method::PUT, &format!("/keys/signing/{first}/revoke"), None).await, 200);
        assert_eq!(revoked, json!({"kid": first, "cert": at(&after, "previous")["cert"]}));
        other.advance(GLANCE);
        for node in [&api.app, &other] {
            assert_eq!(published(node).await, [second, third]);
        }
        // The caller's own token was signed by the key that is no more.
        let api = Api::on(api.app).await;
        let shown = expect(&api.get(&format!("/keys/signing/{first}")).await, 200);
        assert_eq!((&shown["previous"], &shown["revoked"]), (&json!(false), &json!(true)));
        assert!(shown["revoked_at"].is_string());
    })
    .await;
}

#[tokio::test]
async fn what_another_node_changed_is_published_within_a_second() {
    for_each_engine(async |app| {
        let (other, api) = (app.another_node().await, Api::on(app).await);
        let before = published(&other).await;
        expect(&api.post("/keys/signing/rotate", json!({})).await, 201);
        assert_eq!(published(&other).await, before, "it has looked just now");
        other.advance(GLANCE);
        let after = published(&other).await;
        assert_eq!(after, published(&api.app).await);
        assert_ne!(after, before);
    })
    .await;
}

#[tokio::test]
async fn only_a_previous_key_is_revoked() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let keys = expect(&api.get("/keys/signing").await, 200);
        let before = api.app.dump().await;
        for stage in ["current", "next"] {
            let kid = at(&keys, stage)["kid"].as_str().unwrap();
            let answer = api.send(Method::PUT, &format!("/keys/signing/{kid}/revoke"), None).await;
            let message = "Only a key that no longer signs can be revoked; rotate the keys first.";
            expect_refusal(&answer, 400, Some("operation_not_supported"), message);
        }
        let unknown = api.send(Method::PUT, "/keys/signing/unknown/revoke", None).await;
        expect_refusal(&unknown, 404, Some("inexistent_signing_key"), "The signing key does not exist.");
        api.app.assert_unchanged_since(&before).await;
    })
    .await;
}

#[tokio::test]
async fn a_key_is_shown_in_every_spelling_and_without_its_secret() {
    let api = Api::new().await;
    let keys = expect(&api.get("/keys/signing").await, 200);
    let current = at(&keys, "current");
    let path = format!("/keys/signing/{}", current["kid"].as_str().unwrap());
    assert_eq!(expect(&api.get(&path).await, 200), *current);
    let names: Vec<_> = current.as_object().unwrap().keys().map(String::as_str).collect();
    let stages = ["current", "next", "previous", "revoked", "current_since"];
    assert_eq!(names, [&["kid", "cert", "pkcs7", "fingerprint", "thumbprint"][..], &stages].concat());
    assert!(current["cert"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----\n"));
}

#[tokio::test]
async fn rotating_needs_both_scopes() {
    let api = Api::new().await;
    let before = api.app.dump().await;
    for (held, lacking) in [("create", "update"), ("update", "create")] {
        let half = api.with_scopes(&format!("{held}:signing_keys")).await;
        let message = format!("Insufficient scope, expected any of: {lacking}:signing_keys");
        expect_refusal(&half.post("/keys/signing/rotate", json!({})).await, 403, Some("insufficient_scope"), &message);
    }
    let after = api.app.dump().await;
    assert_eq!(after.rows("signing_keys"), before.rows("signing_keys"));
}

/// Asks for tokens and verifies them until the keys have been rotated often enough, and says how many there were.
async fn use_tokens(
    nodes: [App; 2],
    client: RelyingParty,
    mut verifier: TokenVerifier,
    done: watch::Receiver<bool>,
) -> usize {
    let mut count = 0;
    while !*done.borrow() || count == 0 {
        for (issuing, asked) in [(0, 1), (1, 0), (0, 0)] {
            let token = machine_token(&nodes[issuing], &client, AUDIENCE).await;
            verifier.verify(&token).await.expect("a token of ours verifies");
            let answer = call(&nodes[asked], Method::GET, "/clients?per_page=1", Some(&token), String::new()).await;
            assert_eq!(answer.status, 200, "{}", answer.body);
            count += 1;
        }
    }
    assert!(verifier.fetched() <= ROTATIONS + 1, "keys were fetched {} times", verifier.fetched());
    count
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jw_10_five_rotations_under_load_fail_no_verification() {
    for_each_deployment(async |nodes| {
        let api = Api::on(nodes[0].clone()).await;
        let client = machine(&api.app, "busy").await;
        api.app.add_client_grant(&client, AUDIENCE, "read:clients").await;
        let (finish, done) = watch::channel(false);
        let verifiers = [TokenVerifier::of(&nodes[0]).await, TokenVerifier::of(&nodes[1]).await];
        let users =
            verifiers.map(|verifier| tokio::spawn(use_tokens(nodes.clone(), client.clone(), verifier, done.clone())));
        let before = machine_token(&nodes[1], &client, AUDIENCE).await;
        for rotation in 0..ROTATIONS {
            let rotating = &nodes[rotation % 2];
            expect(&call(rotating, Method::POST, "/keys/signing/rotate", Some(&api.token), String::new()).await, 201);
        }
        nodes[0].advance(GLANCE);
        finish.send(true).unwrap();
        for user in users {
            assert!(user.await.unwrap() > 0);
        }
        for node in &nodes {
            TokenVerifier::of(node).await.verify(&before).await.expect("the oldest token still verifies");
            assert_eq!(published(node).await.len(), ROTATIONS + 2);
        }
    })
    .await;
}
