//! `session_origins`.

use model::{ConnectionId, SessionId};

use super::engines::for_each_engine;
use super::records::{NOW, committed, digest, populate, reader, session};
use crate::session_origins::{Logins, SessionOrigin, find, insert, sessions_of};
use crate::{Store, connections, sessions, users};

fn people() -> ConnectionId {
    ConnectionId::new("con_people")
}

fn origin(subject: &str, provider_sid: Option<&str>) -> SessionOrigin {
    SessionOrigin {
        connection_id: people(),
        subject: subject.to_owned(),
        provider_sid: provider_sid.map(str::to_owned),
        id_token_sealed: Some(b"sealed".to_vec()),
    }
}

/// Two logins of `ada-1` at the provider, of which the second has a name, and one of `bob-2`.
async fn fill(store: &Store) {
    populate(store).await;
    committed(store, async |tx| {
        let all =
            [("a", origin("ada-1", None)), ("b", origin("ada-1", Some("s1"))), ("c", origin("bob-2", Some("s2")))];
        for (number, (sid, origin)) in (20..).zip(all) {
            sessions::insert(tx, &session(sid), &digest(number)).await?;
            assert!(insert(tx, &SessionId::new(sid), &origin).await?);
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn a_session_is_found_by_the_login_it_began_at() {
    for_each_engine(async |store| {
        fill(store).await;
        let mut db = reader(store).await;
        for (logins, expected) in [
            (Logins::OfSubject("ada-1"), &["a", "b"][..]),
            (Logins::OfSubject("eve"), &[]),
            (Logins::Named("s1", None), &["b"]),
            (Logins::Named("s1", Some("ada-1")), &["b"]),
            (Logins::Named("s1", Some("bob-2")), &[]),
            (Logins::Named("s3", None), &[]),
        ] {
            let expected: Vec<_> = expected.iter().map(|&sid| SessionId::new(sid)).collect();
            assert_eq!(sessions_of(&mut db, &people(), logins).await.unwrap(), expected, "{logins:?}");
        }
        let elsewhere = ConnectionId::new("con_other");
        assert!(sessions_of(&mut db, &elsewhere, Logins::OfSubject("ada-1")).await.unwrap().is_empty());
        assert_eq!(find(&mut db, &SessionId::new("b")).await.unwrap(), Some(origin("ada-1", Some("s1"))));
        assert_eq!(find(&mut db, &SessionId::new("d")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_has_ended_is_not_among_them() {
    for_each_engine(async |store| {
        fill(store).await;
        committed(store, async |tx| sessions::end(tx, &SessionId::new("a"), NOW).await).await;
        let left = sessions_of(&mut reader(store).await, &people(), Logins::OfSubject("ada-1")).await.unwrap();
        assert_eq!(left, [SessionId::new("b")]);
    })
    .await;
}

#[tokio::test]
async fn no_session_begins_at_a_connection_that_is_gone() {
    for_each_engine(async |store| {
        populate(store).await;
        let elsewhere = SessionOrigin { connection_id: ConnectionId::new("con_gone"), ..origin("ada-1", None) };
        let mut tx = store.write().await.unwrap();
        sessions::insert(&mut tx, &session("a"), &digest(20)).await.unwrap();
        assert!(!insert(&mut tx, &SessionId::new("a"), &elsewhere).await.unwrap());
        tx.commit().await.unwrap_err();
        let mut db = reader(store).await;
        assert_eq!(sessions::find(&mut db, &SessionId::new("a")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn it_goes_with_its_connection() {
    for_each_engine(async |store| {
        fill(store).await;
        committed(store, async |tx| {
            users::delete(tx, &super::records::user_id(), NOW).await?;
            connections::delete(tx, &people()).await
        })
        .await;
        assert_eq!(find(&mut reader(store).await, &SessionId::new("a")).await.unwrap(), None);
    })
    .await;
}
