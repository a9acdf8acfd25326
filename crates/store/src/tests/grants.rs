//! `grants`.

use model::grant::{Grant, RevokedReason, TokenFamily};
use model::{ClientId, FamilyId, GrantId, UserId};
use protocol::scope::ScopeSet;

use super::engines::for_each_engine;
use super::records::{at, client_id, committed, family, populate, reader, user_id};
use crate::grants::{GrantFilter, count, delete, find, find_for, list, put};
use crate::{Page, Store, families, users};

const USERINFO: &str = "https://id.example/userinfo";

fn grant(id: &str, audience: &str) -> Grant {
    Grant {
        id: GrantId::new(id),
        user_id: user_id(),
        client_id: client_id(),
        audience: audience.to_owned(),
        scope: ScopeSet::parse("openid email"),
        created_at: at(1),
        updated_at: at(1),
    }
}

async fn filled(store: &Store) {
    populate(store).await;
    for grant in [grant("one", "books"), grant("two", USERINFO)] {
        committed(store, async |tx| put(tx, &grant).await).await;
    }
}

async fn ids(store: &Store, filter: &GrantFilter) -> Vec<String> {
    let all = Page::Offset { skip: 0, limit: 100 };
    let listed = list(&mut reader(store).await, filter, &all).await.unwrap();
    assert_eq!(count(&mut reader(store).await, filter).await.unwrap(), listed.len() as u64);
    listed.into_iter().map(|grant| grant.id.to_string()).collect()
}

#[tokio::test]
async fn a_grant_is_from_a_person_to_a_client() {
    for_each_engine(async |store| {
        populate(store).await;
        let nobodys = Grant { user_id: UserId::new("nobody"), ..grant("one", "books") };
        let to_nobody = Grant { client_id: ClientId::new("nobody"), ..grant("one", "books") };
        for orphan in [nobodys, to_nobody] {
            let mut tx = store.write().await.unwrap();
            assert!(!put(&mut tx, &orphan).await.unwrap());
            drop(tx);
            assert_eq!(find(&mut reader(store).await, &GrantId::new("one")).await.unwrap(), None);
        }
    })
    .await;
}

#[tokio::test]
async fn az_22_who_allows_more_has_one_grant_still() {
    for_each_engine(async |store| {
        filled(store).await;
        let more = Grant {
            scope: ScopeSet::parse("openid email read"),
            created_at: at(9),
            updated_at: at(9),
            ..grant("other", "books")
        };
        committed(store, async |tx| put(tx, &more).await).await;
        let expected = Grant { id: GrantId::new("one"), created_at: at(1), ..more };
        let mut db = reader(store).await;
        let found = find_for(&mut db, &user_id(), &client_id(), "books").await.unwrap();
        assert_eq!(found.as_ref(), Some(&expected));
        assert_eq!(find(&mut db, &GrantId::new("one")).await.unwrap(), Some(expected));
        assert_eq!(find(&mut db, &GrantId::new("other")).await.unwrap(), None);
        assert_eq!(find_for(&mut db, &user_id(), &ClientId::new("other"), "books").await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn grants_are_listed_by_whose_they_are_and_go_with_the_person() {
    for_each_engine(async |store| {
        filled(store).await;
        let by = |user: &str, audience: &str| GrantFilter {
            user_ids: vec![user.to_owned()],
            audiences: [audience].iter().filter(|text| !text.is_empty()).map(|text| (*text).to_owned()).collect(),
            client_ids: Vec::new(),
        };
        assert_eq!(ids(store, &GrantFilter::default()).await, ["one", "two"]);
        assert_eq!(ids(store, &by(user_id().as_str(), "books")).await, ["one"]);
        assert!(ids(store, &by("auth0|nobody", "")).await.is_empty());
        assert!(committed(store, async |tx| delete(tx, &GrantId::new("one")).await).await);
        assert!(!committed(store, async |tx| delete(tx, &GrantId::new("one")).await).await);
        assert_eq!(ids(store, &GrantFilter::default()).await, ["two"]);
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(2)).await).await);
        assert!(ids(store, &GrantFilter::default()).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn rt_07_what_descends_from_a_grant_can_be_revoked() {
    for_each_engine(async |store| {
        filled(store).await;
        let books = TokenFamily { audience: Some("books".to_owned()), ..family("books") };
        committed(store, async |tx| families::insert(tx, &books, at(100)).await).await;
        for (audience, expected) in [("books", ["books"]), (USERINFO, ["family"])] {
            let revoked = committed(store, async |tx| {
                families::revoke_granted(tx, &grant("x", audience), USERINFO, RevokedReason::Administrator, at(1)).await
            });
            assert_eq!(revoked.await, 1, "{audience}");
            for id in expected {
                let found = families::find(&mut reader(store).await, &FamilyId::new(id)).await.unwrap();
                assert_eq!(found.unwrap().revoked_at, Some(at(1)), "{id}");
            }
        }
    })
    .await;
}
