//! Postgres: connections to one server, writes at READ COMMITTED, and snapshots at REPEATABLE READ.

use std::ops::{Deref, DerefMut};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgPool, SqlSafeStr, SqlStr};
use tokio::time::{Instant, timeout};

use super::lending::{Left, Lender, Lent, Source};
use super::patience::{answered, opened, soon};
use super::{StoreError, StoreSettings};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/postgres");

/// How long a request may wait for a connection before it is told that the database cannot be reached.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);

const SNAPSHOT: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// For how long a connection that gave a sign of life is believed to live.
const FRESH: Duration = Duration::from_millis(100);

/// After which time the pool has a connection back, and may close it for its age.
const TERM: Duration = Duration::from_mins(1);

#[derive(Clone)]
pub(super) struct Postgres(Arc<Lender<Server>>);

/// The server. The pool knows when to try again, and how old a connection may become.
pub(super) struct Server(PgPool);

/// A connection that is the pool's.
pub(super) struct Borrowed {
    connection: PoolConnection<sqlx::Postgres>,
    since: Instant,
}

impl Source for Server {
    type Connection = Borrowed;

    const PATIENCE: Duration = ACQUIRE_TIMEOUT;
    const FRESH: Duration = FRESH;

    async fn open(&self) -> Result<Borrowed, sqlx::Error> {
        Ok(Borrowed { connection: self.0.acquire().await?, since: Instant::now() })
    }

    fn is_over(borrowed: &Borrowed) -> bool {
        borrowed.since.elapsed() >= TERM
    }

    async fn is_there(borrowed: &mut Borrowed) -> bool {
        soon(borrowed.connection.ping()).await.is_ok()
    }

    async fn tidy(borrowed: &mut Borrowed, left: Left) -> Result<(), sqlx::Error> {
        match left {
            Left::Question => soon(borrowed.connection.ping()).await,
            Left::Transaction => soon(Self::run(borrowed, SqlStr::from_static("ROLLBACK"))).await,
        }
    }

    /// The pool would ask it for a sign of life.
    fn part_with(mut borrowed: Borrowed) {
        borrowed.connection.close_on_drop();
    }

    async fn run(borrowed: &mut Borrowed, sql: SqlStr) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(sql).execute(&mut *borrowed.connection).await.map(drop)
    }
}

impl Deref for Borrowed {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        &self.connection
    }
}

impl DerefMut for Borrowed {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.connection
    }
}

impl Postgres {
    pub(super) async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let unreachable = |error: sqlx::Error| StoreError::Unreachable(error.to_string());
        let options = PgConnectOptions::from_str(&settings.url).map_err(unreachable)?.application_name("landbridge");
        // The pool would try again until its time is out, and then speak of the time and not of the cause.
        let mut first = PgConnection::connect_with(&options).await.map_err(unreachable)?;
        MIGRATIONS.run_direct(None, &mut first, false).await?;
        first.close().await.map_err(unreachable)?;
        let pool = with_signs_of_life(PgPoolOptions::new().max_connections(settings.readers));
        let pool = pool.acquire_timeout(ACQUIRE_TIMEOUT).connect_with(options).await.map_err(unreachable)?;
        Ok(Postgres(Lender::open(Server(pool), settings.readers).await.map_err(unreachable)?))
    }

    pub(super) async fn connection(&self) -> Result<Lent<Server>, StoreError> {
        opened(self.0.lend()).await
    }

    pub(super) async fn snapshot(&self) -> Result<Lent<Server>, StoreError> {
        self.transaction(SqlStr::from_static(SNAPSHOT)).await
    }

    /// The setting, which takes no way of its own to the server, ends with the transaction. It is for each statement.
    pub(super) async fn snapshot_within(&self, limit: Duration) -> Result<Lent<Server>, StoreError> {
        let limited = format!("{SNAPSHOT}; SET LOCAL statement_timeout = {}", limit.as_millis());
        self.transaction(AssertSqlSafe(limited).into_sql_str()).await
    }

    pub(super) async fn begin(&self) -> Result<Lent<Server>, StoreError> {
        self.transaction(SqlStr::from_static("BEGIN")).await
    }

    async fn transaction(&self, begin: SqlStr) -> Result<Lent<Server>, StoreError> {
        opened(async {
            let mut lent = self.0.lend().await?;
            lent.begin(begin).await?;
            Ok(lent)
        })
        .await
    }

    /// While one waits for the disk, another is carried out; a fourth gains nothing. A connection is left for whoever
    /// reads.
    pub(super) fn writes_at_once(&self) -> usize {
        (self.0.most() as usize).saturating_sub(1).clamp(1, 3)
    }

    /// Plans rest on what the server has counted. By itself it counts within some minutes of many rows having come, and
    /// until then it may look for one person through all of them.
    pub(super) async fn count_people(&self) -> Result<(), StoreError> {
        let mut lent = self.connection().await?;
        let counting = sqlx::raw_sql("ANALYZE users, identities, passwords");
        answered(counting.execute(&mut **lent.connection())).await?;
        lent.settle();
        Ok(())
    }

    /// The pool itself may be asking a connection for a sign of life, without an end; whoever stops does not wait for that.
    pub(super) async fn close(&self) {
        // What is given back from here on is closed.
        let pool = self.0.source().0.close();
        drop(self.0.stop());
        let _ = timeout(ACQUIRE_TIMEOUT, pool).await;
    }
}

/// Until the transaction ends. Subjects whose hashes are the same wait for each other, which costs time alone.
pub(super) async fn take_turns(transaction: &mut PgConnection, subject: &str) -> Result<(), StoreError> {
    let lock = sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))").bind(subject);
    answered(lock.execute(transaction)).await?;
    Ok(())
}

/// A connection that is silent is closed, whether it was given back in the middle of a statement or its server has gone
/// since. The pool's own questions have no end.
fn with_signs_of_life(pool: PgPoolOptions) -> PgPoolOptions {
    pool.test_before_acquire(false)
        .before_acquire(|connection, its| {
            Box::pin(async move { if its.idle_for < FRESH { Ok(true) } else { gives_a_sign(connection).await } })
        })
        .after_release(|connection, _| Box::pin(gives_a_sign(connection)))
}

async fn gives_a_sign(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    soon(connection.ping()).await.map(|()| true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::engines::server;

    #[tokio::test]
    async fn the_pool_has_a_connection_back_after_its_term() {
        let Some(url) = server("TEST_DATABASE_URL") else { return };
        let pool = PgPool::connect(&url).await.unwrap();
        let lender = Lender::open(Server(pool.clone()), 2).await.unwrap();
        let mut lent = lender.lend().await.unwrap();
        lent.connection().since -= TERM;
        lent.settle();
        drop(lent);
        timeout(ACQUIRE_TIMEOUT, async {
            while pool.num_idle() == 0 {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("the pool has it back");
        let one = lender.lend().await.unwrap();
        let other = lender.lend().await.unwrap();
        assert_eq!((pool.size(), pool.num_idle()), (2, 0), "neither was lost");
        drop((one, other));
    }
}
