//! Postgres: a pool, writes at READ COMMITTED, and snapshots at REPEATABLE READ.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, PgPool};

use super::{StoreError, StoreSettings};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// How long a request may wait for a connection before it is told that the database cannot be reached.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Clone)]
pub(super) struct Postgres(PgPool);

impl Postgres {
    pub(super) async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let unreachable = |error: sqlx::Error| StoreError::Unreachable(error.to_string());
        let options = PgConnectOptions::from_str(&settings.url).map_err(unreachable)?.application_name("landbridge");
        // The pool would try again until its time is out, and then speak of the time and not of the cause.
        let mut first = PgConnection::connect_with(&options).await.map_err(unreachable)?;
        MIGRATIONS.run_direct(None, &mut first, false).await?;
        first.close().await.map_err(unreachable)?;
        let pool = PgPoolOptions::new().max_connections(settings.readers).acquire_timeout(ACQUIRE_TIMEOUT);
        Ok(Postgres(pool.connect_with(options).await.map_err(unreachable)?))
    }

    pub(super) async fn connection(&self) -> Result<PoolConnection<sqlx::Postgres>, StoreError> {
        Ok(self.0.acquire().await?)
    }

    pub(super) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        Ok(self.0.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
    }

    /// The setting ends with the transaction. It is for each statement.
    pub(super) async fn snapshot_within(
        &self,
        limit: Duration,
    ) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        let mut transaction = self.snapshot().await?;
        let set = sqlx::query("SELECT set_config('statement_timeout', $1, true)").bind(limit.as_millis().to_string());
        set.execute(&mut *transaction).await?;
        Ok(transaction)
    }

    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        Ok(self.0.begin().await?)
    }

    /// Until the transaction ends. Subjects whose hashes are the same wait for each other, which costs time alone.
    pub(super) async fn take_turns(transaction: &mut PgConnection, subject: &str) -> Result<(), StoreError> {
        let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(subject);
        lock.execute(transaction).await?;
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.0.close().await;
    }
}
