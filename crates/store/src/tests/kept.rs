//! Rows that stay until a write ends.

use model::{ClientId, ConnectionId, FamilyId, RoleId, UserId};
use sqlx::error::DatabaseError;
use sqlx::{Connection, PgConnection};

use super::engines::for_each_database;
use super::records::{client_id, committed, connection_id, family_id, populate, user_id};
use super::roles::role;
use crate::{clients, connections, families, roles, users};

/// What whoever deletes asks for, without waiting for it.
const TO_DELETE: [&str; 4] = [
    "SELECT 1 FROM clients WHERE client_id = 'app' FOR UPDATE NOWAIT",
    "SELECT 1 FROM connections WHERE id = 'con_people' FOR UPDATE NOWAIT",
    "SELECT 1 FROM roles WHERE id = 'a' FOR UPDATE NOWAIT",
    "SELECT 1 FROM token_families WHERE id = 'family' FOR UPDATE NOWAIT",
];

/// What whoever writes something that belongs to a row asks for, without waiting for it.
const TO_BELONG_TO: [&str; 2] = [
    "SELECT 1 FROM connections WHERE id = 'con_people' FOR KEY SHARE NOWAIT",
    "SELECT 1 FROM users WHERE user_id = 'auth0|ada' FOR KEY SHARE NOWAIT",
];

#[tokio::test]
async fn what_is_kept_is_there_and_cannot_be_deleted() {
    for_each_database(async |database| {
        populate(&database.store).await;
        committed(&database.store, async |tx| roles::insert(tx, &role("a")).await).await;
        let mut tx = database.store.write().await.unwrap();
        assert!(clients::keep(&mut tx, &client_id()).await.unwrap());
        assert!(connections::keep(&mut tx, &connection_id()).await.unwrap());
        assert!(roles::keep(&mut tx, &RoleId::new("a")).await.unwrap());
        assert!(families::keep(&mut tx, &family_id()).await.unwrap());
        assert!(!clients::keep(&mut tx, &ClientId::new("none")).await.unwrap());
        assert!(!connections::keep(&mut tx, &ConnectionId::new("none")).await.unwrap());
        assert!(!roles::keep(&mut tx, &RoleId::new("none")).await.unwrap());
        assert!(!families::keep(&mut tx, &FamilyId::new("none")).await.unwrap());
        // SQLite has one write at a time.
        if database.is_postgres() {
            let mut other = PgConnection::connect(&database.url).await.unwrap();
            for question in TO_DELETE {
                assert_locked(&mut other, question).await;
                keep_too(&mut other, question).await;
            }
        }
    })
    .await;
}

#[tokio::test]
async fn what_is_held_to_be_deleted_is_there_and_nothing_comes_to_belong_to_it() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let mut tx = database.store.write().await.unwrap();
        assert!(connections::hold_to_delete(&mut tx, &connection_id()).await.unwrap());
        assert!(!connections::hold_to_delete(&mut tx, &ConnectionId::new("none")).await.unwrap());
        assert!(users::hold_to_delete(&mut tx, &user_id()).await.unwrap());
        assert!(!users::hold_to_delete(&mut tx, &UserId::new("none")).await.unwrap());
        if database.is_postgres() {
            let mut other = PgConnection::connect(&database.url).await.unwrap();
            for question in TO_BELONG_TO {
                assert_locked(&mut other, question).await;
            }
        }
    })
    .await;
}

pub(super) async fn assert_locked(other: &mut PgConnection, question: &'static str) {
    let refused = sqlx::query(question).execute(other).await.unwrap_err();
    let code = refused.as_database_error().and_then(DatabaseError::code).unwrap().into_owned();
    assert_eq!(code, "55P03", "{question}");
}

/// Others may keep it at the same time.
async fn keep_too(other: &mut PgConnection, question: &'static str) {
    let shared = question.replace("FOR UPDATE", "FOR KEY SHARE");
    sqlx::query(sqlx::AssertSqlSafe(shared)).execute(other).await.unwrap();
}
