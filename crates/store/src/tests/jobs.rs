//! `jobs`.

use model::job::JobStatus;
use model::{JobId, JsonObject, Timestamp};
use serde_json::json;

use super::engines::{for_each_database, for_each_engine};
use super::records::{at, committed, object, populate, reader, user_id};
use crate::jobs::{self, ClaimedJob, NewJob};
use crate::{Store, expiry, settings, users};

fn id(name: &str) -> JobId {
    JobId::new(format!("job_{name}"))
}

async fn insert(store: &Store, name: &str, due_at: Timestamp, report: Option<&JsonObject>) {
    let job = NewJob { id: &id(name), kind: "mail", user_id: None, payload_sealed: vec![7], report, due_at };
    committed(store, async |tx| jobs::insert(tx, job).await).await;
}

/// Claims at a minute for ten.
async fn claim(store: &Store, minutes: i64) -> Option<ClaimedJob> {
    committed(store, async |tx| jobs::claim(tx, None, at(minutes), at(minutes + 10)).await).await
}

async fn is_any_due(store: &Store, minutes: i64) -> bool {
    jobs::is_any_due(&mut reader(store).await, None, at(minutes)).await.unwrap()
}

async fn status(store: &Store, name: &str, minutes: i64) -> Option<JobStatus> {
    let found = jobs::find_reported(&mut reader(store).await, &id(name), at(minutes)).await.unwrap();
    found.map(|job| job.status)
}

fn report() -> JsonObject {
    object(json!({"type": "verification_email"}))
}

#[tokio::test]
async fn the_job_that_is_due_longest_is_claimed_first() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, "later", at(5), None).await;
        let (id, report, user_id) = (id("first"), report(), user_id());
        let whole = NewJob {
            id: &id,
            kind: "mail",
            user_id: Some(&user_id),
            payload_sealed: vec![1, 2],
            report: Some(&report),
            due_at: at(1),
        };
        committed(store, async |tx| jobs::insert(tx, whole).await).await;
        assert!(!is_any_due(store, 0).await && claim(store, 0).await.is_none(), "nothing is due yet");
        assert!(is_any_due(store, 5).await);
        let claimed = claim(store, 5).await.unwrap();
        assert_eq!((&claimed.id, claimed.kind.as_str(), claimed.attempts), (&id, "mail", 1));
        assert_eq!(
            (claimed.user_id, claimed.payload_sealed, claimed.report),
            (Some(user_id), vec![1, 2], Some(report))
        );
        assert_eq!(claim(store, 5).await.unwrap().id, JobId::new("job_later"));
        assert!(claim(store, 5).await.is_none());
        assert_eq!(jobs::waiting(&mut reader(store).await).await.unwrap(), 2);
    })
    .await;
}

#[tokio::test]
async fn whoever_works_for_one_kind_takes_no_other() {
    for_each_engine(async |store| {
        insert(store, "a", at(0), None).await;
        let is_due = async |kind| jobs::is_any_due(&mut reader(store).await, Some(kind), at(0)).await.unwrap();
        let claim = async |kind| committed(store, async |tx| jobs::claim(tx, Some(kind), at(0), at(10)).await).await;
        assert!(!is_due("users_import").await && claim("users_import").await.is_none());
        assert!(is_due("mail").await);
        assert_eq!(claim("mail").await.unwrap().id, id("a"));
    })
    .await;
}

/// Where both counted before either wrote, both would get in.
#[tokio::test]
async fn of_writes_that_count_at_once_each_sees_what_the_other_left() {
    for_each_database(async |database| {
        let other = database.open_again().await;
        committed(&database.store, async |tx| settings::put_master_key_check(tx, "sealed").await).await;
        let insert_if_first = async |store: &Store, kind: &str, name: &str| {
            let mut tx = store.write().await.unwrap();
            let is_first = jobs::unfinished(&mut tx, kind).await.unwrap() == 0;
            if is_first {
                let (id, payload_sealed) = (id(&format!("{kind} {name}")), vec![7]);
                let job = NewJob { id: &id, kind, user_id: None, payload_sealed, report: None, due_at: at(0) };
                jobs::insert(&mut tx, job).await.unwrap();
            }
            tx.commit().await.unwrap();
            is_first
        };
        // Enough for two writes to meet, which they do once both connections are open.
        for kind in ('a'..='t').map(String::from) {
            let store = &database.store;
            let (one, two) = tokio::join!(insert_if_first(store, &kind, "one"), insert_if_first(&other, &kind, "two"));
            assert!(one != two, "{kind}: one is first, and one is not");
        }
        assert_eq!(jobs::waiting(&mut reader(&database.store).await).await.unwrap(), 20);
    })
    .await;
}

#[tokio::test]
async fn a_lease_that_ran_out_frees_the_job_and_whoever_held_it_can_do_nothing_more() {
    for_each_engine(async |store| {
        insert(store, "a", at(0), None).await;
        let lost = claim(store, 0).await.unwrap();
        assert!(!is_any_due(store, 9).await && claim(store, 9).await.is_none());
        assert!(is_any_due(store, 10).await);
        let held = claim(store, 10).await.unwrap();
        assert_eq!((&held.id, held.attempts), (&lost.id, 2));
        assert!(!committed(store, async |tx| jobs::complete(tx, &lost, at(99)).await).await);
        assert!(!committed(store, async |tx| jobs::fail(tx, &lost, at(99), "late").await).await);
        assert!(!committed(store, async |tx| jobs::postpone(tx, &lost, at(0), "late").await).await);
        assert!(!committed(store, async |tx| jobs::replace(tx, &lost, vec![], None, at(99)).await).await);
        assert!(claim(store, 19).await.is_none(), "the lease of the second holder stands");
        assert!(committed(store, async |tx| jobs::complete(tx, &held, at(99)).await).await);
        assert!(claim(store, 99).await.is_none());
        assert_eq!(jobs::waiting(&mut reader(store).await).await.unwrap(), 0);
    })
    .await;
}

#[tokio::test]
async fn of_two_who_claim_at_once_one_gets_the_job() {
    for_each_database(async |database| {
        let other = database.open_again().await;
        for round in 0..10 {
            insert(&database.store, &format!("{round}"), at(0), None).await;
            let claims = tokio::join!(claim(&database.store, 0), claim(&other, 0));
            assert!(claims.0.is_some() != claims.1.is_some(), "round {round}: {claims:?}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_postponed_job_waits_and_keeps_its_count() {
    for_each_engine(async |store| {
        insert(store, "a", at(0), Some(&report())).await;
        let first = claim(store, 0).await.unwrap();
        assert!(committed(store, async |tx| jobs::postpone(tx, &first, at(3), "unreachable").await).await);
        assert!(claim(store, 2).await.is_none());
        assert_eq!(claim(store, 3).await.unwrap().attempts, 2);
    })
    .await;
}

#[tokio::test]
async fn what_is_left_to_do_replaces_the_facts_and_lengthens_the_lease() {
    for_each_engine(async |store| {
        insert(store, "a", at(0), Some(&report())).await;
        let held = claim(store, 0).await.unwrap();
        let half = object(json!({"type": "users_import", "percentage_done": 50}));
        assert!(committed(store, async |tx| jobs::replace(tx, &held, vec![9], Some(&half), at(20)).await).await);
        assert!(claim(store, 19).await.is_none());
        let next = claim(store, 20).await.unwrap();
        assert_eq!((next.payload_sealed, next.report), (vec![9], Some(half)));
    })
    .await;
}

#[tokio::test]
async fn a_report_follows_its_job_until_it_is_swept() {
    for_each_engine(async |store| {
        insert(store, "silent", at(0), None).await;
        insert(store, "done", at(1), Some(&report())).await;
        insert(store, "failed", at(2), Some(&report())).await;
        assert_eq!(status(store, "done", 0).await, Some(JobStatus::Pending));
        let [silent, done, failed] =
            [claim(store, 2).await, claim(store, 2).await, claim(store, 2).await].map(Option::unwrap);
        assert_eq!(status(store, "done", 3).await, Some(JobStatus::Processing));
        assert_eq!(status(store, "done", 12).await, Some(JobStatus::Pending), "its lease has run out");
        for job in [&silent, &done] {
            assert!(committed(store, async |tx| jobs::complete(tx, job, at(50)).await).await);
        }
        assert!(committed(store, async |tx| jobs::fail(tx, &failed, at(60), "no such address").await).await);
        assert_eq!(status(store, "done", 12).await, Some(JobStatus::Completed));
        assert_eq!(status(store, "failed", 12).await, Some(JobStatus::Failed));
        assert_eq!(status(store, "silent", 12).await, None);
        assert!(!is_any_due(store, 99).await && claim(store, 99).await.is_none(), "what has ended is not begun again");
        for (minutes, left) in [(50, [true, true]), (51, [false, true]), (60, [false, true]), (61, [false, false])] {
            committed(store, async |tx| expiry::sweep(tx, at(minutes), 100).await).await;
            let found = [status(store, "done", 99).await, status(store, "failed", 99).await];
            assert_eq!(found.map(|found| found.is_some()), left, "minute {minutes}");
        }
    })
    .await;
}

#[tokio::test]
async fn jobs_go_with_the_person_they_are_about() {
    for_each_engine(async |store| {
        populate(store).await;
        let (id, user_id) = (id("a"), user_id());
        let job = NewJob {
            id: &id,
            kind: "mail",
            user_id: Some(&user_id),
            payload_sealed: vec![],
            report: None,
            due_at: at(0),
        };
        committed(store, async |tx| jobs::insert(tx, job).await).await;
        assert!(committed(store, async |tx| users::delete(tx, &user_id, at(1)).await).await);
        assert!(claim(store, 2).await.is_none());
    })
    .await;
}
