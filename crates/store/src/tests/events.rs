//! `events`.

use model::event::Event;
use model::{ClientId, EventId, UserId};
use serde_json::json;

use super::engines::for_each_engine;
use super::records::{at, committed, event, object, reader};
use crate::events::EventFilter;
use crate::{Page, Store, StoreError, events};

pub(super) async fn insert(store: &Store, event: &Event) {
    committed(store, async |tx| events::insert(tx, event).await).await;
}

fn full_event(minutes: i64) -> Event {
    let text = |text: &str| Some(text.to_owned());
    Event {
        description: text("Wrong password."),
        connection: text("people"),
        connection_id: text("con_people"),
        client_id: Some(ClientId::new("app")),
        client_name: text("Application"),
        ip: text("192.0.2.1"),
        user_agent: text("Browser/1.0"),
        user_id: Some(UserId::new("auth0|ada")),
        user_name: text("ada@example.com"),
        audience: text("https://books.example/"),
        scope: text("openid"),
        details: object(json!({"attempt": 3})),
        ..event(minutes, "fp")
    }
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_recorded() {
    for_each_engine(async |store| {
        for recorded in [event(1, "s"), full_event(2)] {
            insert(store, &recorded).await;
            let found = events::find(&mut reader(store).await, &recorded.log_id).await.unwrap();
            assert_eq!(found, Some(recorded));
        }
        assert_eq!(events::find(&mut reader(store).await, &EventId::at(at(3), [0; 8])).await.unwrap(), None);
        let mut tx = store.write().await.unwrap();
        let refused = events::insert(&mut tx, &event(1, "s")).await;
        assert!(matches!(refused, Err(StoreError::Failed(_))), "an id is used once");
    })
    .await;
}

/// Recorded out of order; two at one moment.
pub(super) async fn five_events(store: &Store) {
    let twin = Event { log_id: EventId::at(at(2), [1; 8]), ..event(2, "twin") };
    for recorded in [event(4, "s"), twin, event(1, "s"), event(2, "fp"), full_event(3)] {
        insert(store, &recorded).await;
    }
}

/// Minutes and codes of what is listed.
async fn listed(store: &Store, filter: &EventFilter, page: &Page) -> Vec<(i64, String)> {
    let found = events::list(&mut reader(store).await, filter, page).await.unwrap();
    found.into_iter().map(|event| ((event.date.millis() - at(0).millis()) / 60_000, event.code)).collect()
}

fn entries(entries: &[(i64, &str)]) -> Vec<(i64, String)> {
    entries.iter().map(|(minutes, code)| (*minutes, (*code).to_owned())).collect()
}

#[tokio::test]
async fn the_log_reads_in_both_directions() {
    for_each_engine(async |store| {
        five_events(store).await;
        let (newest, oldest) = (EventFilter::default(), EventFilter { oldest_first: true, ..EventFilter::default() });
        let mut order = entries(&[(1, "s"), (2, "fp"), (2, "twin"), (3, "fp"), (4, "s")]);
        let all = Page::Offset { skip: 0, limit: 10 };
        assert_eq!(listed(store, &oldest, &all).await, order);
        assert_eq!(listed(store, &oldest, &Page::Offset { skip: 2, limit: 2 }).await, order[2..4]);
        order.reverse();
        assert_eq!(listed(store, &newest, &all).await, order);
        assert_eq!(listed(store, &newest, &Page::Offset { skip: 4, limit: 2 }).await, order[4..]);
    })
    .await;
}

#[tokio::test]
async fn the_log_is_paged_by_position_in_both_directions() {
    for_each_engine(async |store| {
        five_events(store).await;
        let twin = EventId::at(at(2), [1; 8]).to_string();
        for (oldest_first, expected) in
            [(true, entries(&[(3, "fp"), (4, "s")])), (false, entries(&[(2, "fp"), (1, "s")]))]
        {
            let filter = EventFilter { oldest_first, ..EventFilter::default() };
            let page = Page::After { last: Some((at(2), twin.clone())), limit: 5 };
            assert_eq!(listed(store, &filter, &page).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn the_log_is_filtered_by_type_and_user() {
    for_each_engine(async |store| {
        five_events(store).await;
        let some = |text: &str| vec![text.to_owned()];
        let none = EventFilter { oldest_first: true, ..EventFilter::default() };
        let types = vec!["fp".to_owned(), "twin".to_owned()];
        for (filter, expected) in [
            (EventFilter { types: types.clone(), ..none.clone() }, entries(&[(2, "fp"), (2, "twin"), (3, "fp")])),
            (EventFilter { user_ids: some("auth0|ada"), types, ..none.clone() }, entries(&[(3, "fp")])),
            (EventFilter { user_ids: some("auth0|ada"), types: some("s"), ..none.clone() }, entries(&[])),
            (EventFilter { types: some("' OR 1=1 --"), ..none.clone() }, entries(&[])),
        ] {
            assert_eq!(listed(store, &filter, &Page::Offset { skip: 0, limit: 10 }).await, expected);
            let after = Page::After { last: Some((at(0), String::new())), limit: 10 };
            assert_eq!(listed(store, &filter, &after).await, expected);
            let count = events::count(&mut reader(store).await, &filter).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), expected.len());
        }
    })
    .await;
}

#[tokio::test]
async fn events_go_up_to_a_position_and_those_without_one_stay() {
    for_each_engine(async |store| {
        for minutes in 1..=3 {
            insert(store, &event(minutes, "s")).await;
        }
        assert_eq!(committed(store, async |tx| events::sweep(tx, 10).await).await, 0);
        committed(store, async |tx| events::number(tx, 3).await).await;
        insert(store, &event(4, "fp")).await;
        let second = events::rows(&mut reader(store).await, 0, 10, 10).await.unwrap()[1].position.unwrap();
        let sweep = async || committed(store, async |tx| events::sweep(tx, second).await).await;
        assert_eq!((sweep().await, sweep().await), (2, 0));
        let all = Page::Offset { skip: 0, limit: 10 };
        assert_eq!(listed(store, &EventFilter::default(), &all).await, entries(&[(4, "fp"), (3, "s")]));
        assert_eq!(events::count_behind(&mut reader(store).await, second).await.unwrap(), 2);
        assert_eq!(events::count_behind(&mut reader(store).await, second + 1).await.unwrap(), 1);
    })
    .await;
}

#[tokio::test]
async fn rows_are_read_as_they_are_stored_and_rewritten() {
    for_each_engine(async |store| {
        let (ada, id) = (full_event(1), UserId::new("auth0|ada"));
        insert(store, &ada).await;
        insert(store, &event(2, "s")).await;
        let of_user = async |after: &str| events::rows_of_user(&mut reader(store).await, &id, after, 10).await.unwrap();
        let found = of_user("").await;
        let [row] = &found[..] else { panic!("{found:?}") };
        assert_eq!(row.event().unwrap(), ada);
        assert_eq!((row.code.as_str(), row.date, row.position, &row.erasure), ("fp", ada.date.millis(), None, &None));
        assert_eq!((row.client_id.as_deref(), row.user_id.as_deref()), (Some("app"), Some("auth0|ada")));
        assert_eq!(of_user(ada.log_id.as_str()).await, []);
        let nameless = Event { user_name: None, ..ada };
        let rewritten = crate::events::EventRow { erasure: Some(vec![0, 255]), ..row.telling(&nameless) };
        committed(store, async |tx| events::rewrite(tx, &rewritten).await).await;
        assert_eq!(of_user("").await, [rewritten]);
        committed(store, async |tx| events::number(tx, 10).await).await;
        let rows = async |after: i64, until: i64, limit: u32| {
            let rows = events::rows(&mut reader(store).await, after, until, limit).await.unwrap();
            rows.into_iter().map(|row| row.code).collect::<Vec<_>>()
        };
        let last = of_user("").await[0].position.unwrap() + 1;
        assert_eq!(rows(0, last, 10).await, ["fp", "s"]);
        assert_eq!(
            (rows(last - 1, last, 10).await, rows(0, last - 1, 10).await),
            (vec!["s".to_owned()], vec!["fp".to_owned()])
        );
        assert_eq!(rows(0, last, 1).await, ["fp"]);
    })
    .await;
}
