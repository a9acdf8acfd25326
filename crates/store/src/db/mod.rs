//! The adapter: one way to run a statement, two engines below it.
//!
//! A [`Store`] hands out a [`Reader`] or a [`WriteTx`]. They are different types, so that code which was lent a
//! reader cannot write by accident. What each engine needs of its own is in `sqlite` and `postgres`.

mod error;
mod postgres;
mod sqlite;
mod statement;
mod value;

use std::future::Future;

pub use error::StoreError;
pub(crate) use statement::{Sql, statements};
pub(crate) use value::{Args, args};

use connect::{Connect, ConnectionMut};
use sqlx::FromRow;
use sqlx::postgres::{PgConnection, PgRow};
use sqlx::sqlite::{SqliteConnection, SqliteRow};

// Postgres would answer a bare `1` as a 32-bit number.
statements! { PING = "SELECT CAST(1 AS BIGINT) AS answer"; }

/// What is needed to open a database.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections that read at the same time.
    pub readers: u32,
}

/// The database.
#[derive(Clone)]
pub struct Store(Engine);

#[derive(Clone)]
enum Engine {
    Sqlite(sqlite::Sqlite),
    Postgres(postgres::Postgres),
}

impl Store {
    /// Opens the database, creating the SQLite file where there is none, and brings its schema up to date.
    pub async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let engine = if settings.url.starts_with("sqlite:") {
            Engine::Sqlite(sqlite::Sqlite::open(settings).await?)
        } else if settings.url.starts_with("postgres:") || settings.url.starts_with("postgresql:") {
            Engine::Postgres(postgres::Postgres::open(settings).await?)
        } else {
            return Err(StoreError::UnknownEngine);
        };
        Ok(Store(engine))
    }

    /// A connection that only reads. Each statement sees what was committed when it began.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        Ok(Reader(match &self.0 {
            Engine::Sqlite(engine) => ReaderKind::Sqlite(engine.reader().await?),
            Engine::Postgres(engine) => ReaderKind::Postgres(engine.connection().await?),
        }))
    }

    /// Opens a write. Dropping it without [`WriteTx::commit`] undoes it.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        Ok(WriteTx(match &self.0 {
            Engine::Sqlite(engine) => WriteKind::Sqlite(engine.write().await?),
            Engine::Postgres(engine) => WriteKind::Postgres(engine.begin().await?),
        }))
    }

    /// Asks the database for anything, to learn whether it can be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read().await?.fetch_one::<(i64,)>(PING, args![]).await.map(|_| ())
    }

    /// Waits until what was committed is on disk and closes the connections.
    pub async fn close(&self) {
        match &self.0 {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }
}

/// A connection that only reads.
pub struct Reader(ReaderKind);

enum ReaderKind {
    Sqlite(sqlx::pool::PoolConnection<sqlx::Sqlite>),
    Postgres(sqlx::pool::PoolConnection<sqlx::Postgres>),
}

/// A write that others see only after [`WriteTx::commit`].
pub struct WriteTx(WriteKind);

enum WriteKind {
    Sqlite(sqlite::Write),
    Postgres(sqlx::Transaction<'static, sqlx::Postgres>),
}

impl WriteTx {
    /// Makes the write lasting. When this returns `Ok`, it is on disk.
    pub async fn commit(self) -> Result<(), StoreError> {
        match self.0 {
            WriteKind::Sqlite(write) => write.commit().await,
            WriteKind::Postgres(transaction) => Ok(transaction.commit().await?),
        }
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: Sql, args: Args) -> Result<u64, StoreError> {
        match self.connection() {
            ConnectionMut::Sqlite(connection) => {
                Ok(sqlx::query_with(sql.sqlite, args.for_sqlite()?).execute(connection).await?.rows_affected())
            }
            ConnectionMut::Postgres(connection) => {
                Ok(sqlx::query_with(sql.postgres, args.for_postgres()?).execute(connection).await?.rows_affected())
            }
        }
    }
}

/// A row that both engines can fill; one that only one of them can fill does not compile.
pub(crate) trait Row:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static
{
}
impl<T> Row for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin + 'static {}

/// Whatever can answer a question: a [`Reader`], or a [`WriteTx`] that wants to see its own changes.
pub trait Read: connect::Connect {}
impl<T: connect::Connect> Read for T {}

/// Keeps the engines' types out of what other crates can name.
mod connect {
    use super::{PgConnection, ReaderKind, SqliteConnection, WriteKind};

    pub enum ConnectionMut<'c> {
        Sqlite(&'c mut SqliteConnection),
        Postgres(&'c mut PgConnection),
    }

    pub trait Connect: Send {
        fn connection(&mut self) -> ConnectionMut<'_>;
    }

    impl Connect for super::Reader {
        fn connection(&mut self) -> ConnectionMut<'_> {
            match &mut self.0 {
                ReaderKind::Sqlite(connection) => ConnectionMut::Sqlite(connection),
                ReaderKind::Postgres(connection) => ConnectionMut::Postgres(connection),
            }
        }
    }

    impl Connect for super::WriteTx {
        fn connection(&mut self) -> ConnectionMut<'_> {
            match &mut self.0 {
                WriteKind::Sqlite(write) => ConnectionMut::Sqlite(write.connection()),
                WriteKind::Postgres(transaction) => ConnectionMut::Postgres(transaction),
            }
        }
    }
}

/// The questions, for every [`Read`].
pub(crate) trait Ask: Read {
    /// The one row of a statement that always has one.
    fn fetch_one<R: Row>(&mut self, sql: Sql, args: Args) -> impl Future<Output = Result<R, StoreError>> + Send {
        async move {
            match self.connection() {
                ConnectionMut::Sqlite(connection) => {
                    Ok(sqlx::query_as_with(sql.sqlite, args.for_sqlite()?).fetch_one(connection).await?)
                }
                ConnectionMut::Postgres(connection) => {
                    Ok(sqlx::query_as_with(sql.postgres, args.for_postgres()?).fetch_one(connection).await?)
                }
            }
        }
    }

    /// The row, where there is one.
    fn fetch_optional<R: Row>(
        &mut self,
        sql: Sql,
        args: Args,
    ) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move {
            match self.connection() {
                ConnectionMut::Sqlite(connection) => {
                    Ok(sqlx::query_as_with(sql.sqlite, args.for_sqlite()?).fetch_optional(connection).await?)
                }
                ConnectionMut::Postgres(connection) => {
                    Ok(sqlx::query_as_with(sql.postgres, args.for_postgres()?).fetch_optional(connection).await?)
                }
            }
        }
    }

    /// Every row. The statement itself says how many at the most.
    fn fetch_all<R: Row>(&mut self, sql: Sql, args: Args) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            match self.connection() {
                ConnectionMut::Sqlite(connection) => {
                    Ok(sqlx::query_as_with(sql.sqlite, args.for_sqlite()?).fetch_all(connection).await?)
                }
                ConnectionMut::Postgres(connection) => {
                    Ok(sqlx::query_as_with(sql.postgres, args.for_postgres()?).fetch_all(connection).await?)
                }
            }
        }
    }

    /// Every row of a statement that [`crate::listing`] composed from its own closed set of columns.
    fn fetch_composed<R: Row>(
        &mut self,
        sql: String,
        args: Args,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            let sql = sqlx::AssertSqlSafe(sql);
            match self.connection() {
                ConnectionMut::Sqlite(connection) => {
                    Ok(sqlx::query_as_with(sql, args.for_sqlite()?).fetch_all(connection).await?)
                }
                ConnectionMut::Postgres(connection) => {
                    Ok(sqlx::query_as_with(sql, args.for_postgres()?).fetch_all(connection).await?)
                }
            }
        }
    }
}
impl<T: Read + ?Sized> Ask for T {}
