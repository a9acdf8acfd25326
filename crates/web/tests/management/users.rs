//! `/users` and `/users-by-email`.

use model::UserId;
use model::user::PasswordCredential;
use serde_json::{Value, json};
use testkit::{App, RelyingParty, for_each_engine, native};

use crate::api::{Api, each, expect, expect_refusal, in_path};

const PASSWORD: &str = "Correct-Horse-7";

async fn create(api: &Api, email: &str, more: Value) -> Value {
    let mut body = json!({"connection": "people", "email": email, "password": PASSWORD});
    for (name, value) in more.as_object().expect("an object") {
        body[name] = value.clone();
    }
    expect(&api.post("/users", body).await, 201)
}

fn path_of(user: &Value) -> String {
    format!("/users/{}", in_path(user["user_id"].as_str().expect("an id")))
}

/// A client through which people sign in at the connection `people`.
async fn shop(app: &App) -> RelyingParty {
    let client = app.add_client("shop", |_| {}).await;
    app.add_connection("people", &[&client], |_| {}).await;
    client
}

#[tokio::test]
async fn a_user_lives_from_their_creation_to_their_deletion() {
    for_each_engine(async |app| {
        let client = shop(&app).await;
        let api = Api::on(app).await;
        let more = json!({"given_name": "Ann", "user_metadata": {"hobby": "chess"}, "app_metadata": {"plan": "full"}, "email_verified": true});
        let created = create(&api, "Ann@X.test", more).await;
        assert_eq!(created["email"], "ann@x.test");
        assert_eq!((&created["name"], &created["nickname"]), (&json!("ann@x.test"), &json!("ann")));
        assert_eq!((&created["created_at"], created.get("blocked")), (&json!("2027-01-15T08:00:00.000Z"), None));
        let id = created["user_id"].as_str().unwrap();
        let external = id.strip_prefix("auth0|").unwrap();
        assert_eq!(external.len(), 24);
        assert_eq!(created["identities"], json!([{"connection": "people", "provider": "auth0", "user_id": external, "isSocial": false}]));
        let path = path_of(&created);
        assert_eq!(expect(&api.get(&path).await, 200), created);

        let answer = api.app.browser().log_in(&client.request(), "ann@x.test", PASSWORD).await.answer();
        assert_eq!(client.exchange(&api.app, answer.code()).await.status, 200);

        let changed = expect(&api.patch(&path, json!({"nickname": "annie", "given_name": null})).await, 200);
        assert_eq!((&changed["nickname"], changed.get("given_name")), (&json!("annie"), None));
        assert_eq!(changed["logins_count"], 1);
        assert_eq!(expect(&api.get(&path).await, 200), changed);

        expect(&api.delete(&path).await, 204);
        expect(&api.delete(&path).await, 204);
        for answer in [api.get(&path).await, api.patch(&path, json!({})).await] {
            expect_refusal(&answer, 404, Some("inexistent_user"), "The user does not exist.");
        }
        assert_eq!(api.app.events_of("sdu").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn an_id_may_be_brought_along_with_or_without_its_prefix() {
    let api = Api::new().await;
    shop(&api.app).await;
    for (given, email) in [("5f1", "a@x.test"), ("auth0|5f2", "b@x.test")] {
        let user = create(&api, email, json!({"user_id": given})).await;
        assert_eq!(user["user_id"], format!("auth0|{}", given.trim_start_matches("auth0|")));
    }
    let again = json!({"connection": "people", "email": "c@x.test", "password": PASSWORD, "user_id": "5f1"});
    expect_refusal(&api.post("/users", again).await, 409, Some("auth0_idp_error"), "The user already exists.");
    let again = json!({"connection": "people", "email": "A@x.test", "password": PASSWORD});
    expect_refusal(&api.post("/users", again).await, 409, Some("auth0_idp_error"), "The user already exists.");

    // Deleted and created again, knowingly.
    expect(&api.delete("/users/auth0%7C5f1").await, 204);
    create(&api, "a@x.test", json!({"user_id": "5f1"})).await;
    assert!(api.app.dump().await.rows("tombstones").is_empty());
}

#[tokio::test]
async fn metadata_merges_at_the_first_level() {
    let api = Api::new().await;
    shop(&api.app).await;
    let user = create(&api, "ann@x.test", json!({"user_metadata": {"a": {"x": 1, "y": 2}, "b": 1}})).await;
    let path = path_of(&user);
    let change = json!({"user_metadata": {"a": {"x": 3}, "b": null, "c": [1]}, "app_metadata": {"plan": "full"}});
    let changed = expect(&api.patch(&path, change).await, 200);
    assert_eq!(changed["user_metadata"], json!({"a": {"x": 3}, "c": [1]}));
    let changed = expect(&api.patch(&path, json!({"user_metadata": {}})).await, 200);
    assert_eq!((changed.get("user_metadata"), &changed["app_metadata"]), (None, &json!({"plan": "full"})));

    let limited = api.with_scopes("update:users_app_metadata").await;
    let changed = expect(&limited.patch(&path, json!({"app_metadata": {"plan": null}})).await, 200);
    assert_eq!(changed.get("app_metadata"), None);
    let before = api.app.dump().await;
    let refused = limited.patch(&path, json!({"app_metadata": {"plan": "x"}, "user_metadata": {"a": 1}})).await;
    expect_refusal(&refused, 403, Some("insufficient_scope"), "Insufficient scope, expected any of: update:users");
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn people_are_found_by_address_and_by_id() {
    let api = Api::new().await;
    shop(&api.app).await;
    let ann = create(&api, "ann@x.test", json!({})).await;
    create(&api, "bob@x.test", json!({})).await;
    let search = async |q: &str| api.get(&format!("/users?search_engine=v3&q={}", in_path(q))).await;
    let by_id = format!("user_id:\"{}\"", ann["user_id"].as_str().unwrap());
    for q in ["email:\"ANN@x.test\"", "email:ann@x.test", &by_id] {
        assert_eq!(each(&expect(&search(q).await, 200), "email"), ["ann@x.test"], "{q}");
    }
    assert_eq!(expect(&search("email:\"x' OR '1'='1\"").await, 200), json!([]));
    let found = expect(&api.get("/users-by-email?email=ann%40x.test&fields=email,name&include_fields=true").await, 200);
    assert_eq!(found, json!([{"email": "ann@x.test", "name": "ann@x.test"}]));
    assert_eq!(expect(&api.get("/users-by-email?email=nobody%40x.test").await, 200), json!([]));
    let missing = api.get("/users-by-email").await;
    expect_refusal(&missing, 400, Some("invalid_query_string"), "Query validation error: email is missing");
}

#[tokio::test]
async fn ad_04_what_a_user_cannot_be_is_refused() {
    let api = Api::new().await;
    shop(&api.app).await;
    let user = create(&api, "ann@x.test", json!({})).await;
    let before = api.app.dump().await;
    for name in [
        "user_id",
        "created_at",
        "logins_count",
        "tenant",
        "is_admin",
        "identities",
        "last_password_reset",
        "multifactor",
        "password_hash",
        "custom_password_hash",
        "__proto__",
        "version",
        "roles",
    ] {
        let refused = api.patch(&path_of(&user), json!({name: "x"})).await;
        let message = format!("Payload validation error: Additional properties not allowed: {name}");
        expect_refusal(&refused, 400, Some("invalid_body"), &message);
    }
    let cases = [
        (json!({"password": PASSWORD, "email": "new@x.test"}), "password cannot be changed together with email"),
        (
            json!({"password": PASSWORD, "email_verified": true}),
            "password cannot be changed together with email_verified",
        ),
        (json!({"password": "x".repeat(1001)}), "password must not be longer than 1000 bytes"),
        (json!({"email": "new@x.test", "connection": "others"}), "connection is not the connection of this user"),
        (json!({"blocked": "yes"}), "Expected a boolean but found a string on property blocked"),
        (json!({"app_metadata": {"user_id": "x"}}), "app_metadata must not have a property named user_id"),
    ];
    for (change, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.patch(&path_of(&user), change).await, 400, Some("invalid_body"), &message);
    }
    let cases = [
        (json!({"email": "b@x.test", "password": PASSWORD}), "Missing required property: connection"),
        (json!({"connection": "people", "password": PASSWORD}), "Missing required property: email"),
        (json!({"connection": "people", "email": "b@x.test"}), "Missing required property: password"),
        (
            json!({"connection": "people", "email": "b@x.test", "password": PASSWORD, "user_id": "a b"}),
            "user_id must have between 1 and 255 characters and no spaces",
        ),
        (
            json!({"connection": "people", "email": "b@x.test", "password": PASSWORD, "verify_phone_number": true}),
            "verify_phone_number can only be false in this version",
        ),
    ];
    for (body, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.post("/users", body).await, 400, Some("invalid_body"), &message);
    }
    let body = json!({"connection": "nowhere", "email": "b@x.test", "password": PASSWORD});
    expect_refusal(
        &api.post("/users", body).await,
        404,
        Some("inexistent_connection"),
        "The connection does not exist.",
    );
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn passwords_obey_the_policy_of_the_connection() {
    let api = Api::new().await;
    shop(&api.app).await;
    let user = create(&api, "ann.miller@x.test", json!({})).await;
    let before = api.app.dump().await;
    for (password, message) in [
        ("short", "PasswordStrengthError: Password is too weak"),
        ("Password1", "PasswordDictionaryError: Password is too common"),
        ("Ann.Miller-2027", "PasswordNoUserInfoError: Password contains user information"),
    ] {
        expect_refusal(&api.patch(&path_of(&user), json!({"password": password})).await, 400, None, message);
        let body = json!({"connection": "people", "email": "ann.miller@y.test", "password": password});
        expect_refusal(&api.post("/users", body).await, 400, None, message);
    }
    api.app.assert_unchanged_since(&before).await;
}

/// AD-15: and the change is told of, without the password.
#[tokio::test]
async fn ad_15_who_is_blocked_or_gets_a_new_password_is_signed_out_everywhere() {
    for change in [json!({"blocked": true}), json!({"password": "Another-Horse-8", "connection": "people"})] {
        for_each_engine(async |app| {
            let client = shop(&app).await;
            let api = Api::on(app).await;
            let user = create(&api, "ann@x.test", json!({})).await;
            let request = client.request().scope("openid offline_access");
            let mut browser = api.app.browser();
            let answer = browser.log_in(&request, "ann@x.test", PASSWORD).await.answer();
            let refresh_token = client.exchange(&api.app, answer.code()).await.text("refresh_token");

            expect(&api.patch(&path_of(&user), json!({"name": "Ann"})).await, 200);
            let refresh_token = {
                let refreshed = client.refresh(&api.app, &refresh_token).await;
                refreshed.text("refresh_token")
            };
            let changed = expect(&api.patch(&path_of(&user), change.clone()).await, 200);
            assert_eq!(changed.get("last_password_reset").is_some(), change.get("password").is_some());
            assert_eq!(client.refresh(&api.app, &refresh_token).await.refusal().1, "invalid_grant");
            let silent = browser.authorize(&client.request().with("prompt", "none")).await.answer();
            assert_eq!(silent.error(), "login_required");
            let told = api.app.events_of("sapi").await;
            assert!(!format!("{told:?}").contains("Another-Horse"));
            let updates: Vec<_> = told.iter().filter(|event| event.details["operation"] == "update_user").collect();
            assert!(updates.iter().all(|event| event.user_id.as_ref().map(UserId::as_str) == user["user_id"].as_str()));
            let with_password = updates.iter().filter(|event| event.details["password_changed"] == true).count();
            assert_eq!((updates.len(), with_password), (2, usize::from(change.get("password").is_some())));
        })
        .await;
    }
}

/// AD-15: nor does it happen by halves, or at the word of somebody who may not change people.
#[tokio::test]
async fn ad_15_a_password_that_is_refused_ends_nothing() {
    for_each_engine(async |app| {
        let client = shop(&app).await;
        let api = Api::on(app).await;
        let user = create(&api, "ann@x.test", json!({})).await;
        let mut browser = api.app.browser();
        browser.log_in(&client.request(), "ann@x.test", PASSWORD).await.answer();
        let before = api.app.dump().await;
        expect(&api.patch(&path_of(&user), json!({"password": "short", "connection": "people"})).await, 400);
        let reader = api.with_scopes("read:users").await;
        let created = api.app.dump().await;
        let refused = reader.patch(&path_of(&user), json!({"password": "Another-Horse-8"})).await;
        assert_eq!(expect(&refused, 403)["errorCode"], "insufficient_scope");
        api.app.assert_unchanged_since(&created).await;
        assert_eq!(created.rows("sessions"), before.rows("sessions"));
        assert_eq!(created.rows("passwords"), before.rows("passwords"));
        browser.authorize(&client.request().with("prompt", "none")).await.answer().code();
    })
    .await;
}

#[tokio::test]
async fn a_new_password_replaces_one_that_the_source_holds() {
    let api = Api::new().await;
    let client = shop(&api.app).await;
    let people = api.app.add_connection("moving", &[], |_| {}).await;
    let held = PasswordCredential::Source { source: "old".to_owned() };
    let id = api.app.add_user(&people, "auth0|1", "ann@x.test", Some(held)).await;
    let renamed = api.patch("/users/auth0%7C1", json!({"email": "new@x.test"})).await;
    let message = "The source old still holds this user's password and knows the user by the present name. \
                   Set a password first, or change the name after the user has signed in.";
    expect_refusal(&renamed, 400, Some("operation_not_supported"), message);
    expect(&api.patch("/users/auth0%7C1", json!({"password": PASSWORD})).await, 200);
    let stored = api.app.find_password(&id).await.expect("a password");
    assert!(matches!(stored.credential, PasswordCredential::Native { .. }));
    let changed = expect(&api.patch("/users/auth0%7C1", json!({"email": "new@x.test"})).await, 200);
    assert_eq!((&changed["email"], &changed["email_verified"]), (&json!("new@x.test"), &json!(false)));
    drop(client);
}

#[tokio::test]
async fn an_address_belongs_to_one_person_in_its_connection() {
    let api = Api::new().await;
    shop(&api.app).await;
    let ann = create(&api, "ann@x.test", json!({})).await;
    create(&api, "bob@x.test", json!({})).await;
    let before = api.app.dump().await;
    let refused = api.patch(&path_of(&ann), json!({"email": "BOB@x.test"})).await;
    expect_refusal(&refused, 409, Some("auth0_idp_error"), "The user already exists.");
    api.app.assert_unchanged_since(&before).await;
    let others = api.app.add_connection("others", &[], |_| {}).await;
    api.app.add_user(&others, "auth0|other", "ann@x.test", Some(native(PASSWORD))).await;
    let found = expect(&api.get("/users-by-email?email=ann%40x.test").await, 200);
    assert_eq!(found.as_array().map(Vec::len), Some(2));
    assert!(api.app.find_user(&UserId::new("auth0|other")).await.is_some());
}
