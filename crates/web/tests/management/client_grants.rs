//! `/client-grants`.

use serde_json::json;
use testkit::for_each_engine;

use crate::api::{Api, expect, expect_refusal, machine};

const API: &str = "https://orders.test/";
const MANAGEMENT: &str = "https://id.test/api/v2/";

#[tokio::test]
async fn a_grant_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        machine(&api.app, "robot").await;
        api.app.add_api(API, &["read:orders", "write:orders"], |_| {}).await;
        let body = json!({"client_id": "robot", "audience": API, "scope": ["read:orders"], "subject_type": "client"});
        let created = expect(&api.post("/client-grants", body.clone()).await, 201);
        assert_eq!((&created["audience"], &created["scope"]), (&json!(API), &json!(["read:orders"])));
        let again = api.post("/client-grants", body).await;
        expect_refusal(&again, 409, Some("client_grant_exists"), "The client grant already exists.");

        let path = format!("/client-grants/{}", created["id"].as_str().unwrap());
        let changed = expect(&api.patch(&path, json!({"scope": ["write:orders"]})).await, 200);
        assert_eq!(changed["scope"], json!(["write:orders"]));
        assert_eq!(expect(&api.get(&path).await, 200), changed);
        for query in [
            "client_id=robot",
            "audience=https%3A%2F%2Forders.test%2F",
            "client_id=robot&audience=https%3A%2F%2Forders.test%2F",
        ] {
            assert_eq!(expect(&api.get(&format!("/client-grants?{query}")).await, 200), json!([changed]));
        }
        assert_eq!(expect(&api.get("/client-grants?client_id=nobody").await, 200), json!([]));

        expect(&api.delete(&path).await, 204);
        expect(&api.delete(&path).await, 204);
        expect_refusal(&api.get(&path).await, 404, Some("inexistent_client_grant"), "The client grant does not exist.");
    })
    .await;
}

#[tokio::test]
async fn a_grant_is_for_a_client_an_api_and_scopes_that_exist() {
    let api = Api::new().await;
    machine(&api.app, "robot").await;
    api.app.add_api(API, &["read:orders"], |_| {}).await;
    let before = api.app.dump().await;
    let post = async |client_id: &str, audience: &str, scope: &str| {
        api.post("/client-grants", json!({"client_id": client_id, "audience": audience, "scope": [scope]})).await
    };
    let refused = post("nobody", API, "read:orders").await;
    expect_refusal(&refused, 404, Some("inexistent_client"), "The client does not exist.");
    let refused = post("robot", "https://nowhere.test/", "read:orders").await;
    expect_refusal(&refused, 404, Some("inexistent_resource_server"), "The resource server does not exist.");
    // Its id is no audience.
    let refused = post("robot", &format!("id of {API}"), "read:orders").await;
    expect_refusal(&refused, 404, Some("inexistent_resource_server"), "The resource server does not exist.");
    let refused = post("robot", API, "delete:orders").await;
    let message = "Payload validation error: scope names delete:orders, which https://orders.test/ does not offer";
    expect_refusal(&refused, 400, Some("invalid_body"), message);
    let refused = api.post("/client-grants", json!({"client_id": "robot"})).await;
    expect_refusal(
        &refused,
        400,
        Some("invalid_body"),
        "Payload validation error: Missing required property: audience",
    );
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn ad_05_nobody_grants_management_scopes_that_they_do_not_hold() {
    let api = Api::new().await;
    machine(&api.app, "robot").await;
    let held = "create:client_grants update:client_grants read:users";
    let granter = api.with_scopes(held).await;
    let own =
        expect(&api.get(&format!("/client-grants?client_id=machine-{}", held.replace([':', ' '], "-"))).await, 200);
    let own = format!("/client-grants/{}", crate::api::in_path(own[0]["id"].as_str().unwrap()).replace('+', "%20"));

    let before = api.app.dump().await;
    let beyond = "Insufficient scope, cannot grant what the token does not have: delete:users,read:client_keys";
    let scopes = json!(["read:users", "delete:users", "read:client_keys"]);
    let body = json!({"client_id": "robot", "audience": MANAGEMENT, "scope": scopes});
    expect_refusal(&granter.post("/client-grants", body).await, 403, Some("insufficient_scope"), beyond);
    let raised = granter.patch(&own, json!({"scope": scopes})).await;
    expect_refusal(&raised, 403, Some("insufficient_scope"), beyond);
    api.app.assert_unchanged_since(&before).await;

    let body = json!({"client_id": "robot", "audience": MANAGEMENT, "scope": ["read:users"]});
    expect(&granter.post("/client-grants", body).await, 201);
    // What a grant held before may stay, and go.
    let strong =
        api.post("/clients", json!({"name": "strong", "client_id": "strong", "app_type": "non_interactive"})).await;
    expect(&strong, 201);
    let body = json!({"client_id": "strong", "audience": MANAGEMENT, "scope": ["delete:users", "read:logs"]});
    let strong = expect(&api.post("/client-grants", body).await, 201);
    let path = format!("/client-grants/{}", strong["id"].as_str().unwrap());
    let narrowed = expect(&granter.patch(&path, json!({"scope": ["delete:users", "read:users"]})).await, 200);
    assert_eq!(narrowed["scope"], json!(["delete:users", "read:users"]));
}
