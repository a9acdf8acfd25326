use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, FromRow};

use super::patience::answered;
use crate::documents::Documents;

use super::{Args, Sql, StoreError};

/// A row that both engines can fill; one that only one of them can fill does not compile.
pub(crate) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

/// What [`super::Read`] asks of a type, kept out of what other crates can name, with the engines' types.
pub trait Connect: Send {
    /// The connection; an error where nothing more can be asked of it.
    fn connection(&mut self) -> Result<ConnectionMut<'_>, StoreError>;

    /// Documents that were read lately, for those who only read.
    fn documents(&self) -> Option<&Documents> {
        None
    }

    /// A statement was answered, to the end.
    fn settle(&mut self) {}

    /// A statement failed.
    fn fail(&mut self, error: &StoreError);
}

pub enum ConnectionMut<'c> {
    Sqlite(&'c mut SqliteConnection),
    Postgres(&'c mut PgConnection),
}

/// Which engine answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineKind {
    Sqlite,
    Postgres,
}

impl ConnectionMut<'_> {
    pub(super) fn engine(&self) -> EngineKind {
        match self {
            ConnectionMut::Sqlite(_) => EngineKind::Sqlite,
            ConnectionMut::Postgres(_) => EngineKind::Postgres,
        }
    }

    pub(super) async fn execute(self, sql: Sql, args: Args) -> Result<u64, StoreError> {
        Ok(match self {
            ConnectionMut::Sqlite(connection) => {
                sqlx::query_with(sql.sqlite, args.for_sqlite()?).execute(connection).await?.rows_affected()
            }
            ConnectionMut::Postgres(connection) => {
                answered(sqlx::query_with(sql.postgres, args.for_postgres()?).execute(connection))
                    .await?
                    .rows_affected()
            }
        })
    }

    pub(super) async fn fetch_one<R: Row>(self, sql: Sql, args: Args) -> Result<R, StoreError> {
        Ok(match self {
            ConnectionMut::Sqlite(connection) => {
                sqlx::query_as_with(sql.sqlite, args.for_sqlite()?).fetch_one(connection).await?
            }
            ConnectionMut::Postgres(connection) => {
                answered(sqlx::query_as_with(sql.postgres, args.for_postgres()?).fetch_one(connection)).await?
            }
        })
    }

    pub(super) async fn fetch_optional<R: Row>(self, sql: Sql, args: Args) -> Result<Option<R>, StoreError> {
        Ok(match self {
            ConnectionMut::Sqlite(connection) => {
                sqlx::query_as_with(sql.sqlite, args.for_sqlite()?).fetch_optional(connection).await?
            }
            ConnectionMut::Postgres(connection) => {
                answered(sqlx::query_as_with(sql.postgres, args.for_postgres()?).fetch_optional(connection)).await?
            }
        })
    }

    pub(super) async fn fetch_all<R: Row>(self, sql: Sql, args: Args) -> Result<Vec<R>, StoreError> {
        Ok(match self {
            ConnectionMut::Sqlite(connection) => {
                sqlx::query_as_with(sql.sqlite, args.for_sqlite()?).fetch_all(connection).await?
            }
            ConnectionMut::Postgres(connection) => {
                answered(sqlx::query_as_with(sql.postgres, args.for_postgres()?).fetch_all(connection)).await?
            }
        })
    }

    pub(super) async fn fetch_composed<R: Row>(self, sql: String, args: Args) -> Result<Vec<R>, StoreError> {
        let sql = AssertSqlSafe(sql);
        Ok(match self {
            ConnectionMut::Sqlite(connection) => {
                sqlx::query_as_with(sql, args.for_sqlite()?).fetch_all(connection).await?
            }
            ConnectionMut::Postgres(connection) => {
                answered(sqlx::query_as_with(sql, args.for_postgres()?).fetch_all(connection)).await?
            }
        })
    }
}
