//! `/clients/{id}/credentials`, and clients that name them.

use serde_json::{Value, json};
use testkit::{App, ClientKeyPair, for_each_engine};

use crate::api::{Api, each, expect, expect_refusal, machine};

const PATH: &str = "/clients/robot/credentials";

async fn with_robot(app: App) -> Api {
    machine(&app, "robot").await;
    Api::on(app).await
}

fn key() -> Value {
    json!({"credential_type": "public_key", "name": "laptop", "pem": ClientKeyPair::pem(), "alg": "RS384"})
}

fn naming(ids: &[&str]) -> Value {
    let credentials: Vec<_> = ids.iter().map(|id| json!({ "id": id })).collect();
    json!({"client_authentication_methods": {"private_key_jwt": {"credentials": credentials}}})
}

#[tokio::test]
async fn a_credential_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = with_robot(app).await;
        let created = expect(&api.post(PATH, key()).await, 201);
        let shown = |name: &str| created[name].as_str().unwrap_or_default().to_owned();
        let facts = [shown("name"), shown("alg"), shown("credential_type")];
        assert_eq!(facts, ["laptop", "RS384", "public_key"]);
        assert!(shown("id").starts_with("cred_") && shown("kid").len() == 43 && created.get("pem").is_none());
        let path = format!("{PATH}/{}", shown("id"));
        assert_eq!(expect(&api.get(&path).await, 200), created);
        assert_eq!(expect(&api.get(PATH).await, 200), json!([created]));
        let changed = expect(&api.patch(&path, json!({"expires_at": "2100-01-01T00:00:00Z"})).await, 200);
        assert_eq!(changed["expires_at"], "2100-01-01T00:00:00.000Z");
        let refused = api.post(PATH, key()).await;
        let message = "The client credential already exists.";
        expect_refusal(&refused, 409, Some("client_credential_exists"), message);
        expect(&api.delete(&path).await, 204);
        expect(&api.delete(&path).await, 204);
        let message = "The client credential does not exist.";
        for answer in [api.get(&path).await, api.patch(&path, json!({})).await] {
            expect_refusal(&answer, 404, Some("inexistent_client_credential"), message);
        }
        assert_eq!(expect(&api.get(PATH).await, 200), json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_client_names_the_keys_it_authenticates_with() {
    let api = with_robot(App::new().await).await;
    let id = expect(&api.post(PATH, key()).await, 201)["id"].as_str().unwrap().to_owned();
    let mut change = naming(&[&id]);
    change["token_endpoint_auth_method"] = Value::Null;
    let client = expect(&api.patch("/clients/robot", change.clone()).await, 200);
    assert_eq!(client["token_endpoint_auth_method"], Value::Null);
    assert_eq!(client["client_authentication_methods"], change["client_authentication_methods"]);
    assert_eq!(expect(&api.get("/clients/robot").await, 200), client);
    let renamed =
        expect(&api.patch("/clients/robot", json!({"name": "x", "token_endpoint_auth_method": null})).await, 200);
    assert_eq!(renamed["client_authentication_methods"], client["client_authentication_methods"]);

    let message = "The client names this credential. Take it out of client_authentication_methods and signed_request_object first.";
    expect_refusal(&api.delete(&format!("{PATH}/{id}")).await, 409, Some("credential_in_use"), message);
    let back = json!({"token_endpoint_auth_method": "client_secret_basic", "client_authentication_methods": null});
    let client = expect(&api.patch("/clients/robot", back).await, 200);
    assert_eq!(client["token_endpoint_auth_method"], "client_secret_basic");
    assert!(client.get("client_authentication_methods").is_none());
    expect(&api.delete(&format!("{PATH}/{id}")).await, 204);
}

#[tokio::test]
async fn ad_04_what_is_no_key_or_names_none_is_refused() {
    let api = with_robot(App::new().await).await;
    machine(&api.app, "other").await;
    let others = expect(&api.post("/clients/other/credentials", key()).await, 201)["id"].as_str().unwrap().to_owned();
    let own = expect(&api.post(PATH, key()).await, 201)["id"].as_str().unwrap().to_owned();
    let before = api.app.dump().await;
    for change in [
        json!({"credential_type": "x509_cert"}),
        json!({"pem": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"}),
        json!({"alg": "HS256"}),
        json!({"alg": "none"}),
        json!({"expires_at": "2001-01-01T00:00:00Z"}),
        json!({"expires_at": "soon"}),
        json!({"name": ""}),
        json!({"kid": "mine"}),
    ] {
        let mut body = key();
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        assert_eq!(expect(&api.post(PATH, body).await, 400)["errorCode"], "invalid_body", "{change}");
    }
    for change in [
        naming(&[]),
        naming(&[&own, &own, &own]),
        naming(&[&others]),
        naming(&["cred_unknown"]),
        json!({"client_authentication_methods": {}}),
        json!({"client_authentication_methods": {"tls_client_auth": {"credentials": [{"id": own}]}}}),
        json!({"token_endpoint_auth_method": "private_key_jwt"}),
        json!({"token_endpoint_auth_method": null}),
        json!({"token_endpoint_auth_method": "none", "client_authentication_methods": naming(&[&own])["client_authentication_methods"]}),
    ] {
        assert_eq!(
            expect(&api.patch("/clients/robot", change.clone()).await, 400)["errorCode"],
            "invalid_body",
            "{change}"
        );
    }
    let mut with_keys = naming(&[&own]);
    with_keys["name"] = "new".into();
    expect(&api.post("/clients", with_keys).await, 400);
    api.app.assert_unchanged_since(&before).await;
    let none = api.post("/clients/nobody/credentials", key()).await;
    expect_refusal(&none, 404, Some("inexistent_client"), "The client does not exist.");
}

#[tokio::test]
async fn ad_05_nobody_gives_a_mightier_client_a_key() {
    let api = with_robot(App::new().await).await;
    let robot = machine(&api.app, "mightier").await;
    api.app.add_client_grant(&robot, "https://id.test/api/v2/", "read:logs").await;
    let held = expect(&api.post("/clients/mightier/credentials", key()).await, 201)["id"].as_str().unwrap().to_owned();
    let scopes = "update:clients update:client_keys create:client_credentials update:client_credentials";
    let caller = api.with_scopes(scopes).await;
    let before = api.app.dump().await;
    let message = "Insufficient scope, cannot grant what the token does not have: read:logs";
    for answer in [
        caller.post("/clients/mightier/credentials", key()).await,
        caller.patch(&format!("/clients/mightier/credentials/{held}"), json!({"expires_at": null})).await,
        caller.patch("/clients/mightier", naming(&[&held])).await,
    ] {
        expect_refusal(&answer, 403, Some("insufficient_scope"), message);
    }
    api.app.assert_unchanged_since(&before).await;
    let own = expect(&caller.post(PATH, key()).await, 201);
    expect(&caller.patch("/clients/robot", naming(&[own["id"].as_str().unwrap()])).await, 200);
    assert_eq!(each(&expect(&api.get(PATH).await, 200), "id").len(), 1);
}
