//! `/roles`, and the roles of users.

use std::time::Duration;

use http::Method;
use model::UserId;
use serde_json::{Value, json};
use testkit::{App, for_each_engine};

use crate::api::{Api, each, expect, expect_refusal, in_path, recorded};

const NO_ROLE: &str = "The role does not exist.";
const NO_USER: &str = "The user does not exist.";

/// A caller and these people, whose addresses begin with their ids.
async fn api_with(app: App, people: &[&str]) -> Api {
    let connection = app.add_connection("people", &[], |_| {}).await;
    for person in people {
        app.add_user(&connection, &format!("auth0|{person}"), &format!("{person}@x.test"), None).await;
    }
    Api::on(app).await
}

async fn create(api: &Api, name: &str) -> String {
    let role = expect(&api.post("/roles", json!({ "name": name })).await, 200);
    role["id"].as_str().expect("an id").to_owned()
}

fn roles_of(person: &str) -> String {
    format!("/users/{}/roles", in_path(&format!("auth0|{person}")))
}

async fn delete_with(api: &Api, path: &str, body: Value) -> u16 {
    api.send(Method::DELETE, path, Some(body)).await.status.as_u16()
}

#[tokio::test]
async fn a_role_lives_from_its_creation_to_its_deletion() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let created = expect(&api.post("/roles", json!({ "name": "Clerk", "description": "Reads orders" })).await, 200);
        let id = created["id"].as_str().unwrap();
        assert!(id.starts_with("rol_") && id.len() == 20, "{id}");
        assert_eq!(created, json!({ "id": id, "name": "Clerk", "description": "Reads orders" }));
        let again = api.post("/roles", json!({ "name": "Clerk" })).await;
        expect_refusal(&again, 409, Some("role_exists"), "The role already exists.");

        let path = format!("/roles/{id}");
        let changed = expect(&api.patch(&path, json!({ "name": "Packer", "description": null })).await, 200);
        assert_eq!(changed, json!({ "id": id, "name": "Packer" }));
        assert_eq!(expect(&api.get(&path).await, 200), changed);
        assert_eq!(expect(&api.get(&format!("{path}?fields=name")).await, 200), json!({ "name": "Packer" }));
        create(&api, "Clerk").await;
        let before = api.app.dump().await;
        let taken = api.patch(&path, json!({ "name": "Clerk" })).await;
        expect_refusal(&taken, 409, Some("role_exists"), "The role already exists.");
        api.app.assert_unchanged_since(&before).await;

        let deleted = api.delete(&path).await;
        assert_eq!((deleted.status.as_u16(), deleted.body.as_str()), (200, ""));
        assert_eq!(api.delete(&path).await.status, 200);
        expect_refusal(&api.get(&path).await, 404, Some("inexistent_role"), NO_ROLE);
        let gone = api.patch(&path, json!({ "name": "x" })).await;
        expect_refusal(&gone, 404, Some("inexistent_role"), NO_ROLE);
        let recorded = recorded(&api.app).await;
        let told = recorded.iter().filter(|(_, details)| details["id"] == id).map(|(operation, _)| operation.as_str());
        assert_eq!(told.collect::<Vec<_>>(), ["create_role", "delete_role", "update_role"]);
    })
    .await;
}

#[tokio::test]
async fn roles_are_listed_by_page_and_by_a_part_of_their_name() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        for name in ["Clerk", "Head clerk", "Packer"] {
            create(&api, name).await;
            api.app.advance(Duration::from_secs(1));
        }
        assert_eq!(each(&expect(&api.get("/roles").await, 200), "name"), ["Clerk", "Head clerk", "Packer"]);
        // What the deploy-cli sends along.
        let query = "name_filter=CLERK&per_page=1&page=1&include_totals=true&type=tenant";
        let page = expect(&api.get(&format!("/roles?{query}")).await, 200);
        assert_eq!(each(&page["roles"], "name"), ["Head clerk"]);
        assert_eq!((&page["start"], &page["limit"], &page["total"]), (&json!(1), &json!(1), &json!(2)));
        assert_eq!(expect(&api.get("/roles?page=1").await, 200), json!([]));
        assert_eq!(expect(&api.get("/roles?name_filter=%25").await, 200), json!([]));
    })
    .await;
}

#[tokio::test]
async fn ad_04_what_a_role_cannot_be_is_refused() {
    let api = Api::new().await;
    let id = create(&api, "Clerk").await;
    let before = api.app.dump().await;
    let cases = [
        (json!({}), "Missing required property: name"),
        (json!({ "name": "" }), "name must have between 1 and 255 characters"),
        (json!({ "name": "x".repeat(256) }), "name must have between 1 and 255 characters"),
        (json!({ "name": "a\nb" }), "name must not contain control characters"),
        (json!({ "name": "x", "description": "x".repeat(256) }), "description must have between 0 and 255 characters"),
        (json!({ "name": "x", "id": "rol_1" }), "Additional properties not allowed: id"),
        (json!({ "name": "x", "permissions": [] }), "Additional properties not allowed: permissions"),
    ];
    for (body, message) in cases {
        let message = format!("Payload validation error: {message}");
        expect_refusal(&api.post("/roles", body.clone()).await, 400, Some("invalid_body"), &message);
        if body != json!({}) {
            let answer = api.patch(&format!("/roles/{id}"), body).await;
            expect_refusal(&answer, 400, Some("invalid_body"), &message);
        }
    }
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn people_are_given_roles_and_have_them_taken() {
    for_each_engine(async |app| {
        let api = api_with(app, &["ann", "bob"]).await;
        let (clerk, packer) = (create(&api, "Clerk").await, create(&api, "Packer").await);
        expect(&api.post(&roles_of("ann"), json!({ "roles": [clerk, packer] })).await, 204);
        let both = json!({ "users": ["auth0|bob", "auth0|ann"] });
        assert_eq!(expect(&api.post(&format!("/roles/{clerk}/users"), both).await, 200), Value::Null);

        let mut names = each(&expect(&api.get(&roles_of("ann")).await, 200), "name").join(" ");
        assert!(["Clerk Packer", "Packer Clerk"].contains(&names.as_str()), "{names}");
        let users = expect(&api.get(&format!("/roles/{clerk}/users")).await, 200);
        assert_eq!(users[0], json!({ "user_id": "auth0|ann", "email": "ann@x.test" }));
        let first = expect(&api.get(&format!("/roles/{clerk}/users?take=1")).await, 200);
        let next = first["next"].as_str().unwrap();
        let second = expect(&api.get(&format!("/roles/{clerk}/users?take=1&from={next}")).await, 200);
        assert_eq!(second, json!({ "users": [users[1]] }));
        let effective = expect(&api.get(&roles_of("bob").replace("roles", "effective-roles")).await, 200);
        let told = json!({ "id": clerk, "name": "Clerk", "sources": ["direct"] });
        assert_eq!(effective, json!({ "roles": [told] }));

        assert_eq!(delete_with(&api, &roles_of("ann"), json!({ "roles": [clerk] })).await, 204);
        assert_eq!(delete_with(&api, &roles_of("ann"), json!({ "roles": [clerk] })).await, 204);
        names = each(&expect(&api.get(&roles_of("ann")).await, 200), "name").join(" ");
        assert_eq!(names, "Packer");
        let page = expect(&api.get(&format!("/roles/{clerk}/users?include_totals=true")).await, 200);
        assert_eq!((each(&page["users"], "user_id"), &page["total"]), (vec!["auth0|bob"], &json!(1)));
        let recorded = recorded(&api.app).await;
        let told: Vec<_> = recorded.iter().map(|(operation, _)| operation.as_str()).collect();
        let expected = ["assign_role_users", "assign_user_roles", "create_role", "create_role", "remove_user_roles"];
        assert_eq!(told, expected, "what changes nothing is not recorded");
    })
    .await;
}

#[tokio::test]
async fn ad_03_a_role_or_a_person_that_is_not_there_refuses_the_whole_call() {
    for_each_engine(async |app| {
        let api = api_with(app, &["ann"]).await;
        let clerk = create(&api, "Clerk").await;
        let before = api.app.dump().await;
        let unknown = api.post(&roles_of("ann"), json!({ "roles": [clerk, "rol_nothing"] })).await;
        expect_refusal(&unknown, 404, Some("inexistent_role"), NO_ROLE);
        let users = json!({ "users": ["auth0|ann", "auth0|nobody"] });
        let unknown = api.post(&format!("/roles/{clerk}/users"), users.clone()).await;
        expect_refusal(&unknown, 404, Some("inexistent_user"), NO_USER);
        let unknown = api.post("/roles/rol_nothing/users", users).await;
        expect_refusal(&unknown, 404, Some("inexistent_role"), NO_ROLE);
        expect_refusal(&api.get("/roles/rol_nothing/users").await, 404, Some("inexistent_role"), NO_ROLE);
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let answer = api.send(method, &roles_of("nobody"), Some(json!({ "roles": [clerk] }))).await;
            expect_refusal(&answer, 404, Some("inexistent_user"), NO_USER);
        }
        api.app.assert_unchanged_since(&before).await;
    })
    .await;
}

#[tokio::test]
async fn lists_of_roles_and_of_people_are_bounded() {
    let api = api_with(App::new().await, &["ann"]).await;
    let mut roles = Vec::new();
    for number in 0..=50 {
        roles.push(create(&api, &format!("Role {number}")).await);
    }
    let last = roles.pop().unwrap();
    expect(&api.post(&roles_of("ann"), json!({ "roles": roles })).await, 204);
    let before = api.app.dump().await;
    let one_more = api.post(&roles_of("ann"), json!({ "roles": [last] })).await;
    let message = "Payload validation error: roles would give auth0|ann more than 50";
    expect_refusal(&one_more, 400, Some("invalid_body"), message);
    let one_more = api.post(&format!("/roles/{last}/users"), json!({ "users": ["auth0|ann"] })).await;
    expect_refusal(&one_more, 400, Some("invalid_body"), message);
    roles.push(last.clone());
    let too_many = api.post(&roles_of("ann"), json!({ "roles": roles })).await;
    let message = "Payload validation error: roles must not have more than 50 entries";
    expect_refusal(&too_many, 400, Some("invalid_body"), message);
    let nobody = api.post(&format!("/roles/{last}/users"), json!({ "users": [] })).await;
    expect_refusal(&nobody, 400, Some("invalid_body"), "Payload validation error: users must not be empty");
    api.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn who_is_deleted_leaves_the_roles_and_what_is_deleted_leaves_the_people() {
    for_each_engine(async |app| {
        let api = api_with(app, &["ann", "bob"]).await;
        let clerk = create(&api, "Clerk").await;
        let users = json!({ "users": ["auth0|ann", "auth0|bob"] });
        expect(&api.post(&format!("/roles/{clerk}/users"), users).await, 200);
        api.app.delete_user(&UserId::new("auth0|bob")).await;
        let users = expect(&api.get(&format!("/roles/{clerk}/users")).await, 200);
        assert_eq!(each(&users, "user_id"), ["auth0|ann"]);
        expect(&api.delete(&format!("/roles/{clerk}")).await, 200);
        assert_eq!(expect(&api.get(&roles_of("ann")).await, 200), json!([]));
        assert!(api.app.dump().await.rows("user_roles").is_empty());
    })
    .await;
}

#[tokio::test]
async fn ad_01_who_may_read_members_alone_sees_the_roles_of_people() {
    let api = api_with(App::new().await, &["ann"]).await;
    for scope in ["read:role_members", "read:users read:roles"] {
        expect(&api.with_scopes(scope).await.get(&roles_of("ann")).await, 200);
    }
    for (scope, lacking) in
        [("read:users", "read:roles,read:role_members"), ("read:roles", "read:users,read:role_members")]
    {
        let refused = api.with_scopes(scope).await.get(&roles_of("ann")).await;
        let message = format!("Insufficient scope, expected any of: {lacking}");
        expect_refusal(&refused, 403, Some("insufficient_scope"), &message);
    }
}
