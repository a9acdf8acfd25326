//! `/jobs`.

use std::time::Duration;

use flows::jobs::Work;
use flows::mail::{Mail, MailRefused, Message};
use model::{JobId, JsonObject};
use serde_json::{Value, json};

use crate::api::{Api, expect, expect_refusal};

const GONE: &str = "The job does not exist.";

/// A job that somebody was told of.
pub(crate) async fn enqueue(api: &Api) -> JobId {
    let mail = Mail {
        to: "ada@example.com".to_owned(),
        user_id: None,
        languages: Vec::new(),
        message: Message::PasswordChanged,
        expires_at: None,
    };
    let mut report = JsonObject::new();
    report.insert("type".to_owned(), json!("verification_email"));
    api.app.enqueue(&Work::Mail(mail), &report).await
}

async fn shown(api: &Api, id: &JobId) -> Value {
    expect(&api.get(&format!("/jobs/{id}")).await, 200)
}

#[tokio::test]
async fn a_job_is_told_of_until_a_day_after_it_was_done() {
    let api = Api::new().await;
    let id = enqueue(&api).await;
    let created_at = api.app.now().to_string();
    let job =
        |status: &str| json!({"id": id, "type": "verification_email", "status": status, "created_at": created_at});
    assert_eq!(shown(&api, &id).await, job("pending"));
    api.app.run_jobs_until_idle().await;
    assert_eq!(shown(&api, &id).await, job("completed"));
    api.app.advance(Duration::from_hours(26));
    api.app.sweep().await;
    let api = Api::on(api.app).await;
    expect_refusal(&api.get(&format!("/jobs/{id}")).await, 404, Some("inexistent_job"), GONE);
}

#[tokio::test]
async fn a_job_that_was_given_up_has_failed() {
    let api = Api::new().await;
    api.app.refuse_mails(Some(MailRefused::Never("no such mailbox".to_owned())));
    let id = enqueue(&api).await;
    api.app.run_jobs_until_idle().await;
    assert_eq!(shown(&api, &id).await["status"], "failed");
}

#[tokio::test]
async fn whoever_may_neither_create_nor_read_users_sees_no_job() {
    let api = Api::new().await;
    let id = enqueue(&api).await;
    let path = format!("/jobs/{id}");
    let message = "Insufficient scope, expected any of: create:users,read:users";
    let refused = api.with_scopes("update:users").await.get(&path).await;
    expect_refusal(&refused, 403, Some("insufficient_scope"), message);
    for scope in ["create:users", "read:users"] {
        expect(&api.with_scopes(scope).await.get(&path).await, 200);
    }
    expect_refusal(&api.get("/jobs/job_unknown").await, 404, Some("inexistent_job"), GONE);
}
