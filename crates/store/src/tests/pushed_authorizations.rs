//! `pushed_authorizations`.

use model::ClientId;
use protocol::params::Params;

use super::engines::for_each_engine;
use super::records::{at, client_id, committed, digest, populate, pushed, reader};
use crate::pushed_authorizations::{PushedAuthorization, consume, find, insert};
use crate::{Store, clients};

async fn filled(store: &Store) {
    populate(store).await;
    committed(store, async |tx| insert(tx, &digest(1), &pushed()).await).await;
}

#[tokio::test]
async fn a_request_comes_back_as_it_was_sent() {
    for_each_engine(async |store| {
        filled(store).await;
        let pairs = [("state", "größer \"than\" \\ 'this'"), ("scope", ""), ("x", "1")];
        let pairs = pairs.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let other = PushedAuthorization { parameters: Params::from_pairs(pairs).unwrap(), ..pushed() };
        let other = PushedAuthorization { expires_at: at(7), ..other };
        committed(store, async |tx| insert(tx, &digest(2), &other).await).await;
        let mut db = reader(store).await;
        assert_eq!(find(&mut db, &digest(1)).await.unwrap(), Some(pushed()));
        assert_eq!(find(&mut db, &digest(2)).await.unwrap(), Some(other));
        assert_eq!(find(&mut db, &digest(3)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn az_19_of_several_browsers_that_name_a_request_one_is_let_through() {
    for_each_engine(async |store| {
        filled(store).await;
        let mut visits = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            visits.spawn(async move { committed(&store, async |tx| consume(tx, &digest(1)).await).await });
        }
        assert_eq!(visits.join_all().await.into_iter().filter(|was_first| *was_first).count(), 1);
        assert_eq!(find(&mut reader(store).await, &digest(1)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_request_is_some_clients_and_goes_with_it() {
    for_each_engine(async |store| {
        filled(store).await;
        let orphan = PushedAuthorization { client_id: ClientId::new("nobody"), ..pushed() };
        let mut tx = store.write().await.unwrap();
        assert!(!insert(&mut tx, &digest(2), &orphan).await.unwrap());
        drop(tx);
        assert!(committed(store, async |tx| clients::delete(tx, &client_id()).await).await);
        assert_eq!(find(&mut reader(store).await, &digest(1)).await.unwrap(), None);
    })
    .await;
}
