use std::error::Error as StdError;

use sqlx::error::DatabaseError;

/// SQLSTATE 40P01.
const DEADLOCK_DETECTED: &str = "40P01";

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
    /// A question took longer than it was given.
    #[error("a question to the database took too long")]
    OutOfTime,
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

    /// Whether a row to be written belongs to one that is not there.
    pub(crate) fn is_of_an_orphan(&self) -> bool {
        self.of_the_database().is_some_and(DatabaseError::is_foreign_key_violation)
    }

    /// Whether a row to be written is there already, by one of its keys.
    pub(crate) fn is_of_a_double(&self) -> bool {
        self.of_the_database().is_some_and(DatabaseError::is_unique_violation)
    }

    /// Whether Postgres ended the write because it and another waited for each other.
    pub fn is_of_a_deadlock(&self) -> bool {
        self.of_the_database().and_then(DatabaseError::code).is_some_and(|code| code == DEADLOCK_DETECTED)
    }

    fn of_the_database(&self) -> Option<&dyn DatabaseError> {
        let StoreError::Failed(source) = self else { return None };
        source.downcast_ref::<sqlx::Error>()?.as_database_error()
    }
}

/// `false` where a row was not written because it belongs to one that is not there. Then nothing of the write may be
/// committed.
pub(crate) fn unless_orphan(written: Result<u64, StoreError>) -> Result<bool, StoreError> {
    match written {
        Ok(_) => Ok(true),
        Err(error) if error.is_of_an_orphan() => Ok(false),
        Err(error) => Err(error),
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match error {
            sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed | sqlx::Error::Tls(_) => {
                StoreError::Unreachable(error.to_string())
            }
            sqlx::Error::Database(error) if error.code().is_some_and(|code| says_out_of_reach(&code)) => {
                StoreError::Unreachable(error.to_string())
            }
            sqlx::Error::Database(error) if error.code().is_some_and(|code| says_interrupted(&code)) => {
                StoreError::OutOfTime
            }
            other => StoreError::Failed(Box::new(other)),
        }
    }
}

/// Whether an error code of the database speaks of its own state and not of the statement: a Postgres that stops or
/// starts, has no connection left or no such database any more (SQLSTATE classes 08 and 53, 57P01 to 57P05, 3D000) or is
/// a standby that has not taken over yet (25006), or an SQLite file that another process keeps locked (`SQLITE_BUSY`).
fn says_out_of_reach(code: &str) -> bool {
    let is_sqlstate = code.len() == 5;
    let is_of_a_class = ["08", "53", "57P0"].iter().any(|class| code.starts_with(class));
    code == "5" || is_sqlstate && (is_of_a_class || ["3D000", "25006"].contains(&code))
}

/// Whether a statement was given up because its time had run out: `query_canceled` of Postgres, `SQLITE_INTERRUPT`.
fn says_interrupted(code: &str) -> bool {
    code == "57014" || code == "9"
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        StoreError::Migration(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::says_out_of_reach;

    #[test]
    fn what_the_database_says_of_itself_is_told_from_what_it_says_of_a_statement() {
        for code in ["08006", "53300", "57P01", "57P03", "3D000", "25006", "5"] {
            assert!(says_out_of_reach(code), "{code}");
        }
        // A duplicate key, a cancelled statement, a lost race; and SQLite's constraints and input errors.
        for code in ["23505", "57014", "40001", "42P01", "1555", "2067", "5386", "10", ""] {
            assert!(!says_out_of_reach(code), "{code}");
        }
    }
}
