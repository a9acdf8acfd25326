//! `refresh_tokens`.

use model::grant::{RefreshToken, RevokedReason};
use model::{FamilyId, RefreshTokenId};

use super::engines::{for_each_database, for_each_engine};
use super::records::{at, committed, digest, family, family_id, populate, reader, refresh_token};
use crate::{Store, StoreError, families, refresh_tokens};

fn id(text: &str) -> RefreshTokenId {
    RefreshTokenId::new(text)
}

/// Tokens `one`, `two`, … of the family `family` under the digests 1, 2, …
async fn with_tokens(store: &Store, ids: &[&str]) {
    populate(store).await;
    for (number, text) in (1..).zip(ids) {
        committed(store, async |tx| refresh_tokens::insert(tx, &digest(number), &refresh_token(text)).await).await;
    }
}

async fn find(store: &Store, number: u8) -> Option<RefreshToken> {
    refresh_tokens::find(&mut reader(store).await, &digest(number)).await.unwrap().map(|presented| presented.token)
}

async fn consume(store: &Store, token: &str, successor: &str, answer: &[u8], minutes: i64) -> bool {
    let answer = answer.to_vec();
    committed(store, async |tx| refresh_tokens::consume(tx, &id(token), &id(successor), answer, at(minutes)).await)
        .await
}

#[tokio::test]
async fn a_token_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        with_tokens(store, &["one"]).await;
        let lasting = RefreshToken {
            generation: 3,
            idle_expires_at: Some(at(5)),
            expires_at: Some(at(50)),
            ..refresh_token("lasting")
        };
        committed(store, async |tx| refresh_tokens::insert(tx, &digest(9), &lasting).await).await;
        for (number, expected) in [(1, Some(refresh_token("one"))), (9, Some(lasting)), (8, None)] {
            assert_eq!(find(store, number).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_is_found_with_its_family_and_successor() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two"]).await;
        consume(store, "one", "two", b"answer", 1).await;
        committed(store, async |tx| families::revoke(tx, &family_id(), RevokedReason::Reuse, at(2)).await).await;
        let found = refresh_tokens::find(&mut reader(store).await, &digest(1)).await.unwrap().unwrap();
        assert_eq!(found.family.revoked_reason, Some(RevokedReason::Reuse));
        assert_eq!(found.successor, Some(refresh_token("two")));
        let found = refresh_tokens::find(&mut reader(store).await, &digest(2)).await.unwrap().unwrap();
        assert_eq!(found.successor, None);
    })
    .await;
}

#[tokio::test]
async fn a_digest_belongs_to_one_token() {
    for_each_engine(async |store| {
        with_tokens(store, &["one"]).await;
        let mut tx = store.write().await.unwrap();
        let refused = refresh_tokens::insert(&mut tx, &digest(1), &refresh_token("other")).await;
        assert!(matches!(refused, Err(StoreError::Failed(_))));
    })
    .await;
}

#[tokio::test]
async fn a_token_is_consumed_once() {
    for_each_engine(async |store| {
        with_tokens(store, &["one"]).await;
        assert!(consume(store, "one", "two", b"first", 1).await);
        assert!(!consume(store, "one", "three", b"second", 2).await);
        assert!(!consume(store, "none", "two", b"first", 1).await);
        let expected = RefreshToken {
            consumed_at: Some(at(1)),
            successor_id: Some(id("two")),
            seen_at: Some(at(1)),
            sealed_response: Some(b"first".to_vec()),
            ..refresh_token("one")
        };
        assert_eq!(find(store, 1).await, Some(expected));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_consume_a_token_one_wins() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let other = database.open_again().await;
        for round in 0..50 {
            let token = format!("t{round}");
            let insert = refresh_token(&token);
            committed(&database.store, async |tx| refresh_tokens::insert(tx, &digest(round), &insert).await).await;
            let (store, first) = (database.store.clone(), token.clone());
            let one = tokio::spawn(async move { consume(&store, &first, "one", b"one", 1).await });
            let store = other.clone();
            let two = tokio::spawn(async move { consume(&store, &token, "two", b"two", 2).await });
            let won = if one.await.unwrap() { "one" } else { "two" };
            assert_eq!(two.await.unwrap(), won == "two", "exactly one wins");
            let found = find(&database.store, round).await.unwrap();
            assert_eq!(found.successor_id, Some(id(won)));
            assert_eq!(found.sealed_response.as_deref(), Some(won.as_bytes()));
        }
    })
    .await;
}

#[tokio::test]
async fn using_the_successor_forgets_the_answer_that_brought_it() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two", "three"]).await;
        consume(store, "one", "two", b"brought two", 1).await;
        consume(store, "two", "three", b"brought three", 2).await;
        let first = find(store, 1).await.unwrap();
        assert_eq!((first.sealed_response, first.successor_id), (None, Some(id("two"))));
        assert_eq!(find(store, 2).await.unwrap().sealed_response.as_deref(), Some(&b"brought three"[..]));
    })
    .await;
}

#[tokio::test]
async fn whoever_loses_the_successor_keeps_the_answer() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two"]).await;
        consume(store, "one", "two", b"brought two", 1).await;
        assert!(!consume(store, "one", "four", b"late", 2).await);
        assert_eq!(find(store, 1).await.unwrap().sealed_response.as_deref(), Some(&b"brought two"[..]));
    })
    .await;
}

/// A client's leeway may still answer a repeat then.
#[tokio::test]
async fn seeing_the_successor_keeps_the_answer_that_brought_it() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two"]).await;
        consume(store, "one", "two", b"brought two", 1).await;
        assert!(!refresh_tokens::was_seen(&mut reader(store).await, &id("two")).await.unwrap());
        for minutes in [3, 4] {
            committed(store, async |tx| refresh_tokens::mark_seen(tx, &id("two"), at(minutes)).await).await;
            assert_eq!(find(store, 2).await, Some(RefreshToken { seen_at: Some(at(3)), ..refresh_token("two") }));
        }
        assert!(refresh_tokens::was_seen(&mut reader(store).await, &id("two")).await.unwrap());
        assert!(!refresh_tokens::was_seen(&mut reader(store).await, &id("none")).await.unwrap());
        assert_eq!(find(store, 1).await.unwrap().sealed_response.as_deref(), Some(&b"brought two"[..]));
    })
    .await;
}

#[tokio::test]
async fn a_token_that_does_not_rotate_is_renewed_until_it_is_consumed() {
    for_each_engine(async |store| {
        with_tokens(store, &["one"]).await;
        let renew = async |idle: Option<i64>, minutes: i64| {
            committed(store, async |tx| refresh_tokens::renew(tx, &id("one"), idle.map(at), at(minutes)).await).await
        };
        for (idle, minutes) in [(Some(30), 1), (None, 2), (Some(40), 3)] {
            assert!(renew(idle, minutes).await);
            let expected = RefreshToken { idle_expires_at: idle.map(at), seen_at: Some(at(1)), ..refresh_token("one") };
            assert_eq!(find(store, 1).await, Some(expected));
        }
        consume(store, "one", "two", b"", 4).await;
        assert!(!renew(Some(90), 5).await);
        assert_eq!(find(store, 1).await.unwrap().idle_expires_at, Some(at(40)));
    })
    .await;
}

#[tokio::test]
async fn live_tokens_are_neither_consumed_nor_revoked() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two"]).await;
        committed(store, async |tx| families::insert(tx, &family("other"), at(100)).await).await;
        let live = async |family: &str| {
            refresh_tokens::live_in_family(&mut reader(store).await, &FamilyId::new(family)).await.unwrap()
        };
        consume(store, "one", "two", b"", 1).await;
        assert_eq!((live("family").await, live("other").await), (1, 0));
        committed(store, async |tx| families::revoke(tx, &family_id(), RevokedReason::Client, at(2)).await).await;
        assert_eq!(live("family").await, 0);
    })
    .await;
}
