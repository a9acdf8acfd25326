//! `provider_sign_ins`.

use model::ConnectionId;

use super::engines::for_each_engine;
use super::records::{committed, digest, populate, provider_sign_in, reader};
use crate::provider_sign_ins::{ProviderSignIn, consume, find, insert};
use crate::{Store, connections};

async fn filled(store: &Store) {
    populate(store).await;
    committed(store, async |tx| insert(tx, &digest(1), &provider_sign_in()).await).await;
}

#[tokio::test]
async fn a_sign_in_is_found_by_its_digest_alone() {
    for_each_engine(async |store| {
        filled(store).await;
        let silent = ProviderSignIn { is_silent: true, ..provider_sign_in() };
        committed(store, async |tx| insert(tx, &digest(2), &silent).await).await;
        let mut db = reader(store).await;
        assert_eq!(find(&mut db, &digest(1)).await.unwrap(), Some(provider_sign_in()));
        assert_eq!(find(&mut db, &digest(2)).await.unwrap(), Some(silent));
        assert_eq!(find(&mut db, &digest(3)).await.unwrap(), None);
    })
    .await;
}

/// UP-01, UP-10: of two who come back at once, one is let through.
#[tokio::test]
async fn up_10_a_sign_in_is_consumed_once() {
    for_each_engine(async |store| {
        filled(store).await;
        let mut comings = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let store = store.clone();
            comings.spawn(async move { committed(&store, async |tx| consume(tx, &digest(1)).await).await });
        }
        let first = comings.join_all().await.into_iter().filter(|was_first| *was_first).count();
        assert_eq!(first, 1);
        assert_eq!(find(&mut reader(store).await, &digest(1)).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn nobody_comes_back_to_a_connection_that_is_gone() {
    for_each_engine(async |store| {
        filled(store).await;
        let id = ConnectionId::new("con_people");
        committed(store, async |tx| {
            crate::users::delete(tx, &super::records::user_id(), super::records::NOW).await?;
            connections::delete(tx, &id).await
        })
        .await;
        assert_eq!(find(&mut reader(store).await, &digest(1)).await.unwrap(), None);
    })
    .await;
}
