//! `refresh_tokens`.

use model::RefreshTokenId;
use model::grant::{RefreshToken, RevokedReason};

use super::engines::{for_each_database, for_each_engine};
use super::records::{at, committed, digest, family_id, populate, reader, refresh_token};
use crate::refresh_tokens::Exchange;
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

/// An exchange that may be repeated for an hour.
fn exchange(successor: &str, answer: &[u8], minutes: i64) -> Exchange {
    let repeatable_until = Some(at(minutes + 60));
    Exchange { successor: id(successor), sealed_response: answer.to_vec(), repeatable_until }
}

async fn consume(store: &Store, token: &str, successor: &str, answer: &[u8], minutes: i64) -> bool {
    let exchange = exchange(successor, answer, minutes);
    committed(store, async |tx| refresh_tokens::consume(tx, &id(token), exchange, at(minutes)).await).await
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
            repeatable_until: Some(at(61)),
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
        assert_eq!(first.repeatable_until, Some(at(2)), "nothing needs it any more");
        let second = find(store, 2).await.unwrap();
        assert_eq!(second.sealed_response.as_deref(), Some(&b"brought three"[..]));
        assert_eq!(second.repeatable_until, Some(at(62)));
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
        for minutes in [3, 4] {
            committed(store, async |tx| refresh_tokens::mark_seen(tx, &id("two"), at(minutes)).await).await;
            assert_eq!(find(store, 2).await, Some(RefreshToken { seen_at: Some(at(3)), ..refresh_token("two") }));
        }
        assert_eq!(find(store, 1).await.unwrap().sealed_response.as_deref(), Some(&b"brought two"[..]));
    })
    .await;
}

#[tokio::test]
async fn a_forgotten_answer_is_never_given_again_and_the_end_of_its_row_never_moves_on() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two", "old", "new"]).await;
        consume(store, "one", "two", b"brought two", 1).await;
        let unnamed = Exchange { repeatable_until: None, ..exchange("new", b"brought new", 1) };
        committed(store, async |tx| refresh_tokens::consume(tx, &id("old"), unnamed, at(1)).await).await;
        let forget = async |successor: &str, minutes: i64| {
            committed(store, async |tx| refresh_tokens::forget_response_with(tx, &id(successor), at(minutes)).await)
                .await;
        };
        for minutes in [5, 4, 6] {
            forget("two", minutes).await;
            let token = find(store, 1).await.unwrap();
            assert_eq!((token.sealed_response, token.repeatable_until), (None, Some(at(5))));
        }
        assert!(find(store, 3).await.unwrap().sealed_response.is_some(), "others keep theirs");
        forget("new", 5).await;
        let token = find(store, 3).await.unwrap();
        assert_eq!((token.sealed_response, token.repeatable_until), (None, None), "its row must stay");
    })
    .await;
}

#[tokio::test]
async fn an_answer_is_replaced_only_where_it_is_still_kept() {
    for_each_engine(async |store| {
        with_tokens(store, &["one", "two"]).await;
        let replace = async |kept: &[u8], replacement: &[u8]| {
            let replacement = replacement.to_vec();
            committed(store, async |tx| refresh_tokens::replace_response(tx, &id("one"), kept, replacement).await).await
        };
        assert!(!replace(b"brought two", b"fresh").await, "nothing is kept yet");
        consume(store, "one", "two", b"brought two", 1).await;
        assert!(replace(b"brought two", b"fresh").await);
        assert!(!replace(b"brought two", b"fresher").await, "somebody was faster");
        let token = find(store, 1).await.unwrap();
        assert_eq!(token.sealed_response.as_deref(), Some(&b"fresh"[..]));
        assert_eq!(token.repeatable_until, Some(at(61)), "a fresh answer buys no time");
        committed(store, async |tx| refresh_tokens::forget_response_with(tx, &id("two"), at(2)).await).await;
        assert!(!replace(b"fresh", b"fresher").await, "what was forgotten stays forgotten");
        assert_eq!(find(store, 1).await.unwrap().sealed_response, None);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_replace_an_answer_one_wins() {
    for_each_database(async |database| {
        with_tokens(&database.store, &["one", "two"]).await;
        consume(&database.store, "one", "two", b"0", 1).await;
        let other = database.open_again().await;
        let mut kept = b"0".to_vec();
        for round in 1..50 {
            let replace = |store: &Store, name: &str| {
                let (store, kept, replacement) = (store.clone(), kept.clone(), format!("{name}{round}").into_bytes());
                tokio::spawn(async move {
                    committed(&store, async |tx| {
                        refresh_tokens::replace_response(tx, &id("one"), &kept, replacement).await
                    })
                    .await
                })
            };
            let (one, two) = (replace(&database.store, "one"), replace(&other, "two"));
            let won = if one.await.unwrap() { "one" } else { "two" };
            assert_eq!(two.await.unwrap(), won == "two", "exactly one wins");
            kept = find(&database.store, 1).await.unwrap().sealed_response.unwrap();
            assert_eq!(kept, format!("{won}{round}").into_bytes());
        }
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
