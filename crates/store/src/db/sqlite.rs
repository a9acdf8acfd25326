//! SQLite: a pool of readers and one writer, whose transactions carry several writes to disk at once.
//!
//! `synchronous=FULL` makes each commit wait for the disk. A [`Write`] is therefore a savepoint: its commit releases
//! the savepoint, lets the next writer in, and returns once the transaction around all of them has been committed.
//! The writer's lock is fair, so whoever queued while a write was under way joins its group, and the task that
//! commits the group, which queues like everybody else, comes after them.

use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use sqlx::migrate::Migrator;
use sqlx::pool::PoolConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqlitePool};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::{StoreError, StoreSettings};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// How long to wait for another process (a backup, an import) that holds the file's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(super) struct Sqlite {
    readers: SqlitePool,
    writer: Arc<Mutex<Writer>>,
}

/// The one connection that writes, and the group of writes in its open transaction.
struct Writer {
    connection: SqliteConnection,
    /// Those who released their savepoint and wait for the disk. Empty when no transaction is open.
    group: Vec<oneshot::Sender<Result<(), StoreError>>>,
    /// A transaction is open.
    in_transaction: bool,
    /// A savepoint is open: set while a [`Write`] lives, and left set by one that was dropped.
    in_savepoint: bool,
    /// SQLite undid the whole transaction by itself, as it does when the disk is full.
    rolled_back: Arc<AtomicBool>,
}

/// One write: a savepoint on the writer's connection. Dropping it undoes it.
pub(super) struct Write {
    /// Taken by a commit; still there when the write is dropped instead.
    writer: Option<OwnedMutexGuard<Writer>>,
    shared: Arc<Mutex<Writer>>,
}

impl Sqlite {
    pub(super) async fn open(settings: &StoreSettings) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(&settings.url)
            .map_err(|error| StoreError::Unreachable(error.to_string()))?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(BUSY_TIMEOUT);
        let unreachable = |error: sqlx::Error| {
            StoreError::Unreachable(format!("{}: {error}", Path::new(options.get_filename()).display()))
        };
        let mut connection = SqliteConnection::connect_with(&options).await.map_err(unreachable)?;
        MIGRATIONS.run(&mut connection).await?;
        let rolled_back = Arc::new(AtomicBool::new(false));
        let hook = Arc::clone(&rolled_back);
        connection.lock_handle().await?.set_rollback_hook(move || hook.store(true, Ordering::SeqCst));
        let readers = SqlitePoolOptions::new()
            .max_connections(settings.readers)
            .connect_with(options.clone().create_if_missing(false).read_only(true))
            .await
            .map_err(unreachable)?;
        let writer = Writer { connection, group: Vec::new(), in_transaction: false, in_savepoint: false, rolled_back };
        Ok(Sqlite { readers, writer: Arc::new(Mutex::new(writer)) })
    }

    pub(super) async fn reader(&self) -> Result<PoolConnection<sqlx::Sqlite>, StoreError> {
        Ok(self.readers.acquire().await?)
    }

    pub(super) async fn write(&self) -> Result<Write, StoreError> {
        let mut writer = Arc::clone(&self.writer).lock_owned().await;
        writer.open_savepoint().await?;
        Ok(Write { writer: Some(writer), shared: Arc::clone(&self.writer) })
    }

    pub(super) async fn close(&self) {
        self.writer.lock().await.commit_group().await;
        self.readers.close().await;
    }
}

impl Write {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        &mut self.writer().connection
    }

    pub(super) async fn commit(mut self) -> Result<(), StoreError> {
        let (done, committed) = oneshot::channel();
        let writer = self.writer();
        writer.release_savepoint().await?;
        writer.group.push(done);
        let first_of_group = writer.group.len() == 1;
        self.writer = None;
        if first_of_group {
            self.commit_group_in_turn();
        }
        committed.await.unwrap_or_else(|_| Err(StoreError::Undone("the writer stopped".to_owned())))
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("only commit gives the writer back, and it takes the write itself")
    }

    /// Its own task, so that a caller who goes away leaves neither a group uncommitted nor the file locked.
    fn commit_group_in_turn(&self) {
        let shared = Arc::clone(&self.shared);
        tokio::spawn(async move { shared.lock().await.commit_group().await });
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if self.writer.take().is_some() {
            self.commit_group_in_turn();
        }
    }
}

impl Writer {
    async fn open_savepoint(&mut self) -> Result<(), StoreError> {
        self.undo_abandoned_savepoint().await?;
        if !self.in_transaction {
            self.run("BEGIN IMMEDIATE").await?;
            self.rolled_back.store(false, Ordering::SeqCst);
            self.in_transaction = true;
        }
        self.run("SAVEPOINT one_write").await?;
        self.in_savepoint = true;
        Ok(())
    }

    async fn release_savepoint(&mut self) -> Result<(), StoreError> {
        self.fail_group_if_rolled_back()?;
        self.run("RELEASE one_write").await?;
        self.in_savepoint = false;
        Ok(())
    }

    /// A write that was dropped leaves its savepoint open; what it did is undone before anything else happens.
    async fn undo_abandoned_savepoint(&mut self) -> Result<(), StoreError> {
        if self.in_savepoint {
            self.in_savepoint = false;
            if self.fail_group_if_rolled_back().is_ok() {
                self.run("ROLLBACK TO one_write").await?;
                self.run("RELEASE one_write").await?;
            }
        }
        Ok(())
    }

    async fn commit_group(&mut self) {
        let outcome = self.try_commit_group().await;
        if outcome.is_err() && self.in_transaction {
            // Whatever is left open must not swallow the next group; without a transaction this is an error we expect.
            let _ = self.run("ROLLBACK").await;
        }
        self.in_transaction = false;
        let failure = outcome.err().map(|error| error.to_string());
        for waiting in self.group.drain(..) {
            let answer = failure.clone().map_or(Ok(()), |why| Err(StoreError::Undone(why)));
            // A caller that no longer waits has gone away; its write is done all the same.
            let _ = waiting.send(answer);
        }
    }

    async fn try_commit_group(&mut self) -> Result<(), StoreError> {
        self.undo_abandoned_savepoint().await?;
        if !self.in_transaction {
            return Ok(());
        }
        self.fail_group_if_rolled_back()?;
        self.run("COMMIT").await
    }

    /// After an automatic rollback nothing of the group is left, and nobody in it may hear otherwise.
    fn fail_group_if_rolled_back(&mut self) -> Result<(), StoreError> {
        if !self.rolled_back.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let why = "SQLite rolled the transaction back".to_owned();
        self.in_transaction = false;
        self.in_savepoint = false;
        for waiting in self.group.drain(..) {
            let _ = waiting.send(Err(StoreError::Undone(why.clone())));
        }
        Err(StoreError::Undone(why))
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement).execute(&mut self.connection).await?;
        Ok(())
    }
}
