//! `sessions` and `session_clients`.

use model::session::Session;
use model::{ClientId, JsonObject, SessionId};
use serde_json::json;

use super::engines::for_each_engine;
use super::records::{at, client_id, committed, digest, object, populate, reader, session, sid, user_id};
use crate::db::{Ask, Sql, args};
use crate::{Store, StoreError, sessions};

async fn find(store: &Store, sid: &str) -> Option<Session> {
    sessions::find(&mut reader(store).await, &SessionId::new(sid)).await.unwrap()
}

#[tokio::test]
async fn a_session_is_found_by_its_cookie_and_its_id() {
    for_each_engine(async |store| {
        populate(store).await;
        let without_methods = Session { amr: Vec::new(), ..session("other") };
        committed(store, async |tx| sessions::insert(tx, &without_methods, &digest(1)).await).await;
        for (cookie, expected) in [(100, Some(session("session"))), (1, Some(without_methods)), (2, None)] {
            let found = sessions::find_by_cookie(&mut reader(store).await, &digest(cookie)).await.unwrap();
            assert_eq!(found, expected);
            if let Some(expected) = expected {
                assert_eq!(find(store, expected.sid.as_str()).await.as_ref(), Some(&expected));
            }
        }
        assert_eq!(find(store, "none").await, None);
    })
    .await;
}

#[tokio::test]
async fn a_cookie_belongs_to_one_session() {
    for_each_engine(async |store| {
        populate(store).await;
        let mut tx = store.write().await.unwrap();
        let refused = sessions::insert(&mut tx, &session("other"), &digest(100)).await;
        assert!(matches!(refused, Err(StoreError::Failed(_))));
    })
    .await;
}

#[tokio::test]
async fn a_use_moves_the_idle_end() {
    for_each_engine(async |store| {
        populate(store).await;
        assert!(committed(store, async |tx| sessions::touch(tx, &sid(), at(5), at(25)).await).await);
        let expected = Session { last_seen_at: at(5), idle_expires_at: at(25), ..session("session") };
        assert_eq!(find(store, "session").await, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_once_and_is_not_touched_afterwards() {
    for_each_engine(async |store| {
        populate(store).await;
        assert!(committed(store, async |tx| sessions::end(tx, &sid(), at(3)).await).await);
        assert!(!committed(store, async |tx| sessions::end(tx, &sid(), at(4)).await).await);
        assert!(!committed(store, async |tx| sessions::touch(tx, &sid(), at(5), at(25)).await).await);
        assert_eq!(find(store, "session").await, Some(Session { ended_at: Some(at(3)), ..session("session") }));
        assert!(!committed(store, async |tx| sessions::end(tx, &SessionId::new("none"), at(3)).await).await);
    })
    .await;
}

#[tokio::test]
async fn what_is_noted_beside_a_session_is_replaced_until_it_ends() {
    for_each_engine(async |store| {
        populate(store).await;
        let note = async |sid: &str, metadata: &JsonObject| {
            committed(store, async |tx| sessions::set_metadata(tx, &SessionId::new(sid), metadata).await).await
        };
        let kitchen = object(json!({"device": "kitchen"}));
        assert!(note("session", &object(json!({"a": "b"}))).await && note("session", &kitchen).await);
        assert_eq!(find(store, "session").await.unwrap().metadata, kitchen);
        committed(store, async |tx| sessions::end(tx, &sid(), at(3)).await).await;
        assert!(!note("session", &JsonObject::new()).await && !note("none", &kitchen).await);
        assert_eq!(find(store, "session").await.unwrap().metadata, kitchen);
    })
    .await;
}

#[tokio::test]
async fn every_session_of_a_person_ends() {
    for_each_engine(async |store| {
        populate(store).await;
        committed(store, async |tx| sessions::insert(tx, &session("second"), &digest(1)).await).await;
        committed(store, async |tx| sessions::insert(tx, &session("ended"), &digest(2)).await).await;
        committed(store, async |tx| sessions::end(tx, &SessionId::new("ended"), at(1)).await).await;
        assert_eq!(committed(store, async |tx| sessions::end_of_user(tx, &user_id(), at(2)).await).await, 2);
        for (sid, ended) in [("session", 2), ("second", 2), ("ended", 1)] {
            assert_eq!(find(store, sid).await.unwrap().ended_at, Some(at(ended)));
        }
    })
    .await;
}

async fn clients_of_sessions(store: &Store) -> Vec<(String, String)> {
    let all = Sql::both("SELECT sid, client_id FROM session_clients");
    reader(store).await.fetch_all(all, args![]).await.unwrap()
}

#[tokio::test]
async fn a_client_is_noted_once_in_a_session() {
    for_each_engine(async |store| {
        populate(store).await;
        for _ in 0..2 {
            committed(store, async |tx| sessions::add_client(tx, &sid(), &client_id()).await).await;
        }
        assert_eq!(clients_of_sessions(store).await, [("session".to_owned(), "app".to_owned())]);
        let mut tx = store.write().await.unwrap();
        assert!(!sessions::add_client(&mut tx, &sid(), &ClientId::new("nobody")).await.unwrap());
    })
    .await;
}
