//! The plainest rows there are, for tests of the adapter.

use crate::db::{Args, Ask, Sql, args};
use crate::{Read, Store, StoreError, WriteTx};

const INSERT: Sql = Sql::both("INSERT INTO settings (name, value) VALUES ($1, $2)");
const NAMES: Sql = Sql::both("SELECT name FROM settings ORDER BY name");

/// Writes a row; an error where one of this name is there.
pub(super) async fn note(tx: &mut WriteTx, name: &str) -> Result<(), StoreError> {
    note_at_length(tx, name, 1).await
}

/// The same with a value of this many bytes.
pub(super) async fn note_at_length(tx: &mut WriteTx, name: &str, bytes: usize) -> Result<(), StoreError> {
    tx.execute(INSERT, args![name, "x".repeat(bytes)]).await.map(|_| ())
}

/// The names of all rows.
pub(super) async fn noted_in(db: &mut impl Read) -> Vec<String> {
    let rows: Vec<(String,)> = db.fetch_all(NAMES, Args::default()).await.unwrap();
    rows.into_iter().map(|(name,)| name).collect()
}

/// What is there for everybody to see.
pub(super) async fn noted(store: &Store) -> Vec<String> {
    noted_in(&mut store.read().await.unwrap()).await
}

/// One row in a write of its own.
pub(super) async fn write_note(store: &Store, name: &str) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    note(&mut tx, name).await?;
    tx.commit().await
}
