use std::mem;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use sqlx::Connection;
use sqlx::sqlite::SqliteConnection;
use tokio::sync::oneshot;

use crate::StoreError;

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
    in_savepoint: bool,
    /// SQLite undid the whole transaction by itself, as it may when the disk is full.
    rolled_back: Arc<AtomicBool>,
}

impl Writer {
    pub(super) async fn new(mut connection: SqliteConnection) -> Result<Self, StoreError> {
        let rolled_back = Arc::new(AtomicBool::new(false));
        let hook = Arc::clone(&rolled_back);
        connection.lock_handle().await?.set_rollback_hook(move || hook.store(true, Ordering::SeqCst));
        let connection = Some(connection);
        Ok(Writer { connection, group: Vec::new(), in_transaction: false, in_savepoint: false, rolled_back })
    }

    /// The connection, for the statements of the write whose savepoint is open.
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.connection.as_mut().expect("closing waits for the write that is under way")
    }

    pub(super) async fn open_savepoint(&mut self) -> Result<(), StoreError> {
        if !self.in_transaction {
            self.run("BEGIN IMMEDIATE").await?;
            self.in_transaction = true;
            self.rolled_back.store(false, Ordering::SeqCst);
        }
        self.run("SAVEPOINT one_write").await?;
        self.in_savepoint = true;
        Ok(())
    }

    pub(super) async fn release_savepoint(&mut self) -> Result<(), StoreError> {
        self.not_rolled_back()?;
        self.run("RELEASE one_write").await?;
        self.in_savepoint = false;
        Ok(())
    }

    /// Adds a write to the group and says whether it is the first.
    pub(super) fn join_group(&mut self, waiting: Waiting) -> bool {
        self.group.push(waiting);
        self.group.len() == 1
    }

    /// Undoes the write whose savepoint is open, and leaves the rest of the group as it is.
    pub(super) async fn undo_savepoint(&mut self) {
        if mem::take(&mut self.in_savepoint)
            && self.not_rolled_back().is_ok()
            && let Err(error) = self.roll_back_to_savepoint().await
        {
            // What it did may still be there, and must not be committed with the others.
            self.undo_group(&error).await;
        }
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

    pub(super) async fn close(&mut self) {
        self.commit_group().await;
        if let Some(connection) = self.connection.take() {
            // Everything is on disk already; what fails here is only the tidying of the log.
            let _ = connection.close().await;
        }
    }

    async fn run(&mut self, statement: &'static str) -> Result<(), StoreError> {
        let connection = self.connection.as_mut().ok_or_else(|| StoreError::Unreachable("it is closed".to_owned()))?;
        sqlx::query(statement).execute(connection).await?;
        Ok(())
    }
}
