use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use super::is_busy;
use crate::StoreError;

/// How long SQLite itself waits for another process that holds the file's write lock: it looks after 1, 2 and 2 ms. Left
/// to itself for longer it would look only every 100 ms, and miss an import that makes way between two of its batches.
const SHORT_WAIT: &str = "PRAGMA busy_timeout = 5";

/// How often it is asked to, until ten seconds have passed.
const ATTEMPTS: u32 = 2_000;

/// Who waits for a group to be on disk.
pub(super) type Waiting = oneshot::Sender<Result<(), StoreError>>;

/// The one connection that writes, and the group of writes in its open transaction.
///
/// Its steps must not be abandoned half way, so they run in tasks of their own and never in a caller's.
pub(super) struct Writer {
    /// `None` once the database is closed.
    connection: Option<SqliteConnection>,
    /// Those who released their savepoint and wait for the disk. Empty when no transaction is open.
    group: Vec<Waiting>,
    in_transaction: bool,
    /// What undoes the write that is under way, if one is.
    undone_by: Option<UndoneBy>,
    /// SQLite undid the whole transaction by itself, as it may when the disk is full.
    rolled_back: Arc<AtomicBool>,
    /// Another once anybody else has committed (<https://www.sqlite.org/pragma.html#pragma_data_version>).
    data_version: i64,
}

/// What undoes one write of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum UndoneBy {
    /// It is the first of its group, so the transaction holds nothing else. A savepoint would make SQLite keep every
    /// page as it was before.
    Transaction,
    Savepoint,
}

impl Writer {
    pub(super) async fn new(mut connection: SqliteConnection) -> Result<Self, StoreError> {
        let rolled_back = Arc::new(AtomicBool::new(false));
        let hook = Arc::clone(&rolled_back);
        sqlx::query(SHORT_WAIT).execute(&mut connection).await?;
        connection.lock_handle().await?.set_rollback_hook(move || hook.store(true, Ordering::SeqCst));
        let data_version = data_version(&mut connection).await?;
        let (connection, group) = (Some(connection), Vec::new());
        Ok(Writer { connection, group, in_transaction: false, undone_by: None, rolled_back, data_version })
    }

    /// The connection, for the statements of the write that is under way.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("closing waits for the write that is under way")
    }

    /// Begins a write.
    pub(super) async fn begin_write(&mut self) -> Result<(), StoreError> {
        if self.in_transaction {
            self.run("SAVEPOINT one_write").await?;
            self.undone_by = Some(UndoneBy::Savepoint);
        } else {
            self.begin_transaction().await?;
            self.in_transaction = true;
            self.undone_by = Some(UndoneBy::Transaction);
            self.rolled_back.store(false, Ordering::SeqCst);
        }
        Ok(())
    }

    async fn begin_transaction(&mut self) -> Result<(), StoreError> {
        for _ in 1..ATTEMPTS {
            match sqlx::query("BEGIN IMMEDIATE").execute(self.open_connection()?).await {
                Err(error) if is_busy(&error) => {}
                outcome => return Ok(outcome.map(drop)?),
            }
        }
        self.run("BEGIN IMMEDIATE").await
    }

    /// Ends the write that is under way; what it did stays in the transaction.
    pub(super) async fn end_write(&mut self) -> Result<(), StoreError> {
        self.not_rolled_back()?;
        if self.undone_by == Some(UndoneBy::Savepoint) {
            self.run("RELEASE one_write").await?;
        }
        self.undone_by = None;
        Ok(())
    }

    /// Adds a write to the group and says whether it is the first.
    pub(super) fn join_group(&mut self, waiting: Waiting) -> bool {
        self.group.push(waiting);
        self.group.len() == 1
    }

    /// Undoes the write that is under way, and leaves the rest of the group as it is.
    pub(super) async fn undo_write(&mut self) {
        let undone = match self.undone_by.take() {
            None => return,
            Some(_) if self.not_rolled_back().is_err() => return,
            Some(UndoneBy::Savepoint) => self.roll_back_to_savepoint().await,
            Some(UndoneBy::Transaction) => self.roll_back().await,
        };
        if let Err(error) = undone {
            // What it did may still be there, and must not be committed with the others.
            self.undo_group(&error).await;
        }
    }

    async fn roll_back(&mut self) -> Result<(), StoreError> {
        self.run("ROLLBACK").await?;
        self.in_transaction = false;
        Ok(())
    }

    async fn roll_back_to_savepoint(&mut self) -> Result<(), StoreError> {
        self.run("ROLLBACK TO one_write").await?;
        self.run("RELEASE one_write").await
    }

    /// Ends the transaction, if one is open, and tells everybody in it.
    pub(super) async fn commit_group(&mut self) {
        if self.in_transaction {
            match self.commit().await {
                Ok(()) => self.answer_group(|| Ok(())),
                Err(error) => self.undo_group(&error).await,
            }
        }
    }

    async fn commit(&mut self) -> Result<(), StoreError> {
        self.not_rolled_back()?;
        self.run("COMMIT").await
    }

    async fn undo_group(&mut self, why: &StoreError) {
        // It fails where SQLite has undone the transaction by itself; either way none is open afterwards.
        let _ = self.run("ROLLBACK").await;
        self.answer_group(|| Err(StoreError::Undone(why.to_string())));
    }

    fn answer_group(&mut self, answer: impl Fn() -> Result<(), StoreError>) {
        self.in_transaction = false;
        for waiting in self.group.drain(..) {
            // A caller that no longer waits has gone away; what became of its write stays as it is.
            let _ = waiting.send(answer());
        }
    }

    /// After an automatic rollback nothing of the group is left, and nobody in it may hear otherwise.
    fn not_rolled_back(&self) -> Result<(), StoreError> {
        if self.rolled_back.load(Ordering::SeqCst) {
            return Err(StoreError::Undone("SQLite undid the transaction".to_owned()));
        }
        Ok(())
    }

    /// Where another process has the file open, closing leaves the log as it is, and after an import the other's next
    /// commit would wait until all of it has been folded into the file.
    pub(super) async fn close(&mut self) {
        self.commit_group().await;
        // Everything is on disk already; what fails here and below is only the tidying of the log.
        let _ = self.run("PRAGMA wal_checkpoint(PASSIVE)").await;
        if let Some(connection) = self.connection.take() {
            let _ = connection.close().await;
        }
    }

    /// Folds the log into the file and lets it begin anew, unless somebody reads from it, writes, or folds it at this
    /// moment.
    pub(super) async fn empty_log(&mut self) -> Result<(), StoreError> {
        if self.in_transaction { Ok(()) } else { self.run("PRAGMA wal_checkpoint(TRUNCATE)").await }
    }

    /// Whether anybody else committed since this was asked last, or since the file was opened.
    pub(super) async fn is_file_changed(&mut self) -> Result<bool, StoreError> {
        let now = data_version(self.open_connection()?).await?;
        Ok(mem::replace(&mut self.data_version, now) != now)
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        sqlx::query(statement).execute(self.open_connection()?).await?;
        Ok(())
    }

    fn open_connection(&mut self) -> Result<&mut SqliteConnection, StoreError> {
        self.connection.as_mut().ok_or_else(|| StoreError::Unreachable("it is closed".to_owned()))
    }
}

async fn data_version(connection: &mut SqliteConnection) -> Result<i64, StoreError> {
    Ok(sqlx::query_scalar("PRAGMA data_version").fetch_one(connection).await?)
}
