//! Rows that stay until a write ends.

use model::{ClientId, ConnectionId, RoleId};
use sqlx::error::DatabaseError;
use sqlx::{Connection, PgConnection};

use super::engines::for_each_database;
use super::records::{client_id, committed, connection_id, populate};
use super::roles::role;
use crate::{clients, connections, roles};

/// What whoever deletes asks for, without waiting for it.
const TO_DELETE: [&str; 3] = [
    "SELECT 1 FROM clients WHERE client_id = 'app' FOR UPDATE NOWAIT",
    "SELECT 1 FROM connections WHERE id = 'con_people' FOR UPDATE NOWAIT",
    "SELECT 1 FROM roles WHERE id = 'a' FOR UPDATE NOWAIT",
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
        assert!(!clients::keep(&mut tx, &ClientId::new("none")).await.unwrap());
        assert!(!connections::keep(&mut tx, &ConnectionId::new("none")).await.unwrap());
        assert!(!roles::keep(&mut tx, &RoleId::new("none")).await.unwrap());
        // SQLite has one write at a time.
        if database.is_postgres() {
            let mut other = PgConnection::connect(&database.url).await.unwrap();
            for question in TO_DELETE {
                let refused = sqlx::query(question).execute(&mut other).await.unwrap_err();
                let code = refused.as_database_error().and_then(DatabaseError::code).unwrap().into_owned();
                assert_eq!(code, "55P03", "{question}");
                keep_too(&mut other, question).await;
            }
        }
    })
    .await;
}

/// Others may keep it at the same time.
async fn keep_too(other: &mut PgConnection, question: &'static str) {
    let shared = question.replace("FOR UPDATE", "FOR KEY SHARE");
    sqlx::query(sqlx::AssertSqlSafe(shared)).execute(other).await.unwrap();
}
