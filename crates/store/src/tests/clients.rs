//! `clients`.

use model::ClientId;

use super::engines::for_each_engine;
use super::records::{at, client, committed, full_client, reader, secret};
use crate::{Page, Store, clients};

#[tokio::test]
async fn a_client_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        for (client, secret) in [(client("plain"), None), (full_client("full"), Some(secret(7)))] {
            assert!(committed(store, async |tx| clients::insert(tx, &client, secret.as_ref()).await).await);
            let found = clients::find(&mut reader(store).await, &client.client_id).await.unwrap().unwrap();
            assert_eq!(found.client, client);
            assert!(found.secret == secret);
        }
    })
    .await;
}

#[tokio::test]
async fn an_id_that_no_client_has_finds_none() {
    for_each_engine(async |store| {
        let nobody = async |id: &str| {
            let found = clients::find(&mut reader(store).await, &ClientId::new(id)).await.unwrap();
            assert!(found.is_none(), "{id}");
        };
        nobody("b").await;
        for id in ["b", "d"] {
            committed(store, async |tx| clients::insert(tx, &client(id), Some(&secret(1))).await).await;
        }
        for id in ["", "a", "B", "b ", "bb", "c", "e", "~"] {
            nobody(id).await;
        }
        assert_eq!(stored(store, "b").await, client("b"));
    })
    .await;
}

#[tokio::test]
async fn an_id_is_taken_once() {
    for_each_engine(async |store| {
        assert!(committed(store, async |tx| clients::insert(tx, &client("a"), None).await).await);
        assert!(!committed(store, async |tx| clients::insert(tx, &full_client("a"), None).await).await);
        assert_eq!(stored(store, "a").await, client("a"));
    })
    .await;
}

async fn stored(store: &Store, id: &str) -> model::client::Client {
    clients::find(&mut reader(store).await, &ClientId::new(id)).await.unwrap().unwrap().client
}

#[tokio::test]
async fn an_update_replaces_the_version_it_has_read() {
    for_each_engine(async |store| {
        committed(store, async |tx| clients::insert(tx, &client("a"), Some(&secret(1))).await).await;
        let mut changed = full_client("a");
        assert!(committed(store, async |tx| clients::update(tx, &changed).await).await);
        assert!(!committed(store, async |tx| clients::update(tx, &client("a")).await).await, "a stale version");
        changed.version = 2;
        let found = clients::find(&mut reader(store).await, &changed.client_id).await.unwrap().unwrap();
        assert_eq!(found.client, changed);
        assert!(found.secret == Some(secret(1)), "the secret stays");
        assert!(!committed(store, async |tx| clients::update(tx, &client("nobody")).await).await);
    })
    .await;
}

#[tokio::test]
async fn a_secret_is_replaced_and_removed() {
    for_each_engine(async |store| {
        committed(store, async |tx| clients::insert(tx, &client("a"), None).await).await;
        let id = ClientId::new("a");
        for (version, secret) in [(2, Some(secret(9))), (3, None)] {
            assert!(committed(store, async |tx| clients::set_secret(tx, &id, secret.as_ref()).await).await);
            let found = clients::find(&mut reader(store).await, &id).await.unwrap().unwrap();
            assert!(found.secret == secret);
            assert_eq!(found.client.version, version, "guards concurrent edits");
        }
        let nobody = ClientId::new("nobody");
        assert!(!committed(store, async |tx| clients::set_secret(tx, &nobody, None).await).await);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_client_is_gone() {
    for_each_engine(async |store| {
        committed(store, async |tx| clients::insert(tx, &client("a"), None).await).await;
        let id = ClientId::new("a");
        assert!(committed(store, async |tx| clients::delete(tx, &id).await).await);
        assert!(!committed(store, async |tx| clients::delete(tx, &id).await).await);
        assert!(clients::find(&mut reader(store).await, &id).await.unwrap().is_none());
    })
    .await;
}

/// `b` and `a` are equally old; capitals come first, as bytes do.
async fn five_clients(store: &Store) {
    for (id, minutes) in [("late", 3), ("b", 2), ("a", 2), ("B", 2), ("early", 1)] {
        let client = model::client::Client { created_at: at(minutes), ..client(id) };
        committed(store, async |tx| clients::insert(tx, &client, None).await).await;
    }
}

async fn ids(store: &Store, page: &Page) -> Vec<String> {
    let found = clients::list(&mut reader(store).await, page).await.unwrap();
    found.into_iter().map(|stored| stored.client.client_id.to_string()).collect()
}

#[tokio::test]
async fn a_list_is_paged_by_offset() {
    for_each_engine(async |store| {
        five_clients(store).await;
        assert_eq!(clients::count(&mut reader(store).await).await.unwrap(), 5);
        for (skip, limit, expected) in [
            (0, 5, vec!["early", "B", "a", "b", "late"]),
            (0, 2, vec!["early", "B"]),
            (2, 2, vec!["a", "b"]),
            (4, 2, vec!["late"]),
            (5, 2, vec![]),
            (0, 0, vec![]),
            (u64::MAX, u32::MAX, vec![]),
        ] {
            assert_eq!(ids(store, &Page::Offset { skip, limit }).await, expected, "{limit} after {skip}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_list_is_paged_by_position() {
    for_each_engine(async |store| {
        five_clients(store).await;
        let after = async |minutes: i64, id: &str| {
            ids(store, &Page::After { last: Some((at(minutes), id.to_owned())), limit: 2 }).await
        };
        assert_eq!(ids(store, &Page::After { last: None, limit: 2 }).await, ["early", "B"]);
        assert_eq!(after(2, "B").await, ["a", "b"]);
        assert_eq!(after(2, "aa").await, ["b", "late"], "the row itself may be gone");
        assert_eq!(after(3, "late").await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn a_client_is_called_from_its_own_pages() {
    for_each_engine(async |store| {
        let of = |web_origins: &[&str]| model::client::Client {
            web_origins: web_origins.iter().map(|origin| (*origin).to_owned()).collect(),
            ..client("a")
        };
        committed(store, async |tx| clients::insert(tx, &of(&["https://one.example"]), None).await).await;
        committed(store, async |tx| clients::insert(tx, &client("b"), None).await).await;
        let known = async |origin: &str, id: Option<&str>| {
            let id = id.map(ClientId::new);
            clients::is_origin(&mut reader(store).await, origin, id.as_ref()).await.unwrap()
        };
        assert!(known("https://one.example", Some("a")).await && known("https://one.example", None).await);
        assert!(!known("https://one.example", Some("b")).await, "another client's page");
        assert!(!known("https://other.example", None).await);
        let changed = model::client::Client { version: 1, ..of(&["https://two.example"]) };
        assert!(committed(store, async |tx| clients::update(tx, &changed).await).await);
        assert!(!known("https://one.example", None).await && known("https://two.example", Some("a")).await);
        committed(store, async |tx| clients::delete(tx, &ClientId::new("a")).await).await;
        assert!(!known("https://two.example", None).await);
    })
    .await;
}
