//! `connections`.

use model::connection::Connection;
use model::{ClientId, ConnectionId};

use super::engines::for_each_engine;
use super::records::{at, client, committed, connection, full_connection, reader};
use crate::connections::{ConnectionFilter, StoredConnection};
use crate::{Page, Store, clients, connections};

const ALL: Page = Page::Offset { skip: 0, limit: 100 };

fn enabled_for(stored: StoredConnection, clients: &[&str]) -> StoredConnection {
    let enabled_clients = clients.iter().map(|id| ClientId::new(*id)).collect();
    StoredConnection { connection: Connection { enabled_clients, ..stored.connection }, ..stored }
}

async fn insert(store: &Store, stored: &StoredConnection) -> bool {
    committed(store, async |tx| connections::insert(tx, stored).await).await
}

async fn with_clients(store: &Store) {
    for id in ["one", "two"] {
        committed(store, async |tx| clients::insert(tx, &client(id), None).await).await;
    }
}

async fn find(store: &Store, id: &str) -> Option<StoredConnection> {
    connections::find(&mut reader(store).await, &ConnectionId::new(id)).await.unwrap()
}

fn assert_same(found: Option<StoredConnection>, expected: &StoredConnection) {
    let found = found.expect("it is stored");
    assert_eq!(found.connection, expected.connection);
    assert_eq!(found.source_secret_sealed, expected.source_secret_sealed);
}

#[tokio::test]
async fn a_connection_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        with_clients(store).await;
        for stored in [connection("plain"), enabled_for(full_connection("full"), &["one", "two"])] {
            assert!(insert(store, &stored).await);
            assert_same(find(store, stored.connection.id.as_str()).await, &stored);
            let by_name = connections::find_by_name(&mut reader(store).await, &stored.connection.name).await.unwrap();
            assert_same(by_name, &stored);
        }
        assert!(find(store, "none").await.is_none());
        assert!(connections::find_by_name(&mut reader(store).await, "none").await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_name_is_taken_once() {
    for_each_engine(async |store| {
        with_clients(store).await;
        insert(store, &connection("a")).await;
        let other = enabled_for(connection("b"), &["one"]);
        let same_name = Connection { name: "name-of-a".to_owned(), ..other.connection };
        let same_name = StoredConnection::from(same_name);
        assert!(!insert(store, &same_name).await);
        assert!(!insert(store, &enabled_for(connection("a"), &["one"])).await);
        assert_same(find(store, "a").await, &connection("a"));
        assert!(find(store, "b").await.is_none());
    })
    .await;
}

#[tokio::test]
async fn clients_that_do_not_exist_are_passed_over() {
    for_each_engine(async |store| {
        with_clients(store).await;
        assert!(insert(store, &enabled_for(connection("a"), &["nobody", "one"])).await);
        assert_same(find(store, "a").await, &enabled_for(connection("a"), &["one"]));
    })
    .await;
}

#[tokio::test]
async fn an_update_replaces_all_but_name_and_strategy() {
    for_each_engine(async |store| {
        with_clients(store).await;
        insert(store, &enabled_for(connection("a"), &["one"])).await;
        let changed = enabled_for(full_connection("a"), &["two"]);
        let renamed = Connection { name: "new".to_owned(), strategy: "oidc".to_owned(), ..changed.connection.clone() };
        let renamed = StoredConnection { connection: renamed, ..changed.clone() };
        assert!(committed(store, async |tx| connections::update(tx, &renamed).await).await);
        let expected = Connection { version: 2, ..changed.connection };
        assert_same(find(store, "a").await, &StoredConnection { connection: expected, ..changed });
    })
    .await;
}

#[tokio::test]
async fn a_stale_update_changes_nothing() {
    for_each_engine(async |store| {
        with_clients(store).await;
        insert(store, &connection("a")).await;
        committed(store, async |tx| connections::update(tx, &connection("a")).await).await;
        let stale = enabled_for(full_connection("a"), &["one"]);
        assert!(!committed(store, async |tx| connections::update(tx, &stale).await).await);
        let found = find(store, "a").await.unwrap();
        assert_eq!(found.connection, Connection { version: 2, ..connection("a").connection });
        assert_eq!(found.source_secret_sealed, None);
    })
    .await;
}

#[tokio::test]
async fn a_client_is_enabled_and_disabled() {
    for_each_engine(async |store| {
        with_clients(store).await;
        insert(store, &connection("a")).await;
        let (id, one) = (ConnectionId::new("a"), ClientId::new("one"));
        for (enabled, expected) in [(true, &["one"][..]), (true, &["one"]), (false, &[]), (false, &[])] {
            committed(store, async |tx| connections::set_enabled(tx, &id, &one, enabled).await).await;
            assert_same(find(store, "a").await, &enabled_for(connection("a"), expected));
        }
        committed(store, async |tx| connections::set_enabled(tx, &id, &ClientId::new("nobody"), true).await).await;
        assert_same(find(store, "a").await, &connection("a"));
    })
    .await;
}

async fn of_client(store: &Store, client: &str, name: Option<&str>) -> Vec<StoredConnection> {
    connections::for_client(&mut reader(store).await, &ClientId::new(client), name).await.unwrap()
}

fn ids(found: &[StoredConnection]) -> Vec<&str> {
    found.iter().map(|stored| stored.connection.id.as_str()).collect()
}

/// However many there are, each with its own, and as they are now.
#[tokio::test]
async fn connections_come_with_their_clients() {
    for_each_engine(async |store| {
        with_clients(store).await;
        let of = |number: usize| match number % 3 {
            0 => &[][..],
            1 => &["one"],
            _ => &["one", "two"],
        };
        let all: Vec<_> =
            (0..1001).map(|number| enabled_for(connection(&format!("c{number:04}")), of(number))).collect();
        committed(store, async |tx| {
            for stored in &all {
                assert!(connections::insert(tx, stored).await?);
            }
            Ok(())
        })
        .await;
        let every = Page::Offset { skip: 0, limit: u32::MAX };
        let filter = ConnectionFilter::default();
        for _ in 0..2 {
            let listed = connections::list(&mut reader(store).await, &filter, &every).await.unwrap();
            assert_eq!(listed.len(), all.len());
            for (found, expected) in listed.into_iter().zip(&all) {
                assert_same(Some(found), expected);
            }
        }
        let (id, two) = (ConnectionId::new("c0001"), ClientId::new("two"));
        committed(store, async |tx| connections::set_enabled(tx, &id, &two, true).await).await;
        let found = of_client(store, "two", Some("name-of-c0001")).await;
        assert_same(found.into_iter().next(), &enabled_for(connection("c0001"), &["one", "two"]));
    })
    .await;
}

#[tokio::test]
async fn a_client_finds_its_connections_oldest_first() {
    for_each_engine(async |store| {
        with_clients(store).await;
        for (id, minutes, clients) in [("new", 9, &["one"][..]), ("old", 1, &["one", "two"]), ("mid", 5, &[])] {
            let stored = enabled_for(connection(id), clients);
            let connection = Connection { created_at: at(minutes), ..stored.connection };
            insert(store, &StoredConnection { connection, ..stored }).await;
        }
        for (client, expected) in [("one", &["old", "new"][..]), ("two", &["old"]), ("nobody", &[])] {
            assert_eq!(ids(&of_client(store, client, None).await), expected);
        }
        for (name, expected) in [("name-of-new", &["new"][..]), ("name-of-mid", &[]), ("NAME-OF-NEW", &[]), ("", &[])] {
            assert_eq!(ids(&of_client(store, "one", Some(name)).await), expected, "{name:?}");
        }
        let found = of_client(store, "two", None).await;
        assert_eq!(found[0].connection.enabled_clients.len(), 2, "all of its clients, not only the one who asks");
    })
    .await;
}

#[tokio::test]
async fn connections_are_listed_by_strategy_and_name() {
    for_each_engine(async |store| {
        for (id, strategy) in [("a", "auth0"), ("b", "oidc"), ("c", "saml")] {
            let connection = Connection { strategy: strategy.to_owned(), ..connection(id).connection };
            insert(store, &connection.into()).await;
        }
        for (strategies, name, expected) in [
            (&[][..], None, vec!["a", "b", "c"]),
            (&["oidc", "saml"], None, vec!["b", "c"]),
            (&[], Some("name-of-a"), vec!["a"]),
            (&["oidc"], Some("name-of-a"), vec![]),
        ] {
            let strategies = strategies.iter().map(|strategy| (*strategy).to_owned()).collect();
            let filter = ConnectionFilter { strategies, name: name.map(str::to_owned) };
            let mut db = reader(store).await;
            let found = connections::list(&mut db, &filter, &ALL).await.unwrap();
            assert_eq!(ids(&found), expected);
            let count = connections::count(&mut db, &filter).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), expected.len());
        }
    })
    .await;
}

#[tokio::test]
async fn a_deleted_client_or_connection_leaves_no_pair() {
    for_each_engine(async |store| {
        with_clients(store).await;
        insert(store, &enabled_for(connection("a"), &["one", "two"])).await;
        committed(store, async |tx| clients::delete(tx, &ClientId::new("one")).await).await;
        assert_same(find(store, "a").await, &enabled_for(connection("a"), &["two"]));
        let id = ConnectionId::new("a");
        assert!(committed(store, async |tx| connections::delete(tx, &id).await).await);
        assert!(!committed(store, async |tx| connections::delete(tx, &id).await).await);
        assert!(of_client(store, "two", None).await.is_empty());
    })
    .await;
}
