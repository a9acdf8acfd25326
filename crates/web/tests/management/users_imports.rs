//! `/jobs/users-imports`.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use flows::mail::{ImportTold, Mail, Message};
use http::{Request, header};
use serde_json::{Value, json};
use testkit::{Answer, App, for_each_engine};

use crate::api::{Api, each, expect, expect_refusal};

const BOUNDARY: &str = "----form";

/// Of the password `correct horse battery`, at two costs.
const BCRYPT: &str = "$2b$04$xs1akFNcyzxZtCgGAXYHGOLUAHnL7t0nc8gCOnYIdequNHD4LBE7m";
const OTHER_BCRYPT: &str = "$2b$10$ih5IpF3Xh0OvDPWaXeiAbedEMnaSokE5fw8BThewt2NKBpAul2wMW";

async fn connection(api: &Api) -> String {
    let created = api.post("/connections", json!({"name": "people", "strategy": "auth0"})).await;
    expect(&created, 201)["id"].as_str().expect("it is there").to_owned()
}

fn form(parts: &[(&str, &str)]) -> String {
    let part = |(name, content): &(&str, &str)| {
        let file = if *name == "users" { "; filename=\"blob\"\r\ncontent-type: application/json" } else { "" };
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    };
    parts.iter().map(part).collect::<String>() + &format!("--{BOUNDARY}--\r\n")
}

async fn upload(api: &Api, parts: &[(&str, &str)]) -> Answer {
    let request = Request::post("/api/v2/jobs/users-imports")
        .header(header::AUTHORIZATION, format!("Bearer {}", api.token))
        .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"));
    api.app.call(request.body(Body::from(form(parts))).expect("it is there")).await
}

/// Uploads a file and answers the id of the job.
async fn begin(api: &Api, connection_id: &str, users: &str, upsert: &str) -> String {
    let parts = [("users", users), ("connection_id", connection_id), ("upsert", upsert)];
    expect(&upload(api, &parts).await, 202)["id"].as_str().expect("it is there").to_owned()
}

async fn job(api: &Api, id: &str) -> Value {
    expect(&api.get(&format!("/jobs/{id}")).await, 200)
}

async fn import(api: &Api, connection_id: &str, users: &str, upsert: &str) -> (Value, Vec<Value>) {
    let id = begin(api, connection_id, users, upsert).await;
    api.app.run_jobs_until_idle().await;
    let errors = api.get(&format!("/jobs/{id}/errors")).await;
    let errors =
        if errors.status == 204 { Vec::new() } else { expect(&errors, 200).as_array().expect("it is there").clone() };
    let job = job(api, &id).await;
    assert_eq!((&job["status"], &job["percentage_done"]), (&json!("completed"), &json!(100)), "{job}");
    (job["summary"].clone(), errors)
}

fn summary(inserted: u64, updated: u64, failed: u64) -> Value {
    json!({"inserted": inserted, "updated": updated, "failed": failed, "total": inserted + updated + failed})
}

#[tokio::test]
async fn an_uploaded_file_becomes_people() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    let users = format!(r#"[{{"user_id":"a","email":"A@x.io","password_hash":"{BCRYPT}"}}, {{"email":"b@x.io"}}]"#);
    let parts = [("connection_id", connection_id.as_str()), ("users", &users), ("external_id", "run 7")];
    let began = expect(&upload(&api, &parts).await, 202);
    let id = began["id"].as_str().expect("it is there");
    let expected = json!({
        "id": id, "type": "users_import", "status": "pending", "created_at": api.app.now().to_string(),
        "connection_id": connection_id, "connection": "people", "external_id": "run 7", "upsert": false,
        "send_completion_email": true,
    });
    assert_eq!(began, expected);
    assert_eq!(job(&api, id).await, expected);
    assert_eq!(api.get(&format!("/jobs/{id}/errors")).await.status, 204);
    api.app.run_jobs_until_idle().await;
    let done = job(&api, id).await;
    assert_eq!((&done["status"], &done["summary"]), (&json!("completed"), &summary(2, 0, 0)));
    assert_eq!(api.get(&format!("/jobs/{id}/errors")).await.status, 204);
    let ada = expect(&api.get("/users/auth0%7Ca").await, 200);
    assert_eq!((&ada["email"], &ada["identities"][0]["connection"]), (&json!("a@x.io"), &json!("people")));
    assert_eq!(api.app.events_of("sui").await.len(), 1);
}

#[tokio::test]
async fn the_support_address_is_told_of_the_end_by_mail() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    let users = r#"[{"email":"a@x.io"},{"email":"nobody"}]"#;
    import(&api, &connection_id, users, "false").await;
    assert_eq!(api.app.mails().await, [], "nobody can be told");
    expect(&api.patch("/tenants/settings", json!({"support_email": "help@x.test"})).await, 200);
    let parts = [("users", users), ("connection_id", connection_id.as_str()), ("send_completion_email", "false")];
    expect(&upload(&api, &parts).await, 202);
    assert_eq!(api.app.mails().await, [], "nobody is to be told");

    begin(&api, &connection_id, users, "true").await;
    let mails = api.app.mails().await;
    let told = ImportTold { connection: "people".to_owned(), inserted: 0, updated: 1, failed: 1, total: 2 };
    let [mail] = &mails[..] else { panic!("one mail: {mails:?}") };
    assert_eq!((mail.to.as_str(), &mail.message), ("help@x.test", &Message::UsersImported(told)));

    begin(&api, &connection_id, users, "true").await;
    expect(&api.delete(&format!("/connections/{connection_id}")).await, 204);
    let mails = api.app.mails().await;
    assert!(matches!(mails[..], [Mail { message: Message::UsersImportFailed(_), .. }]), "{mails:?}");
}

#[tokio::test]
async fn rows_that_are_not_taken_are_told_without_their_secrets() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    let users = format!(
        r#"[{{"email":"a@x.io","password_hash":"{BCRYPT}"}}, {{"email":"nobody","password_hash":"secret"}},
            {{"email":"c@x.io"}}, {{"email":"C@x.io"}}, 7]"#
    );
    let (told, errors) = import(&api, &connection_id, &users, "false").await;
    assert_eq!(told, summary(1, 0, 4));
    let codes: Vec<_> = errors.iter().map(|row| each(&row["errors"], "code")).collect();
    assert_eq!(
        codes,
        [vec!["FORMAT", "PATTERN"], vec!["DUPLICATED_USER"], vec!["DUPLICATED_USER"], vec!["INVALID_TYPE"]]
    );
    assert_eq!(errors[0]["user"], json!({"email": "nobody", "password_hash": "*****"}));
    assert_eq!(errors[0]["errors"][0]["path"], "email");
    assert_eq!((errors[0].get("line"), &errors[3]["user"]), (None, &json!({})));
}

#[tokio::test]
async fn mg_14_without_upsert_whoever_is_there_is_refused_and_with_it_updated() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    let row = |name: &str, hash: &str| format!(r#"[{{"email":"a@x.io","name":"{name}","password_hash":"{hash}"}}]"#);
    assert_eq!(import(&api, &connection_id, &row("Ada", BCRYPT), "false").await.0, summary(1, 0, 0));
    let (told, errors) = import(&api, &connection_id, &row("Eve", BCRYPT), "false").await;
    assert_eq!((told, each(&errors[0]["errors"], "code")), (summary(0, 0, 1), vec!["CONFLICT_EMAIL"]));
    let found = expect(&api.get("/users-by-email?email=a@x.io").await, 200);
    assert_eq!(each(&found, "name"), ["Ada"]);
    assert_eq!(import(&api, &connection_id, &row("Ada King", OTHER_BCRYPT), "true").await.0, summary(0, 1, 0));
    assert_eq!(import(&api, &connection_id, &row("Ada King", OTHER_BCRYPT), "true").await.0, summary(0, 1, 0));
    let (told, errors) = import(&api, &connection_id, &row("Weaker", BCRYPT), "true").await;
    assert_eq!((told, each(&errors[0]["errors"], "code")), (summary(0, 0, 1), vec!["CONFLICT"]));
    let found = expect(&api.get("/users-by-email?email=a@x.io").await, 200);
    assert_eq!(each(&found, "name"), ["Ada King"]);
}

/// Asks a future so many times, and then no more.
async fn abandoned(work: impl Future, steps: usize) -> bool {
    let mut work = pin!(work);
    let mut left = steps;
    poll_fn(|cx| {
        if work.as_mut().poll(cx).is_ready() {
            return Poll::Ready(true);
        }
        left -= 1;
        if left == 0 { Poll::Ready(false) } else { Poll::Pending }
    })
    .await
}

/// The process ends anywhere in the middle of the import, again and again.
#[tokio::test]
async fn mg_14_a_job_that_is_interrupted_counts_every_row_once() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    let row = |number| match number {
        4000 => r#"{"email":"nobody"}"#.to_owned(),
        _ => format!(r#"{{"email":"u{number}@x.io"}}"#),
    };
    let users = format!("[{}]", (0..6500).map(row).collect::<Vec<_>>().join(","));
    let id = begin(&api, &connection_id, &users, "false").await;
    let (mut steps, mut ends) = (8, 0);
    while !abandoned(api.app.run_one_job(), steps).await {
        (steps, ends) = (steps * 2, ends + 1);
        api.app.advance(Duration::from_mins(3));
    }
    assert!(ends > 1, "it was never interrupted");
    let api = Api::on(api.app).await;
    let done = job(&api, &id).await;
    assert_eq!((&done["status"], &done["summary"]), (&json!("completed"), &summary(6499, 0, 1)), "after {ends} ends");
    assert_eq!(expect(&api.get(&format!("/jobs/{id}/errors")).await, 200).as_array().expect("it is there").len(), 1);
}

#[tokio::test]
async fn mg_15_what_is_no_such_form_begins_nothing() {
    let api = Api::new().await;
    let id = connection(&api).await;
    let (users, id) = (("users", "[]"), ("connection_id", id.as_str()));
    let large = format!("[{}]", " ".repeat(511_999));
    let refused = upload(&api, &[("users", &large), id]).await;
    expect_refusal(&refused, 413, None, "Payload content length greater than maximum allowed: 512000.");
    for (parts, told) in [
        (vec![id], "Missing required property: users"),
        (vec![users], "Missing required property: connection_id"),
        (vec![users, ("connection_id", "con_none")], "connection_id must be the id of a database connection"),
        (vec![users, id, ("upsert", "maybe")], "upsert must be true or false"),
        (vec![users, id, ("send_completion_email", "1")], "send_completion_email must be true or false"),
        (vec![users, id, ("more", "x")], "Additional properties not allowed: more"),
        (vec![users, users, id], "the body must be multipart/form-data with each part once"),
    ] {
        let refused = expect(&upload(&api, &parts).await, 400);
        assert!(refused["message"].as_str().expect("it is there").contains(told), "{refused}");
    }
    let refused = expect(&api.post("/jobs/users-imports", json!({})).await, 400);
    assert_eq!(refused["errorCode"], "invalid_body");
    let reader = api.with_scopes("read:users").await;
    let refused = upload(&reader, &[users, id]).await;
    let message = "Insufficient scope, expected any of: create:users";
    expect_refusal(&refused, 403, Some("insufficient_scope"), message);
    assert!(!api.app.run_one_job().await, "something was begun");
}

#[tokio::test]
async fn two_imports_are_under_way_at_the_most() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    for _ in 0..2 {
        begin(&api, &connection_id, "[]", "false").await;
    }
    let refused = upload(&api, &[("users", "[]"), ("connection_id", &connection_id)]).await;
    let message = "There are 2 active import users jobs, please wait until some of them are finished and try again";
    expect_refusal(&refused, 429, Some("too_many_requests"), message);
    api.app.run_jobs_until_idle().await;
    begin(&api, &connection_id, "[]", "false").await;
}

#[tokio::test]
async fn an_import_that_takes_too_long_has_failed() {
    let api = Api::new().await;
    let connection_id = connection(&api).await;
    let id = begin(&api, &connection_id, r#"[{"email":"a@x.io"}]"#, "false").await;
    api.app.advance(Duration::from_mins(121));
    api.app.run_jobs_until_idle().await;
    let api = Api::on(App::clone(&api.app)).await;
    let failed = job(&api, &id).await;
    assert_eq!(
        (&failed["status"], &failed["status_details"]),
        (&json!("failed"), &json!("it took longer than two hours"))
    );
    assert_eq!(expect(&api.get(&format!("/jobs/{id}/errors")).await, 200), failed);
    assert_eq!(expect(&api.get("/users-by-email?email=a@x.io").await, 200), json!([]));
    assert_eq!(api.app.events_of("fui").await.len(), 1);
}

#[tokio::test]
async fn an_import_has_failed_whose_connection_is_deleted_meanwhile() {
    for_each_engine(async |app| {
        let api = Api::on(app).await;
        let connection_id = connection(&api).await;
        let id = begin(&api, &connection_id, r#"[{"email":"a@x.io"}]"#, "false").await;
        let deleted = "DELETE FROM connections WHERE name = 'people'";
        let run = Box::pin(api.app.run_one_job());
        assert!(api.app.while_deleting(deleted, run).await);
        let failed = job(&api, &id).await;
        let expected = (&json!("failed"), &json!("the connection is gone"));
        assert_eq!((&failed["status"], &failed["status_details"]), expected);
        assert!(api.app.dump().await.rows("users").is_empty());
    })
    .await;
}
