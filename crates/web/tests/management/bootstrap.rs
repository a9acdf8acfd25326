//! The client of the configuration, which a start brings back whatever was changed about it.

use futures_util::future::join_all;
use model::event::Event;
use serde_json::{Value, json};
use testkit::{App, ClientKeyPair, Options, for_each_engine, for_each_engine_with};

use crate::api::{Api, expect};

const CLIENT: &str = "/clients/bootstrap";
const MANAGEMENT: &str = "https://id.test/api/v2/";

/// What the configured client is granted when it comes with the configured secret.
async fn granted(app: &App) -> Option<Value> {
    let fields = [("grant_type", "client_credentials"), ("audience", MANAGEMENT)];
    let answer = app.token(&app.bootstrap_client().with_credentials(&fields)).await;
    (answer.status == 200).then(|| answer.json()["scope"].clone())
}

/// How often the log says that a start had to do something about it.
async fn repairs(app: &App) -> usize {
    let is_one =
        |event: &&Event| event.description.as_deref() == Some("Created or repaired the bootstrap client at start");
    app.events_of("sapi").await.iter().filter(is_one).count()
}

async fn grant_path(api: &Api) -> String {
    let grants = expect(&api.get("/client-grants?client_id=bootstrap").await, 200);
    format!("/client-grants/{}", grants[0]["id"].as_str().expect("an id"))
}

/// Somebody locks the configured client out, and the next start lets it in as before.
async fn check_repaired(what: &str, lock_out: impl AsyncFn(&Api)) {
    for_each_engine(async |app| {
        let everything = granted(&app).await.expect("it may come in");
        let api = Api::on(app.clone()).await;
        lock_out(&api).await;
        assert_ne!(granted(&app).await.as_ref(), Some(&everything), "{what} locks nobody out");
        let restarted = app.another_node().await;
        assert_eq!(repairs(&app).await, 1, "{what}");
        assert_eq!(granted(&restarted).await.as_ref(), Some(&everything), "{what}");
        let client = expect(&Api::on(restarted).await.get(CLIENT).await, 200);
        assert_eq!(client["client_secret"].as_str(), app.bootstrap_client().secret.as_deref(), "{what}");
    })
    .await;
}

async fn change(api: &Api, path: &str, change: Value) {
    expect(&api.patch(path, change).await, 200);
}

async fn rotate_secret(api: &Api) {
    expect(&api.post(&format!("{CLIENT}/rotate-secret"), json!({})).await, 200);
}

#[tokio::test]
async fn a_start_gives_the_configured_client_its_grant_again() {
    check_repaired("no grant", async |api| {
        expect(&api.delete(&grant_path(api).await).await, 204);
    })
    .await;
    check_repaired("a narrower grant", async |api| {
        change(api, &grant_path(api).await, json!({"scope": ["read:users"]})).await;
    })
    .await;
    check_repaired("an empty grant", async |api| change(api, &grant_path(api).await, json!({"scope": []})).await).await;
}

#[tokio::test]
async fn a_start_gives_the_configured_client_its_secret_again() {
    check_repaired("another secret", async |api| change(api, CLIENT, json!({"client_secret": "n".repeat(40)})).await)
        .await;
    check_repaired("a new secret", rotate_secret).await;
}

#[tokio::test]
async fn a_start_gives_the_configured_client_its_way_in_again() {
    check_repaired("no grant type", async |api| change(api, CLIENT, json!({"grant_types": []})).await).await;
    let others = json!({"grant_types": ["authorization_code", "refresh_token"]});
    check_repaired("other grant types", async |api| change(api, CLIENT, others.clone()).await).await;
    let public = json!({"token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]});
    check_repaired("a public client", async |api| change(api, CLIENT, public.clone()).await).await;
    check_repaired("a key", sign_with_a_key).await;
    let bound = json!({"require_proof_of_possession": true});
    check_repaired("a key to prove", async |api| change(api, CLIENT, bound.clone()).await).await;
}

async fn sign_with_a_key(api: &Api) {
    let key = json!({"credential_type": "public_key", "pem": ClientKeyPair::pem()});
    let id = expect(&api.post(&format!("{CLIENT}/credentials"), key).await, 201)["id"].clone();
    let methods = json!({"private_key_jwt": {"credentials": [{"id": id}]}});
    change(api, CLIENT, json!({"token_endpoint_auth_method": null, "client_authentication_methods": methods})).await;
}

#[tokio::test]
async fn a_start_brings_the_configured_client_back_from_anything() {
    check_repaired("no client", async |api| {
        expect(&api.delete(CLIENT).await, 204);
    })
    .await;
    let public = json!({"token_endpoint_auth_method": "none", "grant_types": ["authorization_code"]});
    check_repaired("everything at once", async |api| {
        let grant = grant_path(api).await;
        rotate_secret(api).await;
        change(api, CLIENT, public.clone()).await;
        expect(&api.delete(&grant).await, 204);
    })
    .await;
}

#[tokio::test]
async fn a_start_leaves_what_lets_the_configured_client_in_as_it_is() {
    for_each_engine(async |app| {
        let api = Api::on(app.clone()).await;
        let mine = json!({"name": "Ours", "description": "for scripts", "token_endpoint_auth_method": "client_secret_basic",
            "grant_types": ["client_credentials", "refresh_token"], "client_metadata": {"team": "a"}});
        change(&api, CLIENT, mine).await;
        let before = app.dump().await;
        app.another_node().await;
        app.assert_unchanged_since(&before).await;
    })
    .await;
}

/// AD-11: nobody is there before the operator names somebody, and no page waits for whoever comes first.
#[tokio::test]
async fn ad_11_a_new_deployment_has_no_account_and_nothing_to_claim() {
    for_each_engine_with(Options { has_bootstrap_client: false, ..Options::default() }, async |app| {
        let before = app.dump().await;
        for table in ["users", "passwords", "identities", "clients", "client_grants", "connections", "sessions"] {
            assert!(before.rows(table).is_empty(), "{table}: {:?}", before.rows(table));
        }
        for (id, secret) in [("bootstrap", "bootstrap"), ("admin", "admin"), ("admin", "123456"), ("landbridge", "")] {
            let fields = [("client_id", id), ("client_secret", secret), ("audience", MANAGEMENT)];
            let answer = app.token(&[&fields[..], &[("grant_type", "client_credentials")]].concat()).await;
            assert_eq!(answer.refusal(), (401, "invalid_client".to_owned()), "{id}");
        }
        for path in ["/", "/setup", "/install", "/admin", "/init", "/onboarding", "/api/v2/setup"] {
            let answers = [app.get(path).await, app.post_form(path, &[("password", "mine")]).await];
            assert!(answers.iter().all(|answer| answer.status == 404), "{path}");
        }
        let registered = app.post_form("/oidc/register", &[]).await;
        assert!(registered.status.is_client_error(), "{}", registered.body);
        before.assert_changed_only(&app.dump().await, &[]);
    })
    .await;
}

/// AD-11: several nodes may start at once, and the configured client is made by one of them.
#[tokio::test]
async fn ad_11_of_starts_at_once_one_makes_the_configured_client() {
    for_each_engine(async |app| {
        let api = Api::on(app.clone()).await;
        expect(&api.delete(&grant_path(&api).await).await, 204);
        expect(&api.delete(CLIENT).await, 204);
        let nodes = join_all((0..8).map(|_| app.another_node())).await;
        assert_eq!(repairs(&app).await, 1);
        assert_eq!(app.dump().await.rows("clients").len(), 1);
        assert_eq!(app.dump().await.rows("client_grants").len(), 1);
        assert!(granted(&nodes[0]).await.is_some(), "it may come in");
    })
    .await;
}
