//! `/jobs/users-exports`.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use model::UserId;
use model::user::PasswordCredential;
use serde_json::{Value, json};

use crate::api::{Api, expect, expect_refusal};

const PASSWORD: &str = "korrekt-Pferd-Batterie-7";

/// Three people of two connections, a minute apart.
async fn with_people() -> Api {
    let mut api = Api::new().await;
    for (connection, people) in [("people", &["ada", "bob"][..]), ("others", &["eve"])] {
        expect(&api.post("/connections", json!({"name": connection, "strategy": "auth0"})).await, 201);
        for name in people {
            let user = json!({
                "connection": connection, "email": format!("{name}@x.io"), "password": PASSWORD, "user_id": name,
                "name": format!("={name}"), "user_metadata": {"plan": {"name": "gold"}},
            });
            expect(&api.post("/users", user).await, 201);
            api.app.advance(Duration::from_mins(1));
        }
    }
    api = Api::on(api.app).await;
    api
}

/// Begins an export and answers its link, as a path.
async fn link(api: &Api, body: Value) -> String {
    let id = expect(&api.post("/jobs/users-exports", body).await, 200)["id"].clone();
    next_link(api, id.as_str().expect("it is there")).await
}

async fn next_link(api: &Api, id: &str) -> String {
    let job = expect(&api.get(&format!("/jobs/{id}")).await, 200);
    assert_eq!(job["status"], "completed");
    let location = job["location"].as_str().expect("it is there");
    format!("/{}", location.strip_prefix(api.app.issuer()).expect("it is there"))
}

async fn exported(api: &Api, body: Value) -> String {
    let answer = api.app.get(&link(api, body).await).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    answer.body
}

#[tokio::test]
async fn people_are_exported_a_line_for_each() {
    let api = with_people().await;
    let lines = exported(&api, json!({})).await;
    let people: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).expect("it is there")).collect();
    let ids: Vec<_> = people.iter().map(|user| user["user_id"].as_str().expect("it is there")).collect();
    assert_eq!(ids, ["auth0|ada", "auth0|bob", "auth0|eve"]);
    assert_eq!((&people[0]["email"], people[0].get("user_metadata")), (&json!("ada@x.io"), None));
    assert_eq!(exported(&api, json!({"limit": 2})).await.lines().count(), 2);
    assert_eq!(exported(&api, json!({"limit": 0})).await, "");
}

#[tokio::test]
async fn what_is_exported_can_be_chosen() {
    let api = with_people().await;
    let connections = expect(&api.get("/connections?name=others").await, 200);
    let fields = json!([
        {"name": "email"}, {"name": "user_metadata.plan.name", "export_as": "plan"},
        {"name": "identities[0].connection", "export_as": "from"},
    ]);
    let chosen = json!({"connection_id": connections[0]["id"], "format": "json", "fields": fields});
    assert_eq!(exported(&api, chosen).await, "{\"email\":\"eve@x.io\",\"plan\":\"gold\",\"from\":\"others\"}\n");
    let fields = json!([{"name": "name", "export_as": "Name"}, {"name": "email_verified"}]);
    let csv = exported(&api, json!({"format": "csv", "fields": fields, "limit": 1})).await;
    assert_eq!(csv, "\"'Name\",\"'email_verified\"\r\n\"'=ada\",false\r\n");
}

#[tokio::test]
async fn whoever_comes_later_is_not_in_it() {
    let api = with_people().await;
    let id =
        expect(&api.post("/jobs/users-exports", json!({})).await, 200)["id"].as_str().expect("it is there").to_owned();
    api.app.advance(Duration::from_mins(1));
    let late = json!({"connection": "people", "email": "late@x.io", "password": PASSWORD});
    expect(&api.post("/users", late).await, 201);
    assert_eq!(api.app.get(&next_link(&api, &id).await).await.body.lines().count(), 3);
}

#[tokio::test]
async fn a_link_is_good_once_and_for_a_minute() {
    let api = with_people().await;
    let begun = expect(&api.post("/jobs/users-exports", json!({"format": "csv"})).await, 200);
    assert_eq!(
        (&begun["status"], &begun["type"], &begun["format"]),
        (&json!("pending"), &json!("users_export"), &json!("csv"))
    );
    let id = begun["id"].as_str().expect("it is there");
    let link = next_link(&api, id).await;
    let head = api.app.call(Request::head(&link).body(Body::empty()).expect("it is there")).await;
    assert_eq!(head.status, 405, "asking for the head spends no link");
    assert_eq!(api.app.get(&link).await.status, 200);
    assert_eq!(api.app.get(&link).await.status, 404);
    let next = next_link(&api, id).await;
    api.app.advance(Duration::from_mins(1));
    assert_eq!(api.app.get(&next).await.status, 404);
    assert_eq!(api.app.get(&format!("/downloads/{}", "A".repeat(43))).await.status, 404);
    assert_eq!(api.app.get("/downloads/x").await.status, 404);
}

#[tokio::test]
async fn whoever_may_not_read_users_is_given_no_link() {
    let api = with_people().await;
    let id =
        expect(&api.post("/jobs/users-exports", json!({})).await, 200)["id"].as_str().expect("it is there").to_owned();
    let creator = api.with_scopes("create:users").await;
    assert_eq!(expect(&creator.get(&format!("/jobs/{id}")).await, 200).get("location"), None);
    let refused = creator.post("/jobs/users-exports", json!({})).await;
    expect_refusal(&refused, 403, Some("insufficient_scope"), "Insufficient scope, expected any of: read:users");
}

#[tokio::test]
async fn an_export_that_cannot_be_is_refused() {
    let api = with_people().await;
    let many: Vec<Value> = (0..31).map(|number| json!({"name": format!("f{number}")})).collect();
    for body in [
        json!({"format": "xml"}),
        json!({"limit": -1}),
        json!({"connection_id": "con_none"}),
        json!({"fields": many}),
        json!({"fields": [{}]}),
        json!({"fields": [{"name": "a", "more": 1}]}),
        json!({"more": true}),
    ] {
        assert_eq!(
            expect(&api.post("/jobs/users-exports", body.clone()).await, 400)["errorCode"],
            "invalid_body",
            "{body}"
        );
    }
}

/// DL-09: an export holds of people what may be read of them, whatever it is asked for, and of nobody else.
#[tokio::test]
async fn dl_09_no_export_holds_a_secret_or_somebody_else() {
    let api = with_people().await;
    let stored = api.app.find_password(&UserId::new("auth0|ada")).await.expect("she has one");
    let PasswordCredential::Native { hash } = stored.credential else { panic!("it is ours") };
    let names = ["user_id", "password", "password_hash", "hash", "credential", "passwords", "identities", "version"];
    let fields: Vec<Value> = names.iter().map(|name| json!({ "name": name })).collect();
    let people = expect(&api.get("/connections?name=people").await, 200);
    for format in ["json", "csv"] {
        let body = json!({"connection_id": people[0]["id"], "format": format, "fields": fields});
        let told = exported(&api, body).await;
        assert!(told.contains("auth0|ada") && told.contains("auth0|bob") && !told.contains("eve"), "{told}");
        assert!(!told.contains(&hash) && !told.contains("argon2") && !told.contains(PASSWORD), "{told}");
    }
    for format in ["json", "csv"] {
        let told = exported(&api, json!({ "format": format })).await;
        assert!(!told.contains("argon2"), "{told}");
    }
}
