//! Work that is done later.

use std::time::Duration;

use flows::jobs::{KINDS, UsersImport, Work};
use flows::mail::{Mail, MailRefused, Message};
use model::job::JobStatus;
use model::{JobId, JsonObject};
use testkit::{App, for_each_deployment, for_each_engine};

fn mail() -> Mail {
    Mail {
        to: "ada@example.com".to_owned(),
        user_id: None,
        languages: Vec::new(),
        message: Message::PasswordChanged,
        expires_at: None,
    }
}

async fn enqueue(app: &App, mail: Mail) -> JobId {
    app.enqueue(&Work::Mail(mail), &JsonObject::new()).await
}

async fn status(app: &App, id: &JobId) -> JobStatus {
    app.find_job(id).await.expect("the job is told of").status
}

#[tokio::test]
async fn a_mail_leaves_once_and_its_job_is_told_of_for_a_day() {
    for_each_engine(async |app| {
        let id = enqueue(&app, mail()).await;
        assert_eq!(status(&app, &id).await, JobStatus::Pending);
        assert!(!app.dump().await.contains("ada@example.com"), "dl_01: the facts are sealed");
        assert_eq!(app.mails().await, [mail()]);
        assert_eq!(status(&app, &id).await, JobStatus::Completed);
        assert_eq!(app.mails().await, []);
        app.advance(Duration::from_hours(26));
        app.sweep().await;
        assert_eq!(app.find_job(&id).await, None);
    })
    .await;
}

/// Each kind has somebody who works for it alone.
#[tokio::test]
async fn no_kind_of_work_waits_for_another() {
    let app = App::new().await;
    let import = Work::UsersImport(UsersImport::new("nowhere".to_owned(), false, app.now(), b"[]"));
    let older = app.enqueue(&import, &JsonObject::new()).await;
    app.advance(Duration::from_secs(1));
    let id = enqueue(&app, mail()).await;
    let [mails, others @ ..] = &KINDS;
    assert!(app.run_one_job_of(Some(mails)).await && !app.run_one_job_of(Some(mails)).await);
    assert_eq!((status(&app, &older).await, status(&app, &id).await), (JobStatus::Pending, JobStatus::Completed));
    for kind in others {
        app.run_one_job_of(Some(kind)).await;
    }
    assert_eq!(status(&app, &older).await, JobStatus::Failed, "there is no such connection");
}

#[tokio::test]
async fn a_mail_waits_for_a_server_that_is_away() {
    let app = App::new().await;
    app.refuse_mails(Some(MailRefused::Later("the server does not answer".to_owned())));
    let id = enqueue(&app, mail()).await;
    app.run_jobs_until_idle().await;
    assert_eq!(status(&app, &id).await, JobStatus::Pending);
    app.refuse_mails(None);
    app.advance(Duration::from_secs(9));
    assert_eq!(app.mails().await, [], "it is not tried again before ten seconds have passed");
    app.advance(Duration::from_secs(1));
    assert_eq!(app.mails().await, [mail()]);
    assert_eq!(app.events_of("fn").await, []);
}

#[tokio::test]
async fn a_mail_that_no_server_takes_is_given_up_and_stays_to_be_seen() {
    let app = App::new().await;
    app.refuse_mails(Some(MailRefused::Later("the server does not answer".to_owned())));
    let id = enqueue(&app, mail()).await;
    for _ in 0..11 {
        assert!(app.run_one_job().await);
        assert_eq!(status(&app, &id).await, JobStatus::Pending);
        app.advance(Duration::from_hours(4));
    }
    assert!(app.run_one_job().await);
    assert_eq!(status(&app, &id).await, JobStatus::Failed);
    let [given_up] = &app.events_of("fn").await[..] else { panic!("one event tells of it") };
    assert_eq!(given_up.description.as_deref(), Some("the server does not answer"));
    assert_eq!(given_up.details["attempts"], 12);
    app.refuse_mails(None);
    app.advance(Duration::from_hours(29 * 24));
    assert_eq!(app.mails().await, []);
    app.sweep().await;
    assert_eq!(status(&app, &id).await, JobStatus::Failed);
    app.advance(Duration::from_hours(26));
    app.sweep().await;
    assert_eq!(app.find_job(&id).await, None);
}

/// It would otherwise end one process after the other, without end.
#[tokio::test]
async fn a_job_that_ends_each_process_is_given_up() {
    let app = App::new().await;
    let id = enqueue(&app, mail()).await;
    for _ in 0..12 {
        app.die_of_a_job().await;
    }
    assert!(app.run_one_job().await);
    assert_eq!(status(&app, &id).await, JobStatus::Failed);
    assert_eq!(app.mails().await, []);
    let [given_up] = &app.events_of("fn").await[..] else { panic!("one event tells of it") };
    assert_eq!(given_up.description.as_deref(), Some("no attempt came to an end"));
}

#[tokio::test]
async fn a_job_whose_process_died_is_begun_again() {
    let app = App::new().await;
    let id = enqueue(&app, mail()).await;
    for _ in 0..11 {
        app.die_of_a_job().await;
    }
    assert_eq!(app.mails().await, [mail()]);
    assert_eq!(status(&app, &id).await, JobStatus::Completed);
}

#[tokio::test]
async fn what_will_never_be_taken_is_given_up_at_once() {
    let app = App::new().await;
    app.refuse_mails(Some(MailRefused::Never("no such address".to_owned())));
    let id = enqueue(&app, mail()).await;
    app.run_jobs_until_idle().await;
    assert_eq!(status(&app, &id).await, JobStatus::Failed);
    assert_eq!(app.events_of("fn").await[0].details["job_id"], id.as_str());
}

#[tokio::test]
async fn a_mail_whose_link_has_expired_is_not_sent() {
    let app = App::new().await;
    let (until, late) = (app.now().plus_seconds(60), mail());
    let id = enqueue(&app, Mail { expires_at: Some(until), ..late }).await;
    app.advance(Duration::from_mins(1));
    assert_eq!(app.mails().await, []);
    assert_eq!(status(&app, &id).await, JobStatus::Failed);
}

#[tokio::test]
async fn two_nodes_send_each_mail_once() {
    for_each_deployment(async |[one, other]| {
        for _ in 0..10 {
            enqueue(&one, mail()).await;
        }
        tokio::join!(one.run_jobs_until_idle(), other.run_jobs_until_idle());
        assert_eq!(one.mails().await.len(), 10);
    })
    .await;
}
