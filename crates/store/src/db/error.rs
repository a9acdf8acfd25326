use std::error::Error as StdError;

/// The database could not do what it was asked. Never says "not there": that is an `Ok` answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// `database.url` names no engine we have.
    #[error("the database URL must begin with sqlite: or postgres:")]
    UnknownEngine,
    /// The database cannot be opened or reached.
    #[error("the database cannot be reached: {0}")]
    Unreachable(String),
    /// The schema could not be brought up to date.
    #[error("the database schema cannot be brought up to date: {0}")]
    Migration(String),
    /// A statement failed.
    #[error("a database statement failed")]
    Failed(#[source] Box<dyn StdError + Send + Sync>),
    /// A text to be bound contains U+0000, which Postgres cannot store; it is refused on every engine alike.
    #[error("a text contains the character U+0000")]
    NulCharacter,
    /// Nothing of this write is kept: one of its statements failed before, or the transaction that carried it together
    /// with others was undone as a whole.
    #[error("the write was undone: {0}")]
    Undone(String),
    /// A stored row says something that no version of this program writes.
    #[error("table {table}, row {row}: {what}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// Which row.
        row: String,
        /// What is wrong with it.
        what: String,
    },
}

impl StoreError {
    pub(crate) fn corrupt(table: &'static str, row: impl Into<String>, what: impl Into<String>) -> Self {
        StoreError::Corrupt { table, row: row.into(), what: what.into() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                StoreError::Unreachable(error.to_string())
            }
            other => StoreError::Failed(Box::new(other)),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        StoreError::Migration(error.to_string())
    }
}
