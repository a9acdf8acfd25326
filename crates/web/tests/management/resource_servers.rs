//! `/resource-servers`.

use futures_util::future::join_all;
use serde_json::json;
use testkit::for_each_engine;

use crate::api::{Api, expect, expect_refusal, in_path, machine};

const MANAGEMENT: &str = "https://id.test/api/v2/";

#[tokio::test]
async fn an_api_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let body = json!({"identifier": "https://orders.test/", "scopes": [{"value": "read:orders", "description": "Read"}],
            "token_lifetime": 600, "allow_offline_access": true});
        let created = expect(&api.post("/resource-servers", body.clone()).await, 201);
        assert_eq!(created["name"], "https://orders.test/");
        assert_eq!((&created["token_lifetime"], &created["token_lifetime_for_web"]), (&json!(600), &json!(600)));
        assert_eq!((&created["signing_alg"], &created["token_dialect"]), (&json!("RS256"), &json!("access_token")));
        let again = api.post("/resource-servers", body).await;
        expect_refusal(&again, 409, Some("resource_server_exists"), "The resource server already exists.");

        let by_id = format!("/resource-servers/{}", created["id"].as_str().unwrap());
        let by_identifier = format!("/resource-servers/{}", in_path("https://orders.test/"));
        assert_eq!(expect(&api.get(&by_id).await, 200), created);
        let changed = expect(&api.patch(&by_identifier, json!({"name": "Orders", "token_dialect": "rfc9068_profile"})).await, 200);
        assert_eq!((&changed["name"], &changed["token_dialect"]), (&json!("Orders"), &json!("rfc9068_profile")));
        assert_eq!(expect(&api.get(&by_identifier).await, 200), changed);
        let found = expect(&api.get(&format!("/resource-servers?identifiers={}", in_path("https://orders.test/"))).await, 200);
        assert_eq!(found, json!([changed]));

        expect(&api.delete(&by_id).await, 204);
        expect(&api.delete(&by_id).await, 204);
        let gone = api.get(&by_identifier).await;
        expect_refusal(&gone, 404, Some("inexistent_resource_server"), "The resource server does not exist.");
    })
    .await;
}

#[tokio::test]
async fn of_deletions_at_once_one_is_recorded() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let robot = machine(&api.app, "robot").await;
        api.app.add_api("https://orders.test/", &["a"], |_| {}).await;
        let body = json!({"client_id": robot.client_id, "audience": "https://orders.test/", "scope": ["a"]});
        let grant = expect(&api.post("/client-grants", body).await, 201);
        let grant = format!("/client-grants/{}", grant["id"].as_str().unwrap());
        let server = format!("/resource-servers/{}", in_path("https://orders.test/"));
        for (path, operation) in [(grant, "delete_client_grant"), (server, "delete_resource_server")] {
            for answer in join_all((0..8).map(|_| api.delete(&path))).await {
                assert_eq!(answer.status, 204, "{}", answer.body);
            }
            let recorded = api.app.events_of("sapi").await;
            let deletions = recorded.iter().filter(|event| event.details["operation"] == operation);
            assert_eq!(deletions.count(), 1, "{operation}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_scope_that_is_withdrawn_leaves_the_grants() {
    let api = Api::new().await;
    let robot = machine(&api.app, "robot").await;
    api.app.add_api("https://orders.test/", &["a", "b"], |_| {}).await;
    api.app.add_client_grant(&robot, "https://orders.test/", "a b").await;
    let path = format!("/resource-servers/{}", in_path("https://orders.test/"));
    expect(&api.patch(&path, json!({"scopes": [{"value": "b"}, {"value": "c"}]})).await, 200);
    expect(&api.patch(&path, json!({"scopes": [{"value": "a"}, {"value": "b"}]})).await, 200);
    let grants = expect(&api.get("/client-grants?client_id=robot").await, 200);
    assert_eq!(grants[0]["scope"], json!(["b"]));
}

#[tokio::test]
async fn the_management_api_stays_what_it_is() {
    let api = Api::new().await;
    let path = format!("/resource-servers/{}", in_path(MANAGEMENT));
    let before = api.app.dump().await;
    let message = "The Management API cannot be deleted, and only its token lifetimes can be changed.";
    for answer in [
        api.delete(&path).await,
        api.patch(&path, json!({"scopes": []})).await,
        api.patch(&path, json!({"token_lifetime": 60, "allow_offline_access": true})).await,
    ] {
        expect_refusal(&answer, 403, Some("operation_not_supported"), message);
    }
    api.app.assert_unchanged_since(&before).await;
    assert_eq!(expect(&api.patch(&path, json!({"token_lifetime": 60})).await, 200)["token_lifetime"], 60);
    expect(&Api::on(api.app.clone()).await.get("/resource-servers").await, 200);
}

#[tokio::test]
async fn ad_04_what_an_api_cannot_be_is_refused() {
    let api = Api::new().await;
    expect(&api.post("/clients", json!({"name": "x", "client_id": "a-client"})).await, 201);
    let before = api.app.dump().await;
    let cases = [
        (json!({}), "Missing required property: identifier"),
        (json!({"identifier": "a b"}), "identifier must not contain white space"),
        (json!({"identifier": "https://id.test/userinfo"}), "identifier must not be a URL of this server"),
        (json!({"identifier": "https://id.test"}), "identifier must not be a URL of this server"),
        (json!({"identifier": "x", "is_system": true}), "Additional properties not allowed: is_system"),
        (json!({"identifier": "x", "signing_alg": "HS256"}), "signing_alg can only be \"RS256\" in this version"),
        (
            json!({"identifier": "x", "enforce_policies": 1}),
            "Expected a boolean but found an integer on property enforce_policies",
        ),
        (
            json!({"identifier": "x", "scopes": [{"value": "a"}, {"value": "b c"}]}),
            "scopes[1].value must have between 1 and 280 characters that a scope may consist of",
        ),
        (json!({"identifier": "x", "scopes": [{"value": "a"}, {"value": "a"}]}), "scopes must not name a twice"),
        (json!({"identifier": "x", "token_lifetime": 0}), "token_lifetime must be between 1 and 2592000"),
        (
            json!({"identifier": "x", "token_lifetime": 60, "token_lifetime_for_web": 61}),
            "token_lifetime_for_web must not be longer than token_lifetime",
        ),
        (
            json!({"identifier": "x", "token_dialect": "access_token_other"}),
            "Expected one of access_token, access_token_authz, rfc9068_profile, rfc9068_profile_authz but found a \
             string on property token_dialect",
        ),
    ];
    for (body, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.post("/resource-servers", body).await, 400, Some("invalid_body"), &message);
    }
    let like_a_client = api.post("/resource-servers", json!({"identifier": "a-client"})).await;
    expect_refusal(&like_a_client, 409, Some("resource_server_exists"), "The resource server already exists.");
    api.app.assert_unchanged_since(&before).await;
    let path = format!("/resource-servers/{}", in_path(MANAGEMENT));
    let renamed = api.patch(&path.replace("api", "nothing"), json!({"identifier": "y"})).await;
    expect_refusal(&renamed, 404, Some("inexistent_resource_server"), "The resource server does not exist.");
}

/// Whoever asked for one of these would be granted it, whatever they are permitted.
#[tokio::test]
async fn what_speaks_of_the_person_or_of_the_grant_is_no_scope_of_an_api() {
    let api = Api::new().await;
    api.app.add_api("https://orders.test/", &["read:email"], |api| api.enforce_policies = true).await;
    let before = api.app.dump().await;
    let path = format!("/resource-servers/{}", in_path("https://orders.test/"));
    for name in ["openid", "profile", "email", "phone", "address", "offline_access", "created_at"] {
        let scopes = json!([{"value": "read:email"}, {"value": name}]);
        let message = format!("Payload validation error: scopes[1].value must not be {name}, which is reserved");
        for answer in [
            api.post("/resource-servers", json!({"identifier": "x", "scopes": scopes})).await,
            api.patch(&path, json!({"scopes": scopes})).await,
        ] {
            expect_refusal(&answer, 400, Some("invalid_body"), &message);
        }
    }
    api.app.assert_unchanged_since(&before).await;
}
