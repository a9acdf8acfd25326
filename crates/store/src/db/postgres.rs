//! Postgres: a pool, writes at READ COMMITTED, and snapshots at REPEATABLE READ.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{Connection, PgPool};
use tokio::time::timeout;

use super::patience::{answered, is_alive, opened};
use super::{StoreError, StoreSettings};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// How long a request may wait for a connection before it is told that the database cannot be reached.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

/// For how long a connection that gave a sign of life is believed to live.
const FRESH: Duration = Duration::from_millis(100);

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
        let pool = with_signs_of_life(PgPoolOptions::new().max_connections(settings.readers));
        Ok(Postgres(pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_with(options).await.map_err(unreachable)?))
    }

    pub(super) async fn connection(&self) -> Result<PoolConnection<sqlx::Postgres>, StoreError> {
        opened(self.0.acquire()).await
    }

    pub(super) async fn snapshot(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        opened(self.0.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")).await
    }

    /// The setting ends with the transaction. It is for each statement.
    pub(super) async fn snapshot_within(
        &self,
        limit: Duration,
    ) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        let mut transaction = self.snapshot().await?;
        let set = sqlx::query("SELECT set_config('statement_timeout', $1, true)").bind(limit.as_millis().to_string());
        answered(set.execute(&mut *transaction)).await?;
        Ok(transaction)
    }

    pub(super) async fn begin(&self) -> Result<sqlx::Transaction<'static, sqlx::Postgres>, StoreError> {
        opened(self.0.begin()).await
    }

    /// While one waits for the disk, another is carried out; a fourth gains nothing. A connection is left for whoever
    /// reads.
    pub(super) fn writes_at_once(&self) -> usize {
        (self.0.options().get_max_connections() as usize).saturating_sub(1).clamp(1, 3)
    }

    /// Until the transaction ends. Subjects whose hashes are the same wait for each other, which costs time alone.
    pub(super) async fn take_turns(transaction: &mut PgConnection, subject: &str) -> Result<(), StoreError> {
        let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(subject);
        answered(lock.execute(transaction)).await?;
        Ok(())
    }

    /// The pool itself asks a connection that is given back for a sign of life, without an end; whoever stops does not
    /// wait for that.
    pub(super) async fn close(&self) {
        let _ = timeout(ACQUIRE_TIMEOUT, self.0.close()).await;
    }
}

/// A connection that is silent is closed, whether it was given back in the middle of a statement or its server has gone
/// since. The pool's own questions have no end.
fn with_signs_of_life(pool: PgPoolOptions) -> PgPoolOptions {
    pool.test_before_acquire(false)
        .before_acquire(|connection, its| {
            Box::pin(async move { if its.idle_for < FRESH { Ok(true) } else { is_alive(connection).await } })
        })
        .after_release(|connection, _| Box::pin(is_alive(connection)))
}
