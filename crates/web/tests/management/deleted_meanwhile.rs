//! What is answered where somebody deletes, at that very moment, what a call is about.

use http::Method;
use serde_json::{Value, json};
use testkit::{App, ClientKeyPair, for_each_engine};

use crate::api::{Api, expect, expect_refusal, machine};

const API: &str = "https://orders.test/";

const THE_USER: &str = "DELETE FROM users WHERE user_id = 'auth0|ada'";
const THE_ROLE: &str = "DELETE FROM roles WHERE id = 'rol_clerk'";
const THE_CLIENT: &str = "DELETE FROM clients WHERE client_id = 'robot'";
const THE_API: &str = "DELETE FROM resource_servers WHERE identifier = 'https://orders.test/'";
const THE_CONNECTION: &str = "DELETE FROM connections WHERE id = 'con_empty'";

/// One thing of each kind.
async fn place(app: App) -> Api {
    let connection = app.add_connection("people", &[], |_| {}).await;
    app.add_connection("empty", &[], |_| {}).await;
    app.add_user(&connection, "auth0|ada", "ada@x.test", None).await;
    app.add_api(API, &["read"], |_| {}).await;
    app.add_role("clerk", API, &[]).await;
    machine(&app, "robot").await;
    Api::on(app).await
}

async fn check(deleted: &'static str, method: Method, path: &str, body: Value, refusal: (u16, &str, &str)) {
    for_each_engine(async |app| {
        println!("{deleted} beside {method} {path}");
        let api = place(app).await;
        let before = api.app.dump().await;
        let answer = api.app.while_deleting(deleted, api.send(method.clone(), path, Some(body.clone()))).await;
        let (status, code, message) = refusal;
        expect_refusal(&answer, status, Some(code), message);
        let after = api.app.dump().await;
        for table in ["user_roles", "user_permissions", "role_permissions", "client_grants", "tickets", "jobs"] {
            assert_eq!(after.rows(table), before.rows(table), "{table}");
        }
        assert!(api.app.events_of("sapi").await.is_empty(), "nothing was done");
    })
    .await;
}

/// Where the path or the body names what is not there.
async fn check_gone(deleted: &'static str, path: &str, body: Value) {
    let refusal = match deleted {
        THE_USER => ("inexistent_user", "The user does not exist."),
        THE_ROLE => ("inexistent_role", "The role does not exist."),
        THE_CLIENT => ("inexistent_client", "The client does not exist."),
        THE_API => ("inexistent_resource_server", "The resource server does not exist."),
        _ => ("inexistent_connection", "The connection does not exist."),
    };
    check(deleted, Method::POST, path, body, (404, refusal.0, refusal.1)).await;
}

#[tokio::test]
async fn a_role_is_given_by_nobody_who_finds_it_or_the_person_gone() {
    for deleted in [THE_ROLE, THE_USER] {
        check_gone(deleted, "/users/auth0%7Cada/roles", json!({ "roles": ["rol_clerk"] })).await;
        check_gone(deleted, "/roles/rol_clerk/users", json!({ "users": ["auth0|ada"] })).await;
    }
}

#[tokio::test]
async fn nothing_is_permitted_by_an_api_to_a_role_or_a_person_that_is_gone() {
    let read = json!({ "permissions": [{ "resource_server_identifier": API, "permission_name": "read" }] });
    for deleted in [THE_ROLE, THE_API] {
        check_gone(deleted, "/roles/rol_clerk/permissions", read.clone()).await;
    }
    for deleted in [THE_USER, THE_API] {
        check_gone(deleted, "/users/auth0%7Cada/permissions", read.clone()).await;
    }
}

#[tokio::test]
async fn a_client_that_is_gone_gets_no_grant_and_no_credential() {
    let grant = json!({ "client_id": "robot", "audience": API, "scope": ["read"] });
    for deleted in [THE_CLIENT, THE_API] {
        check_gone(deleted, "/client-grants", grant.clone()).await;
    }
    let credential = json!({ "credential_type": "public_key", "pem": ClientKeyPair::pem() });
    check_gone(THE_CLIENT, "/clients/robot/credentials", credential).await;
}

#[tokio::test]
async fn a_connection_is_opened_to_no_client_that_is_gone() {
    let refuse = async |method: Method, path: &str, body: Value, place: &str| {
        let message = format!("Payload validation error: {place} names a client that does not exist: robot");
        check(THE_CLIENT, method, path, body, (400, "invalid_body", &message)).await;
    };
    let new = json!({ "name": "new", "strategy": "auth0", "enabled_clients": ["robot"] });
    refuse(Method::POST, "/connections", new, "enabled_clients").await;
    let changed = json!({ "enabled_clients": ["robot"] });
    refuse(Method::PATCH, "/connections/con_empty", changed, "enabled_clients").await;
    let opened = json!([{ "client_id": "robot", "status": true }]);
    refuse(Method::PATCH, "/connections/con_empty/clients", opened.clone(), "client_id").await;
    let refusal = (404, "inexistent_connection", "The connection does not exist.");
    check(THE_CONNECTION, Method::PATCH, "/connections/con_empty/clients", opened, refusal).await;
}

#[tokio::test]
async fn nobody_is_added_to_a_connection_that_is_gone() {
    let user = json!({ "connection": "empty", "email": "eve@x.test", "password": "Tr1cky enough" });
    check_gone(THE_CONNECTION, "/users", user).await;
}

#[tokio::test]
async fn nobody_who_is_gone_is_sent_or_given_a_link() {
    let ada = json!({ "user_id": "auth0|ada" });
    for path in ["/tickets/email-verification", "/tickets/password-change", "/jobs/verification-email"] {
        check_gone(THE_USER, path, ada.clone()).await;
    }
}

/// A link outlives the application that it was made for.
#[tokio::test]
async fn a_link_for_a_client_that_is_gone_is_for_none() {
    for_each_engine(async |app| {
        let api = place(app).await;
        let body = json!({ "user_id": "auth0|ada", "client_id": "robot" });
        let call = api.post("/tickets/email-verification", body);
        let answer = api.app.while_deleting(THE_CLIENT, call).await;
        let tickets = api.app.dump().await.rows("tickets").len();
        // SQLite deletes it before the call.
        assert!(matches!((answer.status.as_u16(), tickets), (201, 1) | (404, 0)), "{}", answer.body);
    })
    .await;
}

#[tokio::test]
async fn a_scope_that_is_withdrawn_at_that_moment_is_granted_to_nobody() {
    for_each_engine(async |app| {
        let api = place(app).await;
        let scopes = |names: &[&str]| names.iter().map(|name| json!({ "value": name })).collect::<Value>();
        let path = "/resource-servers/https%3A%2F%2Forders.test%2F";
        expect(&api.patch(path, json!({ "scopes": scopes(&["read", "write"]) })).await, 200);
        let grant = json!({ "client_id": "robot", "audience": API, "scope": ["read"] });
        let grant = expect(&api.post("/client-grants", grant).await, 201)["id"].as_str().expect("an id").to_owned();
        let withdrawal = api.patch(path, json!({ "scopes": scopes(&["read"]) }));
        let grant = format!("/client-grants/{grant}");
        let granting = api.patch(&grant, json!({ "scope": ["read", "write"] }));
        let lock = "LOCK TABLE events IN SHARE MODE";
        let (withdrawn, granted) = api.app.amid(lock, withdrawal, granting).await;
        assert_eq!((withdrawn.status.as_u16(), granted.status.as_u16()), (200, 400), "{}", granted.body);
        assert_eq!(expect(&api.get(&grant).await, 200)["scope"], json!(["read"]));
    })
    .await;
}

/// By their ids, whatever they are found by: one by their age, the other as they come.
#[tokio::test]
async fn two_who_delete_the_same_people_do_not_wait_for_each_other() {
    const THE_LAST: &str = "SELECT 1 FROM identities WHERE user_id = 'oidc|b' FOR UPDATE";
    for_each_engine(async |app| {
        let connection = app.add_connection("people", &[], |own| own.strategy = "oidc".to_owned()).await;
        for id in ["oidc|a", "oidc|b"] {
            app.add_user(&connection, id, "both@x.test", None).await;
        }
        app.tamper("UPDATE users SET created_at = created_at - 1 WHERE user_id = 'oidc|b'").await;
        let api = Api::on(app).await;
        let some = api.delete("/connections/con_people/users?email=both@x.test");
        let (some, all) = api.app.amid(THE_LAST, some, api.delete("/connections/con_people")).await;
        for deleted in [some, all] {
            assert_eq!(deleted.status, 204, "{}", deleted.body);
        }
        let left = api.app.dump().await;
        assert_eq!((left.rows("users").len(), left.rows("connections").len()), (0, 0));
        assert_eq!(api.app.events_of("sdu").await.len(), 2, "each once");
    })
    .await;
}

#[tokio::test]
async fn somebody_is_deleted_while_one_of_their_connections_goes() {
    for_each_engine(async |app| {
        let api = place(app).await;
        api.app
            .tamper(
                "INSERT INTO identities (connection_id, external_id, user_id, position) \
                 VALUES ('con_empty', 'elsewhere', 'auth0|ada', 1)",
            )
            .await;
        let deletion = api.app.while_deleting(THE_CONNECTION, api.delete("/users/auth0%7Cada")).await;
        assert_eq!(deletion.status, 204, "{}", deletion.body);
        let left = api.app.dump().await;
        assert_eq!((left.rows("users").len(), left.rows("tombstones").len()), (0, 1));
    })
    .await;
}

/// As an import does, which begins again too where it is the one that is ended.
#[tokio::test]
async fn a_connection_goes_whose_people_somebody_writes_about_in_another_order() {
    const THE_LAST: &str = "SELECT 1 FROM users WHERE user_id = 'auth0|b' FOR UPDATE";
    const THE_FIRST: &str = "SELECT 1 FROM users WHERE user_id = 'auth0|a' FOR UPDATE";
    for_each_engine(async |app| {
        let connection = app.add_connection("people", &[], |_| {}).await;
        for (id, email) in [("auth0|a", "a@x.test"), ("auth0|b", "b@x.test")] {
            app.add_user(&connection, id, email, None).await;
        }
        let api = Api::on(app).await;
        let deletion = api.app.in_a_ring([THE_LAST, THE_FIRST], api.delete("/connections/con_people")).await;
        assert_eq!(deletion.status, 204, "{}", deletion.body);
        let left = api.app.dump().await;
        assert_eq!((left.rows("users").len(), left.rows("connections").len()), (0, 0));
    })
    .await;
}
