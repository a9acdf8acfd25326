//! `/clients`.

use futures_util::future::join_all;
use serde_json::{Value, json};
use testkit::for_each_engine;

use crate::api::{Api, each, expect, expect_refusal};

#[tokio::test]
async fn a_client_is_created_with_the_defaults_of_its_kind() {
    let api = Api::new().await;
    let cases = [
        (
            json!({}),
            "regular_web",
            "client_secret_post",
            vec!["authorization_code", "refresh_token", "client_credentials"],
        ),
        (json!({"app_type": "spa"}), "spa", "none", vec!["authorization_code", "refresh_token"]),
        (json!({"app_type": "native"}), "native", "none", vec!["authorization_code", "refresh_token"]),
        (json!({"app_type": "non_interactive"}), "non_interactive", "client_secret_post", vec!["client_credentials"]),
        (
            json!({"app_type": "regular_web", "token_endpoint_auth_method": "none"}),
            "regular_web",
            "none",
            vec!["authorization_code", "refresh_token"],
        ),
    ];
    for (mut body, app_type, method, grants) in cases {
        body["name"] = "x".into();
        let client = expect(&api.post("/clients", body).await, 201);
        assert_eq!(client["app_type"], app_type);
        assert_eq!(client["token_endpoint_auth_method"], method);
        assert_eq!(client["grant_types"], json!(grants));
        assert_eq!(client["client_id"].as_str().map(str::len), Some(32));
        assert_eq!(client["client_secret"].as_str().map(str::len), Some(64));
        assert_eq!(client["refresh_token"]["rotation_type"], "rotating");
        assert_eq!(client["refresh_token"].get("leeway"), None);
        assert_eq!(
            client["jwt_configuration"],
            json!({"lifetime_in_seconds": 36000, "alg": "RS256", "secret_encoded": false})
        );
    }
}

#[tokio::test]
async fn a_client_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let body = json!({
            "name": "shop", "callbacks": ["https://shop.test/cb"], "allowed_logout_urls": ["https://shop.test/bye"],
            "web_origins": ["https://shop.test"], "grant_types": ["authorization_code", "implicit"],
            "client_metadata": {"team": "a", "floor": "2"},
        });
        let created = expect(&api.post("/clients", body).await, 201);
        let path = format!("/clients/{}", created["client_id"].as_str().unwrap());
        assert_eq!(expect(&api.get(&path).await, 200), created);

        let change = json!({"name": "shop 2", "client_metadata": {"floor": null, "room": "7"}, "refresh_token":
            {"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0, "token_lifetime": 100, "idle_token_lifetime": 50}});
        let changed = expect(&api.patch(&path, change).await, 200);
        let mut expected = created.clone();
        expected["name"] = "shop 2".into();
        expected["client_metadata"] = json!({"team": "a", "room": "7"});
        expected["refresh_token"] = json!({"rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0,
            "token_lifetime": 100, "infinite_token_lifetime": false, "idle_token_lifetime": 50,
            "infinite_idle_token_lifetime": false});
        assert_eq!(changed, expected);
        assert_eq!(expect(&api.get(&path).await, 200), expected);

        let rotated = expect(&api.post(&format!("{path}/rotate-secret"), json!({})).await, 200);
        assert_ne!(rotated["client_secret"], created["client_secret"]);
        assert_eq!(expect(&api.get(&path).await, 200), rotated);

        expect(&api.delete(&path).await, 204);
        expect(&api.delete(&path).await, 204);
        for answer in [api.get(&path).await, api.patch(&path, json!({})).await, api.post(&format!("{path}/rotate-secret"), json!({})).await] {
            expect_refusal(&answer, 404, Some("inexistent_client"), "The client does not exist.");
        }
    })
    .await;
}

#[tokio::test]
async fn an_application_may_bring_the_id_and_secret_it_had() {
    let api = Api::new().await;
    let secret = "an-old-secret_of-some-other-place-1234";
    let body = json!({"name": "old", "client_id": "OldId_from-elsewhere", "client_secret": secret, "app_type": "non_interactive"});
    let created = expect(&api.post("/clients", body.clone()).await, 201);
    assert_eq!(
        (created["client_id"].as_str(), created["client_secret"].as_str()),
        (Some("OldId_from-elsewhere"), Some(secret))
    );
    expect_refusal(&api.post("/clients", body).await, 409, Some("client_exists"), "The client already exists.");

    let audience = "https://id.test/api/v2/";
    let grant = json!({"client_id": "OldId_from-elsewhere", "audience": audience, "scope": ["read:users"]});
    expect(&api.post("/client-grants", grant).await, 201);
    let fields = [
        ("grant_type", "client_credentials"),
        ("client_id", "OldId_from-elsewhere"),
        ("client_secret", secret),
        ("audience", audience),
    ];
    assert_eq!(api.app.token(&fields).await.status, 200);
    expect(&api.post("/clients/OldId_from-elsewhere/rotate-secret", json!({})).await, 200);
    assert_eq!(api.app.token(&fields).await.status, 401);
}

#[tokio::test]
async fn ad_02_secrets_are_for_those_who_may_read_them() {
    let api = Api::new().await;
    let created = expect(&api.post("/clients", json!({"name": "shop"})).await, 201);
    let path = format!("/clients/{}", created["client_id"].as_str().unwrap());
    let reader = api.with_scopes("read:clients").await;
    assert_eq!(expect(&reader.get(&path).await, 200).get("client_secret"), None);
    let all = expect(&reader.get("/clients").await, 200);
    assert!(all.as_array().unwrap().iter().all(|client| client.get("client_secret").is_none()), "{all}");
    let projected = expect(&reader.get(&format!("{path}?fields=client_secret")).await, 200);
    assert_eq!(projected, json!({}));
    let updater = api.with_scopes("update:clients").await;
    assert_eq!(expect(&updater.patch(&path, json!({"name": "x"})).await, 200).get("client_secret"), None);
    let before = api.app.dump().await;
    let refused = updater.patch(&path, json!({"client_secret": "n".repeat(40)})).await;
    expect_refusal(
        &refused,
        403,
        Some("insufficient_scope"),
        "Insufficient scope, expected any of: update:client_keys",
    );
    api.app.assert_unchanged_since(&before).await;
    let holder = api.with_scopes("update:clients update:client_keys read:client_keys").await;
    let changed = expect(&holder.patch(&path, json!({"client_secret": "n".repeat(40)})).await, 200);
    assert_eq!(changed["client_secret"], "n".repeat(40));
    assert!(!api.app.dump().await.contains(&"n".repeat(40)));
}

#[tokio::test]
async fn ad_04_what_a_client_cannot_be_is_refused() {
    let api = Api::new().await;
    let created = expect(&api.post("/clients", json!({"name": "shop", "app_type": "spa"})).await, 201);
    let path = format!("/clients/{}", created["client_id"].as_str().unwrap());
    let before = api.app.dump().await;
    let cases = [
        (json!({"client_id": "x"}), "Additional properties not allowed: client_id"),
        (json!({"tenant": "x"}), "Additional properties not allowed: tenant"),
        (json!({"is_system": true}), "Additional properties not allowed: is_system"),
        (
            json!({"refresh_token": {"rotation_type": "rotating", "expiration_type": "expiring", "x": 1}}),
            "Additional properties not allowed: refresh_token.x",
        ),
        (json!({"name": 5}), "Expected a string but found an integer on property name"),
        (json!({"name": null}), "Expected a string but found null on property name"),
        (json!({"name": "<script>"}), "name must not contain < or >"),
        (
            json!({"app_type": "toaster"}),
            "Expected one of native, spa, regular_web, non_interactive but found a string on property app_type",
        ),
        (
            json!({"grant_types": ["authorization_code", "magic"]}),
            "grant_types can only name these: authorization_code, implicit, refresh_token, client_credentials, password, \
          http://auth0.com/oauth/grant-type/password-realm",
        ),
        (
            json!({"grant_types": ["client_credentials"]}),
            "grant_types must not name client_credentials for a client that does not authenticate",
        ),
        (
            json!({"callbacks": ["https://a.test/", "javascript:alert(1)"]}),
            "callbacks[1] must not use the scheme of a script, a document or a file",
        ),
        (
            json!({"callbacks": ["com.example:/cb"]}),
            "callbacks[0] may use its own scheme only for a native application",
        ),
        (json!({"allowed_logout_urls": ["https://a.test/#x"]}), "allowed_logout_urls[0] must not have a fragment"),
        (
            json!({"callbacks": ["https://*.a.test/cb"]}),
            "callbacks[0] must not contain a wildcard while compatibility.subdomain_wildcards is off",
        ),
        (
            json!({"web_origins": ["https://a.test/"]}),
            "web_origins[0] must be an origin without path or default port, such as https://a.test",
        ),
        (
            json!({"is_first_party": false, "grant_types": ["password"]}),
            "grant_types must not name a password grant for a third-party client: it has no page to ask for consent on",
        ),
        (
            json!({"refresh_token": {"rotation_type": "non-rotating", "expiration_type": "non-expiring"}}),
            "refresh_token.rotation_type must be rotating for a single-page application",
        ),
        (
            json!({"client_secret": "short"}),
            "client_secret must have between 32 and 256 printable ASCII characters without spaces",
        ),
        (json!({"jwt_configuration": {"alg": "none"}}), "jwt_configuration.alg can only be \"RS256\" in this version"),
        (
            json!({"initiate_login_uri": "http://a.test/"}),
            "initiate_login_uri must be a URL with one of these schemes: https",
        ),
        (
            json!({"client_metadata": {"a": 1}}),
            "client_metadata must have names and string values of at most 255 characters",
        ),
    ];
    for (change, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.patch(&path, change).await, 400, Some("invalid_body"), &message);
    }
    api.app.assert_unchanged_since(&before).await;
}

/// ruby-jwt CVE-2026-45363: what cannot be verified with is refused where it would be set up.
#[tokio::test]
async fn jw_03_neither_an_hmac_nor_an_empty_secret_is_set_up() {
    let api = Api::new().await;
    expect(&api.post("/clients", json!({"name": "shop", "client_id": "shop"})).await, 201);
    let before = api.app.dump().await;
    let length = "client_secret must have between 32 and 256 printable ASCII characters without spaces";
    for (change, message) in [
        (json!({"client_secret": ""}), length),
        (json!({"client_secret": " ".repeat(40)}), length),
        (json!({"client_secret": "\u{1}".repeat(40)}), length),
        (json!({"client_secret": null}), "Expected a string but found null on property client_secret"),
        (json!({"jwt_configuration": {"alg": "HS256"}}), "jwt_configuration.alg can only be \"RS256\" in this version"),
        (json!({"jwt_configuration": {"alg": ""}}), "jwt_configuration.alg can only be \"RS256\" in this version"),
    ] {
        let message = format!("Payload validation error: {message}");
        let mut new = json!({"name": "new"});
        new.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        expect_refusal(&api.patch("/clients/shop", change).await, 400, Some("invalid_body"), &message);
        expect_refusal(&api.post("/clients", new).await, 400, Some("invalid_body"), &message);
    }
    let signed = json!({"name": "notes", "identifier": "https://notes.test/", "signing_alg": "HS256"});
    expect(&api.post("/resource-servers", signed).await, 400);
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn lists_are_narrowed_by_kind() {
    let api = Api::new().await;
    for (name, app_type) in [("a", "spa"), ("b", "native"), ("c", "spa")] {
        api.app.advance(std::time::Duration::from_secs(1));
        expect(&api.post("/clients", json!({"name": name, "app_type": app_type})).await, 201);
    }
    let names = async |query: &str| {
        let list: Value = expect(&api.get(&format!("/clients?{query}")).await, 200);
        each(&list, "name").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names("app_type=spa").await, ["a", "c"]);
    assert_eq!(names("app_type=spa,native&page=1&per_page=2").await, ["c"]);
    assert_eq!(names("is_global=false&is_first_party=true").await, ["Bootstrap management client", "a", "b", "c"]);
    assert!(names("is_first_party=false").await.is_empty());
    assert_eq!(names("is_global=true").await, ["All Applications"]);
}

#[tokio::test]
async fn ad_16_of_many_changes_at_once_none_is_lost_silently() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let created = expect(&api.post("/clients", json!({"name": "shop"})).await, 201);
        let path = format!("/clients/{}", created["client_id"].as_str().unwrap());
        let changes: Vec<_> = (0..8).map(|number| json!({"client_metadata": {format!("k{number}"): "x"}})).collect();
        let answers = join_all(changes.iter().map(|change| api.patch(&path, change.clone()))).await;
        let metadata = &expect(&api.get(&path).await, 200)["client_metadata"];
        for (number, answer) in answers.iter().enumerate() {
            let is_there = metadata.get(format!("k{number}")).is_some();
            assert_eq!(is_there, answer.status == 200, "{}", answer.body);
            assert!(is_there || answer.json()["errorCode"] == "concurrent_change", "{}", answer.body);
        }
        assert!(answers.iter().any(|answer| answer.status == 200));
    })
    .await;
}
