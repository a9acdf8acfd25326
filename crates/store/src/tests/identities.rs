//! `identities`, whose connection is there as long as they are; no foreign key sees to it (ADR 0013).

use model::user::{Identity, User};
use model::{ConnectionId, UserId};
use sqlx::{Connection, PgConnection, SqliteConnection};

use super::engines::{Database, for_each_database, for_each_engine};
use super::kept::assert_locked;
use super::records::{at, committed, connection_id, full_user, identity, nameless, populate, reader, user, user_id};
use super::schemas::schema_of;
use super::users::insert;
use crate::db::{Sql, args};
use crate::users::Stored;
use crate::{Store, bulk, connections, identities, users};

fn social() -> ConnectionId {
    ConnectionId::new("con_social")
}

/// Somebody who signs in at a provider, and has no name to type.
fn stranger() -> User {
    let at_provider = Identity { provider: "oidc".to_owned(), ..identity("con_social", "stranger") };
    User { identities: vec![at_provider], ..nameless("stranger") }
}

async fn find(store: &Store, user: &User) -> Option<User> {
    users::find(&mut reader(store).await, &user.user_id).await.unwrap()
}

#[tokio::test]
async fn an_identity_is_attached_behind_the_others_and_to_one_person_alone() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &nameless("other")).await;
        let attach =
            async |id: &UserId| committed(store, async |tx| identities::attach(tx, id, &social(), "7").await).await;
        assert!(attach(&user_id()).await);
        assert!(!attach(&UserId::new("auth0|other")).await);
        let mut tx = store.write().await.unwrap();
        assert!(!identities::attach(&mut tx, &UserId::new("auth0|nobody"), &social(), "8").await.unwrap());
        drop(tx);
        let found = users::find_by_identity(&mut reader(store).await, &social(), "7").await.unwrap().unwrap();
        let connections: Vec<_> = found.identities.iter().map(|own| own.connection_id.as_str()).collect();
        assert_eq!((found.user_id, connections), (user_id(), vec!["con_people", "con_social"]));
        assert!(identities::are_any_of(&mut reader(store).await, &social()).await.unwrap());
        assert!(!identities::are_any_of(&mut reader(store).await, &ConnectionId::new("con_other")).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn nobody_is_stored_under_a_connection_that_is_gone() {
    for_each_engine(async |store| {
        populate(store).await;
        let gone = ["con_gone", "con_social"].map(|id| User {
            identities: vec![identity("con_people", "new"), identity(id, "new")],
            ..user("new", "new@example.com")
        });
        assert!(committed(store, async |tx| connections::delete(tx, &social()).await).await);
        for person in gone.into_iter().chain([stranger()]) {
            let mut tx = store.write().await.unwrap();
            assert_eq!(users::insert(&mut tx, &person).await.unwrap(), Stored::Stale, "{:?}", person.identities);
            // Nor if whoever asked did not mind.
            tx.commit().await.unwrap();
            assert_eq!(find(store, &person).await, None);
        }
        let mut tx = store.write().await.unwrap();
        assert!(!identities::attach(&mut tx, &user_id(), &social(), "7").await.unwrap());
        tx.commit().await.unwrap();
        assert!(!identities::are_any_of(&mut reader(store).await, &social()).await.unwrap());
    })
    .await;
}

#[tokio::test]
async fn a_deleted_connection_takes_its_identities_from_those_who_stay() {
    for_each_engine(async |store| {
        populate(store).await;
        let full = full_user("full");
        committed(store, async |tx| users::insert(tx, &full).await).await;
        assert!(committed(store, async |tx| identities::attach(tx, &user_id(), &social(), "7").await).await);
        assert!(committed(store, async |tx| connections::delete(tx, &social()).await).await);
        assert!(!identities::are_any_of(&mut reader(store).await, &social()).await.unwrap());
        let stays = find(store, &full).await.unwrap();
        assert_eq!(stays.identities, full.identities[..1]);
        assert_eq!(stays, User { identities: stays.identities.clone(), ..full });
    })
    .await;
}

/// A node of a version that had the key does not delete them.
#[tokio::test]
async fn an_identity_that_a_connection_left_behind_is_not_seen_and_goes_with_the_person() {
    for_each_engine(async |store| {
        populate(store).await;
        let before = users::find(&mut reader(store).await, &user_id()).await.unwrap().unwrap();
        let left_behind = Sql::both(
            "INSERT INTO identities (connection_id, external_id, user_id, position)
             VALUES ('con_gone', '7', 'auth0|ada', 1)",
        );
        committed(store, async |tx| tx.execute(left_behind, args![]).await).await;
        assert_eq!(find(store, &before).await, Some(before.clone()));
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await);
        let gone = ConnectionId::new("con_gone");
        assert!(!identities::are_any_of(&mut reader(store).await, &gone).await.unwrap());
    })
    .await;
}

/// SQLite has one write at a time.
#[tokio::test]
async fn whoever_stores_an_identity_keeps_its_connection() {
    for_each_database(async |database| {
        populate(&database.store).await;
        if !database.is_postgres() {
            return;
        }
        let mut other = PgConnection::connect(&database.url).await.unwrap();
        let to_delete = "SELECT 1 FROM connections WHERE id = 'con_social' FOR UPDATE NOWAIT";
        let mut tx = database.store.write().await.unwrap();
        assert_eq!(users::insert(&mut tx, &stranger()).await.unwrap(), Stored::Done);
        assert_locked(&mut other, to_delete).await;
        drop(tx);
        let mut tx = database.store.write().await.unwrap();
        assert!(identities::attach(&mut tx, &user_id(), &social(), "7").await.unwrap());
        assert_locked(&mut other, to_delete).await;
        drop(tx);
        let mut tx = database.store.write().await.unwrap();
        let nobody = bulk::NewPeople::of(&database.store);
        assert_eq!(bulk::insert(&mut tx, &connection_id(), nobody).await.unwrap(), Stored::Done);
        assert_locked(&mut other, "SELECT 1 FROM connections WHERE id = 'con_people' FOR UPDATE NOWAIT").await;
    })
    .await;
}

/// As the tables were while each identity had a key to its connection.
const WITH_KEY: [&str; 2] = [
    "CREATE TABLE identities_with_key (
         connection_id TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
         external_id TEXT NOT NULL,
         user_id TEXT NOT NULL REFERENCES users (user_id) ON DELETE CASCADE,
         position INTEGER NOT NULL,
         email_folded TEXT,
         username_folded TEXT,
         profile_data TEXT,
         PRIMARY KEY (connection_id, external_id)
     ) STRICT;
     INSERT INTO identities_with_key SELECT * FROM identities;
     DROP TABLE identities;
     ALTER TABLE identities_with_key RENAME TO identities",
    "ALTER TABLE identities ADD CONSTRAINT identities_connection_id_fkey
     FOREIGN KEY (connection_id) REFERENCES connections (id) ON DELETE CASCADE",
];

async fn migrate_again(database: &Database) {
    if database.is_postgres() {
        let mut db = PgConnection::connect(&database.url).await.unwrap();
        let again = include_str!("../../../../migrations/postgres/0025_identities_without_key.sql");
        for text in [WITH_KEY[1], again] {
            sqlx::raw_sql(text).execute(&mut db).await.unwrap();
        }
    } else {
        let mut db = SqliteConnection::connect(&database.url).await.unwrap();
        let again = include_str!("../../../../migrations/sqlite/0025_identities_without_key.sql");
        for text in [WITH_KEY[0], again] {
            sqlx::raw_sql(text).execute(&mut db).await.unwrap();
        }
    }
}

#[tokio::test]
async fn identities_from_before_stay_with_their_indexes() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let full = full_user("full");
        committed(&database.store, async |tx| users::insert(tx, &full).await).await;
        let before = schema_of(database).await;
        migrate_again(database).await;
        assert_eq!(schema_of(database).await, before);
        assert_eq!(find(&database.open_again().await, &full).await, Some(full));
    })
    .await;
}
