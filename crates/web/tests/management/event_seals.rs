//! DL-06: nobody alters the log of events without it showing.

use std::time::Duration;

use flows::event_seals::{Head, NotWhole, Report};
use http::{Method, StatusCode};
use serde_json::json;
use testkit::{App, for_each_deployment, for_each_engine};

use crate::api::{Api, expect};

const DAY: Duration = Duration::from_hours(24);

/// Something that is recorded, a second later than what was before.
async fn happen(api: &Api, name: &str) {
    api.app.advance(Duration::from_secs(1));
    expect(&api.post("/clients", json!({"name": "x", "client_id": name})).await, 201);
}

/// A log with three seals on two events each, and the ids of these.
async fn sealed_log(app: &App) -> [String; 6] {
    let api = Api::on(app.clone()).await;
    app.tamper("DELETE FROM events").await;
    for name in ["a", "b", "c", "d", "e", "f"] {
        happen(&api, name).await;
        if ["b", "d", "f"].contains(&name) {
            app.seal_events().await;
        }
    }
    let ids: Vec<_> = app.events().await.into_iter().map(|event| event.log_id.to_string()).collect();
    ids.try_into().expect("six events")
}

async fn whole(app: &App) -> Report {
    app.verify_events(None).await.expect("the log is whole")
}

async fn head(app: &App) -> Head {
    whole(app).await.head.expect("the log is sealed")
}

/// What the verifier finds.
async fn found(app: &App, kept: Option<&Head>) -> String {
    app.verify_events(kept).await.map_or_else(|not_whole| not_whole.to_string(), |_| "whole".to_owned())
}

const KEEP: &str = "CREATE TABLE kept_events AS SELECT * FROM events; \
     CREATE TABLE kept_seals AS SELECT * FROM event_seals";
const BRING_BACK: &str = "DELETE FROM events; INSERT INTO events SELECT * FROM kept_events; \
     DELETE FROM event_seals; INSERT INTO event_seals SELECT * FROM kept_seals";

/// An intruder's own event with the text of another, at a place of which `position` tells.
fn forged(like: &str, position: &str) -> String {
    format!(
        "INSERT INTO events (log_id, date, type, client_id, user_id, document, position) \
         SELECT '900', date, type, client_id, user_id, document, {position} FROM events WHERE log_id = '{like}'"
    )
}

#[tokio::test]
#[expect(clippy::many_single_char_names, reason = "the events are called so in what they say")]
async fn dl_06_whatever_an_intruder_alters_in_the_log_shows_with_its_place() {
    for_each_engine(async |app| {
        let [a, b, c, d, e, f] = &sealed_log(&app).await;
        app.tamper(KEEP).await;
        let set = |what: &str, id: &str| format!("UPDATE events SET {what} WHERE log_id = '{id}'");
        let position = |id: &str| format!("(SELECT position FROM events WHERE log_id = '{id}')");
        let seal = |what: &str, number: u8| format!("UPDATE event_seals SET {what} WHERE number = {number}");
        let swap = |one: &str, other: &str| {
            let apart = set("position = position + 1000000", one);
            let shifted = |by: &str, id: &str| set(&format!("position = position {by}"), id);
            format!("{apart}; {}; {}", shifted("- 1", other), shifted("- 999999", one))
        };
        let gone = |id: &str| format!("DELETE FROM events WHERE log_id = '{id}'");
        for (tampering, expected) in [
            (set(r#"document = REPLACE(document, '"b"', '"x"')"#, b), format!("event {b} (seal 1 of")),
            (set("date = date - 1", c), format!("event {c} (seal 2 of")),
            (set("type = 's'", d), format!("event {d} (seal 2 of")),
            (set("client_id = NULL", e), format!("event {e} (seal 3 of")),
            (set("user_id = 'auth0|eve'", f), format!("event {f} (seal 3 of")),
            (set("erasure = (SELECT link FROM event_seals WHERE number = 1)", a), format!("event {a} (seal 1 of")),
            (set("log_id = '900'", a), "event 900 (seal 1 of".to_owned()),
            (gone(a), format!("before event {b} (seal 1 of")),
            (gone(d), "the last events of seal 2 were removed".to_owned()),
            (format!("{}; {}", gone(c), gone(d)), "the last events of seal 2 were removed".to_owned()),
            (set("position = NULL", e), format!("before event {f} (seal 3 of")),
            (swap(c, d), format!("before event {d} (seal 2 of")),
            (forged(c, &format!("{} + 1", position(b))), "event 900 (seal 2 of".to_owned()),
            (forged(c, "-1"), "event \"900\" was put in before the first".to_owned()),
            (seal("sealed_at = sealed_at - 1", 1), "seal 1 was altered".to_owned()),
            (seal("newest = 0", 2), "seal 2 was altered".to_owned()),
            (seal("last_position = last_position + 1", 3), "seal 3 was altered".to_owned()),
            (seal("digests = link", 3), "seal 3 was altered".to_owned()),
            (
                "DELETE FROM event_seals WHERE number = 2".to_owned(),
                "seal 3 was altered, or seals before it".to_owned(),
            ),
            ("DELETE FROM event_seals WHERE number = 1".to_owned(), "what came before seal 2 was removed".to_owned()),
        ] {
            app.tamper(&tampering).await;
            let found = found(&app, None).await;
            assert!(found.starts_with(&expected), "{tampering}\nis found as: {found}");
            app.tamper(BRING_BACK).await;
            assert_eq!(whole(&app).await.events, 6);
        }
    })
    .await;
}

/// What no seal can tell is told by a head that was kept where the intruder does not come.
#[tokio::test]
async fn dl_06_an_end_that_was_cut_off_shows_by_a_head_that_was_kept() {
    for_each_engine(async |app| {
        let [.., c, d, e, f] = &sealed_log(&app).await;
        let kept = head(&app).await;
        assert_eq!(found(&app, Some(&kept)).await, "whole");
        let missing = NotWhole::HeadMissing(kept.clone()).to_string();
        app.tamper(&format!("DELETE FROM events WHERE log_id IN ('{e}', '{f}')")).await;
        app.tamper("DELETE FROM event_seals WHERE number = 3").await;
        assert_eq!((found(&app, None).await.as_str(), found(&app, Some(&kept)).await), ("whole", missing.clone()));
        // Going on does not bring it back, and neither does sealing anew what is left.
        happen(&Api::on(app.clone()).await, "g").await;
        app.seal_events().await;
        assert_eq!((found(&app, None).await.as_str(), found(&app, Some(&kept)).await), ("whole", missing.clone()));
        app.advance(DAY);
        app.tamper(&format!("DELETE FROM event_seals; DELETE FROM events WHERE log_id IN ('{c}', '{d}')")).await;
        app.seal_events().await;
        assert_eq!(found(&app, Some(&kept)).await, missing);
        let report = whole(&app).await;
        assert_eq!(report.late, report.events, "it shows when they were sealed");
    })
    .await;
}

#[tokio::test]
async fn dl_06_what_is_not_sealed_yet_is_counted_and_sealed_next() {
    for_each_engine(async |app| {
        assert_eq!(whole(&app).await, Report::default());
        let [.., last] = &sealed_log(&app).await;
        app.tamper(&forged(last, "NULL")).await;
        let before = whole(&app).await;
        assert_eq!((before.events, before.unsealed, before.late), (6, 1, 0));
        app.advance(DAY);
        app.seal_events().await;
        let after = whole(&app).await;
        assert_eq!((after.events, after.unsealed, after.late), (7, 0, 1), "an event of yesterday's date");
        assert_eq!(after.since, before.since);
        assert_ne!(after.head, before.head);
        assert_eq!(found(&app, before.head.as_ref()).await, "whole", "the head of before is on the way");
    })
    .await;
}

#[tokio::test]
async fn dl_06_old_events_go_and_the_rest_stays_whole() {
    for_each_engine(async |app| {
        sealed_log(&app).await;
        let first = head(&app).await;
        app.advance(DAY * 20);
        let api = Api::on(app.clone()).await;
        happen(&api, "later").await;
        app.sweep().await;
        assert!(!whole(&app).await.is_kept_head_swept);
        app.advance(DAY * 11);
        app.sweep().await;
        let report = app.verify_events(Some(&first)).await.unwrap();
        assert_eq!(report.events, app.events().await.len() as u64);
        assert!(report.events < 6 && !report.is_kept_head_swept, "the log begins at the head that was kept");
        app.advance(DAY * 20);
        app.sweep().await;
        let report = app.verify_events(Some(&first)).await.unwrap();
        assert_eq!((report.events, report.since, report.is_kept_head_swept), (0, None, true));
        happen(&Api::on(app.clone()).await, "last").await;
        app.seal_events().await;
        assert!(whole(&app).await.events > 0);
    })
    .await;
}

/// An intruder who cuts off the beginning, or has the broker sweep it before its time.
#[tokio::test]
async fn dl_06_no_sweep_hides_that_the_beginning_was_removed() {
    for_each_engine(async |app| {
        sealed_log(&app).await;
        app.tamper("UPDATE event_seals SET newest = 0").await;
        let before = app.events().await;
        app.sweep().await;
        assert_eq!(app.events().await, before, "what a seal says of its age counts if it holds");
        app.tamper(
            "DELETE FROM events WHERE position <= (SELECT last_position FROM event_seals WHERE number = 1); \
             DELETE FROM event_seals WHERE number = 1",
        )
        .await;
        assert_eq!(found(&app, None).await, NotWhole::BeginningRemoved(2).to_string());
        app.tamper("UPDATE event_seals SET checkpoint = link WHERE number = 2").await;
        assert_eq!(found(&app, None).await, NotWhole::BeginningRemoved(2).to_string());
        for _ in 0..2 {
            happen(&Api::on(app.clone()).await, &app.now().seconds().to_string()).await;
            app.seal_events().await;
            app.advance(DAY * 31);
            app.sweep().await;
            assert!(matches!(app.verify_events(None).await, Err(NotWhole::BeginningRemoved(_))));
        }
    })
    .await;
}

#[tokio::test]
async fn dl_06_the_api_neither_alters_nor_deletes_events() {
    for_each_engine(async |app| {
        let [first, ..] = &sealed_log(&app).await;
        let api = Api::on(app.clone()).await;
        app.seal_events().await;
        let (before, dump) = (app.events().await, app.dump().await);
        for path in ["/logs".to_owned(), format!("/logs/{first}"), "/users/auth0%7Cada/logs".to_owned()] {
            for method in [Method::DELETE, Method::PATCH, Method::PUT, Method::POST] {
                let answer = api.send(method.clone(), &path, Some(json!({"type": "s", "log_id": first}))).await;
                let refused = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED];
                assert!(refused.contains(&answer.status), "{method} {path}: {} {}", answer.status, answer.body);
            }
        }
        assert_eq!(app.events().await, before);
        app.assert_unchanged_since(&dump).await;
        assert_eq!(whole(&app).await.unsealed, 0);
    })
    .await;
}

#[tokio::test]
async fn dl_06_nodes_that_seal_at_once_make_one_chain() {
    for_each_deployment(async |nodes| {
        let api = Api::on(nodes[0].clone()).await;
        for round in 0..10 {
            let (name, other) = (format!("a{round}"), format!("b{round}"));
            tokio::join!(happen(&api, &name), nodes[0].seal_events(), nodes[1].seal_events(), happen(&api, &other));
        }
        nodes[1].seal_events().await;
        let report = whole(&nodes[0]).await;
        assert_eq!((report.events, report.unsealed), (nodes[0].events().await.len() as u64, 0));
    })
    .await;
}
