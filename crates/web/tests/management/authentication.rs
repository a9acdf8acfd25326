//! Who may call, and what everybody else is told.

use std::io::Write;
use std::time::Duration;

use axum::body::Body;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, Request, header};
use serde_json::{Value, json};
use testkit::{Answer, App, for_each_engine, native};

use crate::api::{Api, call, expect, expect_refusal, machine, machine_token};
use crate::documented::Operation;

const PASSWORD: &str = "a long enough password";

/// Asks every route that is documented with this token and nothing else, and sees to it that nothing changes.
async fn ask_everything(app: &App, token: Option<&str>, judge: impl Fn(&Answer)) {
    let before = app.dump().await;
    for operation in Operation::all(&web::openapi::document()).into_iter().filter(Operation::is_of_management) {
        println!("{}", operation.name());
        let uri = operation.path.replace(['{', '}'], "");
        judge(&app.call(operation.call(&uri, token, None)).await);
    }
    app.assert_unchanged_since(&before).await;
}

fn unauthorized(message: &str) -> impl Fn(&Answer) {
    move |answer| {
        expect_refusal(answer, 401, None, message);
        assert!(answer.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer ")));
    }
}

#[tokio::test]
async fn ad_01_without_a_good_token_there_is_nothing() {
    let api = Api::new().await;
    let app = &api.app;
    ask_everything(app, None, unauthorized("Missing authentication")).await;
    ask_everything(app, Some("not.a.token"), unauthorized("Invalid token")).await;
    let edited = format!("{}A", &api.token[..api.token.len() - 1]);
    let edited = if edited == api.token { format!("{}B", &api.token[..api.token.len() - 1]) } else { edited };
    ask_everything(app, Some(&edited), unauthorized("Invalid token")).await;

    app.add_api("https://other.test/", &["read:users"], |_| {}).await;
    let client = machine(app, "elsewhere").await;
    app.add_client_grant(&client, "https://other.test/", "read:users").await;
    let elsewhere = machine_token(app, &client, "https://other.test/").await;
    ask_everything(app, Some(&elsewhere), unauthorized("Bad audience: expected https://id.test/api/v2/")).await;

    app.advance(Duration::from_hours(24));
    let expired = "Expired token received for JSON Web Token validation";
    ask_everything(app, Some(&api.token), unauthorized(expired)).await;
}

#[tokio::test]
async fn ad_01_a_person_s_tokens_open_nothing() {
    let app = Box::pin(App::new()).await;
    let client = app.add_client("shop", |_| {}).await;
    let connection = app.add_connection("people", &[&client], |_| {}).await;
    app.add_user(&connection, "auth0|bootstrap@clients", "ann@x.test", Some(native(PASSWORD))).await;
    let audience = format!("{}api/v2/", app.issuer());
    let request = client.request().scope("openid read:users").with("audience", &audience);
    let answer = app.browser().log_in(&request, "ann@x.test", PASSWORD).await.answer();
    let tokens = client.exchange(&app, answer.code()).await;

    let id_token = tokens.text("id_token");
    ask_everything(&app, Some(&id_token), unauthorized("Bad audience: expected https://id.test/api/v2/")).await;
    let access_token = tokens.text("access_token");
    ask_everything(&app, Some(&access_token), |answer| {
        assert_eq!(expect(answer, 403)["errorCode"], "insufficient_scope");
    })
    .await;
}

#[tokio::test]
async fn a_token_dies_with_its_client() {
    let api = Api::new().await;
    let client = machine(&api.app, "gone").await;
    let audience = format!("{}api/v2/", api.app.issuer());
    api.app.add_client_grant(&client, &audience, "read:users").await;
    let token = machine_token(&api.app, &client, &audience).await;
    let ask = || call(&api.app, Method::GET, "/users", Some(&token), String::new());
    expect(&ask().await, 200);
    expect(&api.delete("/clients/gone").await, 204);
    expect_refusal(&ask().await, 401, None, "The client that this token was issued to does not exist.");
}

#[tokio::test]
async fn a_token_travels_in_the_header_alone() {
    let api = Api::new().await;
    let path = format!("/users?access_token={}", api.token);
    expect(&call(&api.app, Method::GET, &path, None, String::new()).await, 401);
    let body = json!({ "access_token": api.token }).to_string();
    expect(&call(&api.app, Method::POST, "/users", None, body).await, 401);
}

#[tokio::test]
async fn ad_17_only_the_canonical_path_and_method_lead_anywhere() {
    let api = Api::new().await;
    for path in
        ["/nothing", "/users/", "//users", "/Users", "/users;x=y", "/users/x/y", "/clients/x/rotate-secret/", ""]
    {
        expect_refusal(&api.get(path).await, 404, None, "Not Found");
    }
    let put = api.send(Method::PUT, "/users", Some(json!({}))).await;
    expect_refusal(&put, 405, None, "This path does not know this method.");
    let overridden = Request::post("/api/v2/clients/bootstrap")
        .header(header::AUTHORIZATION, format!("Bearer {}", api.token))
        .header("x-http-method-override", "DELETE");
    let answer = api.app.call(overridden.body(Body::empty()).expect("a path")).await;
    assert_eq!(answer.status, 405);
    expect(&api.get("/clients/bootstrap").await, 200);
}

/// RL-09: and of bounded depth, told apart before anything of it is believed.
#[tokio::test]
async fn rl_09_a_body_is_one_json_object_of_bounded_size() {
    let api = Api::new().await;
    let before = api.app.dump().await;
    let post = |body: String| call(&api.app, Method::POST, "/clients", Some(&api.token), body);
    let not_json = "Payload validation error: the body is not JSON, or a property stands in it twice";
    let deep = format!("{{\"client_metadata\":{}{}}}", "[".repeat(200), "]".repeat(200));
    for body in ["", "{", "name=x", "{\"name\":\"\u{1}\"}", &"[".repeat(10_000), &deep] {
        expect_refusal(&post(body.to_owned()).await, 400, Some("invalid_body"), not_json);
    }
    let array = "Payload validation error: Expected an object but found an array as the body";
    expect_refusal(&post("[]".to_owned()).await, 400, Some("invalid_body"), array);
    let nul = "Payload validation error: the body contains a NUL character";
    expect_refusal(&post(json!({"name": "a\0b"}).to_string()).await, 400, Some("invalid_body"), nul);
    let large = json!({"name": "x".repeat(1024 * 1024)}).to_string();
    expect_refusal(&post(large).await, 413, None, "The body is too large.");
    let many: serde_json::Map<_, _> = (0..10_000).map(|number| (format!("name{number}"), json!(number))).collect();
    assert_eq!(expect(&post(Value::from(many).to_string()).await, 400)["errorCode"], "invalid_body");
    // What is compressed is not opened.
    let bomb = Request::post("/api/v2/clients")
        .header(header::AUTHORIZATION, format!("Bearer {}", api.token))
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::CONTENT_ENCODING, "gzip");
    let mut compressed = GzEncoder::new(Vec::new(), Compression::default());
    compressed.write_all(json!({"name": "x".repeat(1 << 24)}).to_string().as_bytes()).expect("memory takes it");
    let compressed = compressed.finish().expect("memory takes it");
    let bomb = api.app.call(bomb.body(Body::from(compressed)).expect("a path")).await;
    expect_refusal(&bomb, 400, Some("invalid_body"), not_json);
    api.app.assert_unchanged_since(&before).await;
    let nul_in_path = "Path validation error: the id must be UTF-8 without NUL characters";
    expect_refusal(&api.get("/users/a%00").await, 400, Some("invalid_uri"), nul_in_path);
    expect_refusal(&api.get("/users/%FF").await, 400, Some("invalid_uri"), nul_in_path);
}

#[tokio::test]
async fn every_write_is_recorded_without_its_secrets() {
    let api = Api::new().await;
    let created = api.post("/clients", json!({"name": "recorded", "client_secret": "s".repeat(40)})).await;
    let id = expect(&created, 201)["client_id"].clone();
    let recorded = api.app.events_of("sapi").await;
    let event = recorded.last().expect("the write was recorded");
    assert_eq!(event.client_id.as_ref().map(model::ClientId::as_str), Some("bootstrap"));
    assert_eq!(event.description.as_deref(), Some("Create client"));
    assert_eq!(Value::from(event.details.clone()), json!({"operation": "create_client", "id": id}));
    assert!(recorded.iter().all(|event| !serde_json::to_string(event).unwrap().contains("ssss")));
}

/// AD-06 (CVE-2026-27946 of Zitadel): what a person may write of themselves is written by nobody through this API.
#[tokio::test]
async fn ad_06_a_person_changes_nobody_s_record() {
    for_each_engine(async |app| {
        let client = app.add_client("shop", |_| {}).await;
        let connection = app.add_connection("people", &[&client], |_| {}).await;
        for name in ["ann", "bob"] {
            let email = format!("{name}@x.test");
            app.add_user(&connection, &format!("auth0|{name}"), &email, Some(native(PASSWORD))).await;
        }
        let audience = format!("{}api/v2/", app.issuer());
        let scope = "openid read:current_user update:current_user_metadata update:users update:users_app_metadata";
        let request = client.request().scope(scope).with("audience", &audience);
        let answer = app.browser().log_in(&request, "ann@x.test", PASSWORD).await.answer();
        let token = client.exchange(&app, answer.code()).await.text("access_token");
        let before = app.dump().await;
        for id in ["auth0%7Cann", "auth0%7Cbob"] {
            for change in [
                json!({"user_metadata": {"colour": "red"}}),
                json!({"app_metadata": {"plan": "full"}}),
                json!({"email_verified": true}),
                json!({"email": "new@x.test"}),
                json!({"blocked": false}),
            ] {
                let path = format!("/users/{id}");
                let refused = call(&app, Method::PATCH, &path, Some(&token), change.to_string()).await;
                assert_eq!(expect(&refused, 403)["errorCode"], "insufficient_scope", "{id} {change}");
            }
        }
        app.assert_unchanged_since(&before).await;
    })
    .await;
}
