//! `passwords`, and what they say about who has moved.

use model::user::PasswordCredential;
use model::user::StoredPassword;
use model::{Timestamp, UserId};

use super::engines::{for_each_database, for_each_engine};
use super::records::{at, committed, nameless, populate, reader, user_id};
use super::users::insert;
use crate::migration::{self, Progress};
use crate::users::Stored;
use crate::{Store, passwords};

fn native(hash: &str) -> PasswordCredential {
    PasswordCredential::Native { hash: hash.to_owned() }
}

fn imported() -> PasswordCredential {
    PasswordCredential::Imported { format: "bcrypt".to_owned(), hash: "$2b$10$".to_owned() }
}

fn source() -> PasswordCredential {
    PasswordCredential::Source { source: "old".to_owned() }
}

async fn find(store: &Store, id: &UserId) -> Option<StoredPassword> {
    passwords::find(&mut reader(store).await, id).await.unwrap()
}

async fn replace(store: &Store, version: i64, credential: &PasswordCredential, now: Timestamp) -> bool {
    committed(store, async |tx| passwords::replace(tx, &user_id(), version, credential, now).await).await
}

/// Stores people with these credentials, the first of them Ada.
async fn people(store: &Store, credentials: &[PasswordCredential]) {
    populate(store).await;
    for (index, credential) in credentials.iter().enumerate() {
        let id = if index == 0 { user_id() } else { UserId::database(&format!("u{index}")) };
        if index > 0 {
            assert_eq!(insert(store, &nameless(id.external_id())).await, Stored::Done);
        }
        assert!(committed(store, async |tx| passwords::insert(tx, &id, credential, at(0)).await).await);
    }
}

#[tokio::test]
async fn each_kind_of_credential_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        let credentials = [native("$argon2id$"), imported(), source()];
        people(store, &credentials).await;
        for (id, credential) in ["ada", "u1", "u2"].into_iter().zip(credentials) {
            let expected = StoredPassword { credential, version: 1, updated_at: at(0) };
            assert_eq!(find(store, &UserId::database(id)).await, Some(expected));
        }
        assert_eq!(find(store, &UserId::new("nobody")).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_first_credential_is_stored_once() {
    for_each_engine(async |store| {
        people(store, &[native("first")]).await;
        assert!(!committed(store, async |tx| passwords::insert(tx, &user_id(), &source(), at(1)).await).await);
        assert_eq!(find(store, &user_id()).await.unwrap().credential, native("first"));
    })
    .await;
}

#[tokio::test]
async fn a_stale_version_replaces_nothing() {
    for_each_engine(async |store| {
        people(store, &[imported()]).await;
        assert!(replace(store, 1, &native("first"), at(1)).await);
        for stale in [1, 3] {
            assert!(!replace(store, stale, &native("second"), at(2)).await);
        }
        let expected = StoredPassword { credential: native("first"), version: 2, updated_at: at(1) };
        assert_eq!(find(store, &user_id()).await, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn every_kind_may_take_the_place_of_every_other() {
    for_each_engine(async |store| {
        people(store, &[native("first")]).await;
        let kinds = [imported(), source(), imported(), native("new"), source(), native("newer"), native("newest")];
        for (version, credential) in (1..).zip(kinds) {
            assert!(replace(store, version, &credential, at(version)).await);
            let expected = StoredPassword { credential, version: version + 1, updated_at: at(version) };
            assert_eq!(find(store, &user_id()).await, Some(expected));
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_replacements_of_one_version_one_is_kept() {
    for_each_database(async |database| {
        people(&database.store, &[source()]).await;
        let other = database.open_again().await;
        for version in 1..=50 {
            let store = database.store.clone();
            let one = tokio::spawn(async move { replace(&store, version, &native("one"), at(1)).await });
            let store = other.clone();
            let two = tokio::spawn(async move { replace(&store, version, &native("two"), at(2)).await });
            let won = if one.await.unwrap() { "one" } else { "two" };
            assert_eq!(two.await.unwrap(), won == "two", "exactly one wins");
            let stored = find(&database.store, &user_id()).await.unwrap();
            assert_eq!((stored.version, stored.credential), (version + 1, native(won)));
        }
    })
    .await;
}

/// Days since 1970 on which people moved, newest first.
async fn days(store: &Store) -> Vec<(i64, i64)> {
    migration::by_day(&mut reader(store).await, 10).await.unwrap()
}

const DAY: i64 = 24 * 60;
const TODAY: i64 = at(0).millis() / 86_400_000;

#[tokio::test]
async fn a_person_moves_once() {
    for_each_engine(async |store| {
        people(store, &[source()]).await;
        assert!(replace(store, 1, &imported(), at(DAY)).await);
        assert_eq!(days(store).await, [], "another foreign credential is no move");
        assert!(replace(store, 2, &native("ours"), at(2 * DAY)).await);
        assert!(replace(store, 3, &native("changed"), at(3 * DAY)).await);
        assert!(replace(store, 4, &source(), at(4 * DAY)).await);
        assert!(replace(store, 5, &native("again"), at(5 * DAY)).await);
        assert_eq!(days(store).await, [(TODAY + 2, 1)]);
    })
    .await;
}

#[tokio::test]
async fn whoever_began_with_a_password_of_ours_never_moves() {
    for_each_engine(async |store| {
        people(store, &[native("ours")]).await;
        assert!(replace(store, 1, &native("changed"), at(1)).await);
        assert_eq!(days(store).await, []);
    })
    .await;
}

fn progress(origin: &str, origin_name: Option<&str>, people: i64, moved: i64) -> Progress {
    let (connection, origin) = ("name-of-con_people".to_owned(), origin.to_owned());
    Progress { connection, origin, origin_name: origin_name.map(str::to_owned), people, moved }
}

#[tokio::test]
async fn progress_counts_people_by_where_their_password_came_from() {
    for_each_engine(async |store| {
        people(store, &[source(), source(), imported(), native("ours"), source()]).await;
        assert!(replace(store, 1, &native("moved"), at(1)).await);
        let just_in_time = UserId::database("u3");
        for (source, minutes) in [("old", 2), ("older", 2 + DAY)] {
            let now = at(minutes);
            committed(store, async |tx| passwords::mark_moved_from_source(tx, &just_in_time, source, now).await).await;
        }
        let expected = [progress("imported", Some("bcrypt"), 1, 0), progress("source", Some("old"), 4, 2)];
        assert_eq!(migration::progress(&mut reader(store).await).await.unwrap(), expected);
        assert_eq!(days(store).await, [(TODAY, 2)]);
    })
    .await;
}

#[tokio::test]
async fn a_source_holds_the_passwords_of_those_who_have_not_moved() {
    for_each_engine(async |store| {
        people(store, &[source(), source(), source(), imported(), native("ours")]).await;
        let held = async |name: &str| passwords::held_by_source(&mut reader(store).await, name).await.unwrap();
        assert_eq!((held("old").await, held("other").await, held("bcrypt").await), (3, 0, 0));
        assert!(replace(store, 1, &native("moved"), at(1)).await);
        assert_eq!(held("old").await, 2);
        let u1 = UserId::database("u1");
        assert!(committed(store, async |tx| passwords::replace(tx, &u1, 1, &imported(), at(1)).await).await);
        assert_eq!(held("old").await, 1, "a hash was loaded for u1");
    })
    .await;
}

#[tokio::test]
async fn days_are_limited_to_the_latest() {
    for_each_engine(async |store| {
        people(store, &[source(), source(), source()]).await;
        for (id, minutes) in [("ada", 0), ("u1", DAY), ("u2", 3 * DAY)] {
            let id = UserId::database(id);
            committed(store, async |tx| passwords::mark_moved_from_source(tx, &id, "old", at(minutes)).await).await;
        }
        let latest = migration::by_day(&mut reader(store).await, 2).await.unwrap();
        assert_eq!(latest, [(TODAY + 3, 1), (TODAY + 1, 1)]);
    })
    .await;
}

#[tokio::test]
async fn people_without_a_password_are_counted() {
    for_each_engine(async |store| {
        let none = |found: Vec<(String, i64)>| found.is_empty();
        people(store, &[]).await;
        let mut db = reader(store).await;
        let found = migration::without_password(&mut db).await.unwrap();
        assert_eq!(found, [("name-of-con_people".to_owned(), 1)]);
        committed(store, async |tx| passwords::insert(tx, &user_id(), &source(), at(1)).await).await;
        assert!(none(migration::without_password(&mut db).await.unwrap()));
    })
    .await;
}
