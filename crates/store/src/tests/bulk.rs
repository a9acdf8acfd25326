//! Many people at once.

use std::collections::HashSet;

use model::UserId;
use model::address::FoldedEmail;
use model::user::{PasswordCredential, Profile, User};
use sqlx::{Connection, PgConnection};

use super::engines::{Database, for_each_database, for_each_engine};
use super::records::{at, committed, connection_id, full_user, named_user, nameless, populate, reader, user, user_id};
use super::users::find;
use crate::bulk::{self, Credentials, Holder, NewPeople};
use crate::users::Stored;
use crate::{Store, StoreError, connections, passwords, users};

/// Stores people as a flow does: what is refused is not committed.
async fn insert(store: &Store, people: &[User]) -> Stored {
    try_insert(store.clone(), people.to_vec()).await.unwrap()
}

async fn count(store: &Store) -> u64 {
    users::count(&mut reader(store).await, &users::UserFilter::default()).await.unwrap()
}

fn credentials<'a>(store: &Store, all: impl IntoIterator<Item = (&'a UserId, &'a PasswordCredential)>) -> Credentials {
    let mut credentials = Credentials::of(store);
    for (user_id, credential) in all {
        credentials.add(user_id, credential, at(2)).unwrap();
    }
    credentials
}

fn hash(hash: &str) -> PasswordCredential {
    PasswordCredential::Imported { format: "bcrypt".to_owned(), hash: hash.to_owned() }
}

fn source(source: &str) -> PasswordCredential {
    PasswordCredential::Source { source: source.to_owned() }
}

fn native(hash: &str) -> PasswordCredential {
    PasswordCredential::Native { hash: hash.to_owned() }
}

#[tokio::test]
async fn people_come_back_as_they_were_stored_however_many() {
    for_each_engine(async |store| {
        populate(store).await;
        let mut people: Vec<User> =
            (0..450).map(|number| user(&format!("n{number}"), &format!("n{number}@x.io"))).collect();
        people.extend([full_user("full"), nameless("none"), named_user("bob", "Bob")]);
        assert_eq!(insert(store, &people).await, Stored::Done);
        assert_eq!(count(store).await, 454);
        for user in [&people[0], &people[449], &people[450], &people[451], &people[452]] {
            assert_eq!(find(store, &user.user_id).await.as_ref(), Some(user));
        }
        assert_eq!(insert(store, &[]).await, Stored::Done);
    })
    .await;
}

/// What means something to one engine or the other in how it is given many rows.
#[tokio::test]
async fn whatever_a_name_is_made_of_it_comes_back() {
    for_each_engine(async |store| {
        populate(store).await;
        let names =
            ["\\N", "\\.", "a\tb", "a\nb", "a\r\nb", "\\", "\\\\t", "a\\tb", "", "?1", "{\"a\"}", "'", "é\u{1f600}\\"];
        let people: Vec<User> = (0..)
            .zip(names)
            .map(|(number, name)| {
                let profile = Profile { picture: Some(name.to_owned()), ..Profile::default() };
                let user = nameless(&format!("n{number}"));
                User { profile, last_ip: Some(name.to_owned()), ..user }
            })
            .collect();
        assert_eq!(insert(store, &people).await, Stored::Done);
        for user in &people {
            assert_eq!(find(store, &user.user_id).await.as_ref(), Some(user));
        }
    })
    .await;
}

#[tokio::test]
async fn one_person_who_cannot_be_stored_keeps_all_of_them_out() {
    let both = |id: &str, email: &str, username: &str| {
        let profile =
            Profile { email: Some(email.to_owned()), username: Some(username.to_owned()), ..Profile::default() };
        User { profile, ..nameless(id) }
    };
    for_each_engine(async |store| {
        populate(store).await;
        users_of(store, &[named_user("bob", "Bob")]).await;
        for (refused, expected) in [
            (user("ada", "other@x.io"), Stored::IdTaken),
            (user("new", "ADA@example.com"), Stored::NameTaken),
            (named_user("new", "bob"), Stored::NameTaken),
            (named_user("new", "ada@example.com"), Stored::NameTaken),
            (both("new", "new@x.io", "BOB"), Stored::NameTaken),
            (User { user_id: UserId::new("auth0|new"), ..user("ada", "new@x.io") }, Stored::NameTaken),
        ] {
            let people = [user("before", "before@x.io"), refused.clone(), user("after", "after@x.io")];
            assert_eq!(insert(store, &people).await, expected, "{refused:?}");
            assert_eq!(count(store).await, 2, "{refused:?}");
        }
    })
    .await;
}

/// The loser of the race drops its write and asks again: it must find everybody, or it would try for ever.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_store_the_same_people_one_does_and_the_other_finds_them() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let another_node = database.open_again().await;
        for round in 0..20 {
            let ids: Vec<String> = (0..50).map(|number| format!("r{round}n{number}")).collect();
            let racers: Vec<_> = [&database.store, &database.store, &another_node]
                .map(|store| tokio::spawn(store_or_find(store.clone(), ids.clone())))
                .into_iter()
                .collect();
            let mut stored = 0;
            for racer in racers {
                stored += usize::from(racer.await.unwrap());
            }
            assert_eq!(stored, 1, "round {round}");
        }
    })
    .await;
}

/// People who are stored in another order may make two writes wait for each other, of which Postgres ends one.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_wait_for_each_other_one_stores_everybody() {
    for_each_database(async |database| {
        populate(&database.store).await;
        for round in 0..3 {
            let people: Vec<User> = (0..1000)
                .map(|number| user(&format!("r{round}n{number}"), &format!("r{round}n{number}@x.io")))
                .collect();
            let backwards: Vec<User> = people.iter().rev().cloned().collect();
            let racers = [people, backwards].map(|people| tokio::spawn(try_insert(database.store.clone(), people)));
            let mut done = 0;
            for racer in racers {
                match racer.await.unwrap() {
                    Ok(Stored::Done) => done += 1,
                    Ok(refused) => assert_eq!(refused, Stored::IdTaken),
                    Err(error) => assert!(error.is_of_a_deadlock(), "{error:?}"),
                }
            }
            assert_eq!((done, count(&database.store).await), (1, 1 + 1000 * (round + 1)));
        }
    })
    .await;
}

async fn try_insert(store: Store, people: Vec<User>) -> Result<Stored, StoreError> {
    let mut new = NewPeople::of(&store);
    for user in &people {
        new.add(user, None, at(1))?;
    }
    let mut tx = store.write().await?;
    let stored = bulk::insert(&mut tx, &connection_id(), new).await?;
    if stored == Stored::Done {
        tx.commit().await?;
    }
    Ok(stored)
}

/// Says whether it was this call that stored these people.
async fn store_or_find(store: Store, ids: Vec<String>) -> bool {
    let people: Vec<User> = ids.iter().map(|id| user(id, &format!("{id}@x.io"))).collect();
    if insert(&store, &people).await == Stored::Done {
        return true;
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut snapshot = store.snapshot().await.unwrap();
    let found = bulk::holders_of_ids(&mut snapshot, &connection_id(), &ids).await.unwrap();
    assert_eq!(found.len(), ids.len());
    false
}

/// Whoever writes about people who are there is told too.
#[tokio::test]
async fn nobody_is_stored_in_a_connection_that_is_deleted_meanwhile() {
    for people in [vec![user("new", "new@x.io")], Vec::new()] {
        for_each_engine(async |store| {
            populate(store).await;
            assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await);
            let mut deletion = store.write().await.unwrap();
            assert!(connections::delete(&mut deletion, &connection_id()).await.unwrap());
            let (stored, deleted) = tokio::join!(try_insert(store.clone(), people.clone()), deletion.commit());
            deleted.unwrap();
            assert_eq!((stored.unwrap(), count(store).await), (Stored::Stale, 0));
        })
        .await;
    }
}

/// Ends once a write waits for another. On SQLite the second does so before it begins.
async fn until_a_write_waits(database: &Database) {
    if !database.is_postgres() {
        return;
    }
    let mut db = PgConnection::connect(&database.url).await.unwrap();
    let waiting = "SELECT COUNT(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'";
    for _ in 0..100_000 {
        if sqlx::query_scalar::<_, i64>(waiting).fetch_one(&mut db).await.unwrap() > 0 {
            return;
        }
    }
    panic!("no write waits");
}

/// Who stores people asks for the buried afterwards, and is told of one who was being deleted when the storing began.
#[tokio::test]
async fn whoever_is_deleted_while_they_are_stored_again_is_among_the_buried() {
    for_each_database(async |database| {
        let store = &database.store;
        populate(store).await;
        let ada = user("ada", "ada@example.com");
        let mut deletion = store.write().await.unwrap();
        assert!(users::delete(&mut deletion, &ada.user_id, at(1)).await.unwrap());
        let storing = async {
            let mut tx = store.write().await.unwrap();
            let mut people = NewPeople::of(store);
            people.add(&ada, None, at(2)).unwrap();
            let stored = bulk::insert(&mut tx, &connection_id(), people).await.unwrap();
            (stored, bulk::buried(&mut tx, &connection_id(), &["ada"]).await.unwrap())
        };
        let deleting = async {
            until_a_write_waits(database).await;
            deletion.commit().await.unwrap();
        };
        let (stored, ()) = tokio::join!(storing, deleting);
        assert_eq!(stored, (Stored::Done, HashSet::from(["ada".to_owned()])));
    })
    .await;
}

async fn users_of(store: &Store, people: &[User]) {
    assert_eq!(insert(store, people).await, Stored::Done);
}

#[tokio::test]
async fn people_are_found_by_id_and_by_either_name() {
    for_each_engine(async |store| {
        populate(store).await;
        users_of(store, &[named_user("bob", "Bob")]).await;
        let mut db = reader(store).await;
        let ada = Holder {
            user_id: user_id(),
            external_id: "ada".to_owned(),
            email: Some(FoldedEmail::of("ada@example.com")),
            username: None,
        };
        let bob = Holder {
            user_id: UserId::new("auth0|bob"),
            external_id: "bob".to_owned(),
            email: None,
            username: Some(FoldedEmail::of("bob")),
        };
        let by_id = bulk::holders_of_ids(&mut db, &connection_id(), &["nobody", "ada", "ADA"]).await.unwrap();
        assert_eq!(by_id, std::slice::from_ref(&ada));
        let names = ["BOB", "Ada@Example.com", "nobody"].map(FoldedEmail::of);
        assert_eq!(bulk::holders_of_names(&mut db, &connection_id(), &names).await.unwrap(), [ada, bob]);
        assert_eq!(bulk::holders_of_ids(&mut db, &connection_id(), &[]).await.unwrap(), []);
        let existing = bulk::existing(&mut db, &[user_id(), UserId::new("nobody")]).await.unwrap();
        assert_eq!(existing.into_iter().collect::<Vec<_>>(), [user_id()]);
    })
    .await;
}

#[tokio::test]
async fn more_is_asked_than_one_statement_takes() {
    for_each_engine(async |store| {
        populate(store).await;
        let ids: Vec<String> = (0..40_000).map(|number| format!("n{number}")).chain(["ada".to_owned()]).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let found = bulk::holders_of_ids(&mut reader(store).await, &connection_id(), &ids).await.unwrap();
        assert_eq!(found.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn the_deleted_are_known_by_the_ids_they_had() {
    for_each_engine(async |store| {
        populate(store).await;
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await);
        let buried = bulk::buried(&mut reader(store).await, &connection_id(), &["ada", "bob"]).await.unwrap();
        assert_eq!(buried.into_iter().collect::<Vec<_>>(), ["ada"]);
    })
    .await;
}

#[tokio::test]
async fn mg_14_an_import_never_replaces_a_password_of_ours() {
    for_each_engine(async |store| {
        populate(store).await;
        let ids: Vec<UserId> = ["none", "source", "hash", "ours"].iter().map(|id| UserId::database(id)).collect();
        let people: Vec<User> = ids.iter().map(|id| nameless(id.external_id())).collect();
        users_of(store, &people).await;
        committed(store, async |tx| {
            passwords::insert(tx, &ids[1], &source("old"), at(1)).await?;
            passwords::insert(tx, &ids[2], &hash("first"), at(1)).await?;
            passwords::insert(tx, &ids[3], &native("ours"), at(1)).await
        })
        .await;
        let imported = hash("second");
        let given = || credentials(store, ids.iter().map(|id| (id, &imported)));
        let kept = committed(store, async |tx| bulk::put_passwords(tx, given()).await).await;
        assert_eq!(kept, Some([ids[3].clone()].into()));
        let stored = bulk::passwords(&mut reader(store).await, &ids).await.unwrap();
        for (id, credential, version, moment) in [
            (&ids[0], &imported, 1, at(2)),
            (&ids[1], &imported, 2, at(2)),
            (&ids[2], &imported, 2, at(2)),
            (&ids[3], &native("ours"), 1, at(1)),
        ] {
            let stored = &stored[id];
            assert_eq!((&stored.credential, stored.version, stored.updated_at), (credential, version, moment), "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_password_of_somebody_who_has_left_keeps_the_others_out_too() {
    for_each_engine(async |store| {
        populate(store).await;
        users_of(store, &[nameless("stays")]).await;
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await);
        let (stays, left, imported) = (UserId::database("stays"), user_id(), hash("first"));
        let mut tx = store.write().await.unwrap();
        let given = credentials(store, [(&stays, &imported), (&left, &imported)]);
        let put = bulk::put_passwords(&mut tx, given).await.unwrap();
        assert_eq!(put, None);
        tx.commit().await.unwrap_err();
        assert_eq!(passwords::find(&mut reader(store).await, &stays).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_hash_that_comes_later_is_where_the_password_comes_from() {
    for_each_engine(async |store| {
        populate(store).await;
        committed(store, async |tx| {
            passwords::insert(tx, &user_id(), &source("old"), at(1)).await?;
            bulk::put_passwords(tx, credentials(store, [(&user_id(), &hash("late"))])).await
        })
        .await;
        let progress = crate::migration::progress(&mut reader(store).await).await.unwrap();
        let found: Vec<_> = progress.iter().map(|row| (row.origin.as_str(), row.origin_name.as_deref())).collect();
        assert_eq!(found, [("imported", Some("bcrypt"))]);
    })
    .await;
}

#[tokio::test]
async fn a_server_that_plans_by_numbers_counts_people_when_it_is_told_to() {
    const COUNTED: &str = "SELECT relname::text FROM pg_stat_user_tables WHERE last_analyze IS NOT NULL ORDER BY 1";
    for_each_database(async |database| {
        database.store.count_people().await.unwrap();
        if database.is_postgres() {
            let mut db = PgConnection::connect(&database.url).await.unwrap();
            let counted: Vec<String> = sqlx::query_scalar(COUNTED).fetch_all(&mut db).await.unwrap();
            assert_eq!(counted, ["identities", "passwords", "users"]);
        }
    })
    .await;
}
