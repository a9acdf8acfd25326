//! Going from event to event.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use model::EventId;
use model::event::Event;
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::task::{JoinSet, yield_now};

use super::engines::{Database, for_each_database, for_each_engine};
use super::events::{five_events, insert};
use super::records::{at, committed, event, reader};
use crate::events::EventFilter;
use crate::{Page, Store, events};

/// The codes of what a reader meets who goes on after this event.
async fn followed(store: &Store, from: &str, limit: u32) -> Vec<String> {
    let found = following(store, from, limit).await;
    found.into_iter().map(|event| event.code).collect()
}

async fn following(store: &Store, from: &str, limit: u32) -> Vec<Event> {
    committed(store, async |tx| events::number(tx, 1000).await).await;
    events::after(&mut reader(store).await, from, limit).await.unwrap()
}

#[tokio::test]
async fn a_reader_goes_on_after_the_last_event_it_had() {
    for_each_engine(async |store| {
        five_events(store).await;
        assert_eq!(followed(store, "", 2).await, ["s", "fp"]);
        let last = event(2, "fp").log_id;
        assert_eq!(followed(store, last.as_str(), 10).await, ["twin", "fp", "s"]);
        let end = event(4, "s").log_id;
        assert_eq!(followed(store, end.as_str(), 10).await, Vec::<String>::new());
    })
    .await;
}

/// The calls began in one order and committed in the other. On SQLite only the beginning can overlap.
#[tokio::test]
async fn an_event_that_is_committed_late_is_met_once() {
    for_each_database(async |database| {
        let store = &database.store;
        let (began_first, began_second) = (event(1, "late"), event(2, "early"));
        if database.is_postgres() {
            let mut slow = store.write().await.unwrap();
            events::insert(&mut slow, &began_first).await.unwrap();
            insert(&database.open_again().await, &began_second).await;
            assert_eq!(followed(store, "", 10).await, ["early"]);
            slow.commit().await.unwrap();
        } else {
            insert(store, &began_second).await;
            assert_eq!(followed(store, "", 10).await, ["early"]);
            insert(store, &began_first).await;
        }
        assert_eq!(followed(store, began_second.log_id.as_str(), 10).await, ["late"]);
        assert_eq!(followed(store, began_first.log_id.as_str(), 10).await, Vec::<String>::new());
        assert_eq!(followed(store, "", 10).await, ["early", "late"], "to everybody in one order");
    })
    .await;
}

#[tokio::test]
async fn a_write_that_is_undone_leaves_no_place_that_is_waited_for() {
    for_each_engine(async |store| {
        insert(store, &event(1, "s")).await;
        let mut undone = store.write().await.unwrap();
        events::insert(&mut undone, &event(2, "undone")).await.unwrap();
        events::number(&mut undone, 10).await.unwrap();
        drop(undone);
        insert(store, &event(3, "fp")).await;
        assert_eq!(followed(store, "", 10).await, ["s", "fp"]);
    })
    .await;
}

#[tokio::test]
async fn no_more_events_are_numbered_than_was_told() {
    for_each_engine(async |store| {
        five_events(store).await;
        for (limit, numbered, so_far) in [(0, 0, 0), (2, 2, 2), (2, 2, 4), (2, 1, 5), (2, 0, 5)] {
            assert_eq!(committed(store, async |tx| events::number(tx, limit).await).await, numbered);
            let placed = events::after(&mut reader(store).await, "", 10).await.unwrap();
            assert_eq!(placed.len(), so_far);
            assert_eq!(events::has_unnumbered(&mut reader(store).await).await.unwrap(), so_far < 5);
            for waiting in all_events(store).await.iter().filter(|event| !placed.contains(event)) {
                let follow = events::after(&mut reader(store).await, waiting.log_id.as_str(), 10).await.unwrap();
                assert_eq!(follow, [], "what follows an event without a place is not known yet");
            }
        }
    })
    .await;
}

async fn all_events(store: &Store) -> Vec<Event> {
    let all = Page::Offset { skip: 0, limit: 10 };
    events::list(&mut reader(store).await, &EventFilter::default(), &all).await.unwrap()
}

#[tokio::test]
async fn an_id_that_is_not_there_is_gone_on_from_by_its_moment() {
    for_each_engine(async |store| {
        five_events(store).await;
        let gone = EventId::at(at(2), [2; 8]);
        assert_eq!(followed(store, gone.as_str(), 10).await, ["fp", "s"]);
        assert_eq!(followed(store, "900", 1).await, ["s"]);
        assert_eq!(followed(store, "999", 10).await, Vec::<String>::new());
        // All were swept; the next event is met by whoever had read them.
        committed(store, async |tx| events::sweep(tx, i64::MAX).await).await;
        let last = event(4, "s").log_id;
        assert_eq!(followed(store, last.as_str(), 10).await, Vec::<String>::new());
        insert(store, &event(61, "next")).await;
        assert_eq!(followed(store, last.as_str(), 10).await, ["next"]);
    })
    .await;
}

/// As the database was before events had positions.
const BACK: &str = "DROP INDEX events_by_position; ALTER TABLE events DROP COLUMN position; DROP TABLE event_numbering";

async fn migrate_again(database: &Database) {
    if database.is_postgres() {
        let mut db = PgConnection::connect(&database.url).await.unwrap();
        let again = include_str!("../../../../migrations/postgres/0007_event_positions.sql");
        for text in [BACK, again] {
            sqlx::raw_sql(text).execute(&mut db).await.unwrap();
        }
    } else {
        let mut db = SqliteConnection::connect(&database.url).await.unwrap();
        let again = include_str!("../../../../migrations/sqlite/0007_event_positions.sql");
        for text in [BACK, again] {
            sqlx::raw_sql(text).execute(&mut db).await.unwrap();
        }
    }
}

#[tokio::test]
async fn events_from_before_positions_keep_the_order_of_their_ids() {
    for_each_database(async |database| {
        five_events(&database.store).await;
        migrate_again(database).await;
        let store = database.open_again().await;
        assert!(!events::has_unnumbered(&mut reader(&store).await).await.unwrap());
        insert(&store, &event(0, "late")).await;
        assert_eq!(followed(&store, "", 10).await, ["s", "fp", "twin", "fp", "s", "late"]);
    })
    .await;
}

const WRITERS: u8 = 8;
const EVENTS_OF_EACH: u8 = 25;

/// Every write of its own, with dates that say nothing of the order.
async fn write_some(store: Store, writer: u8) {
    for number in 0..EVENTS_OF_EACH {
        let log_id = EventId::at(at(i64::from(number * 7 % EVENTS_OF_EACH)), [writer; 8]);
        let mut tx = store.write().await.unwrap();
        events::insert(&mut tx, &Event { log_id, ..event(0, "s") }).await.unwrap();
        // Somebody else may commit first.
        yield_now().await;
        tx.commit().await.unwrap();
    }
}

/// Goes on until nothing is left after the writers have ended.
async fn follow_to_the_end(store: Store, ended: Arc<AtomicBool>) -> Vec<String> {
    let mut seen: Vec<String> = Vec::new();
    loop {
        let was_last = ended.load(Ordering::SeqCst);
        let from = seen.last().cloned().unwrap_or_default();
        let found = following(&store, &from, 7).await;
        if found.is_empty() && was_last {
            break seen;
        }
        seen.extend(found.into_iter().map(|event| event.log_id.to_string()));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_meet_each_event_of_many_writers_once_and_in_one_order() {
    for_each_database(async |database| {
        // A second process where the engine is for several.
        let other = if database.is_postgres() { database.open_again().await } else { database.store.clone() };
        let ended = Arc::new(AtomicBool::new(false));
        let readers =
            [&database.store, &other].map(|store| tokio::spawn(follow_to_the_end(store.clone(), Arc::clone(&ended))));
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let store = if writer % 2 == 0 { &database.store } else { &other };
            writers.spawn(write_some(store.clone(), writer));
        }
        writers.join_all().await;
        ended.store(true, Ordering::SeqCst);
        let [one, two] = readers;
        let (one, two) = (one.await.unwrap(), two.await.unwrap());
        assert_eq!(one, two);
        assert_eq!(one.len(), usize::from(WRITERS) * usize::from(EVENTS_OF_EACH));
        assert_eq!(one.iter().collect::<BTreeSet<_>>().len(), one.len());
    })
    .await;
}
