//! The adapter: one way to run a statement, two engines below it.
//!
//! A [`Store`] hands out a [`Reader`], a [`Snapshot`] or a [`WriteTx`]. They are different types, so that code which was
//! lent a reader cannot write by accident. What each engine needs of its own is in `sqlite` and `postgres`.

mod connection;
mod error;
mod insert_many;
mod lending;
mod patience;
mod postgres;
mod sqlite;
mod statement;
mod value;

pub(crate) use connection::{EngineKind, Row};
pub use error::StoreError;
pub(crate) use error::unless_orphan;
pub(crate) use insert_many::{InsertMany, Inserts, RowsWritten};
pub(crate) use statement::{Sql, statement, statements};
pub(crate) use value::{Args, args};

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::documents::Documents;

use connection::{Connect, ConnectionMut};
use lending::Lent;

// Postgres would answer a bare `1` as a 32-bit number.
statements! { PING = "SELECT CAST(1 AS BIGINT) AS answer"; }

/// What is needed to open a database.
#[derive(Clone, Debug)]
pub struct StoreSettings {
    /// `sqlite:PATH` or `postgres://…`.
    pub url: String,
    /// Connections that read at the same time.
    pub readers: u32,
    /// What will be written.
    pub load: Load,
}

/// What a process does with the database. SQLite works in its memory, so there it is to know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Load {
    /// It answers people, with a few rows at a time.
    Service,
    /// It writes rows by the million.
    Import,
}

/// The database.
#[derive(Clone)]
pub struct Store {
    engine: Engine,
    documents: Arc<Documents>,
}

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
        Ok(Store { engine, documents: Arc::default() })
    }

    /// A connection that only reads. Each statement sees what was committed when it began.
    pub async fn read(&self) -> Result<Reader, StoreError> {
        let kind = match &self.engine {
            Engine::Sqlite(engine) => ReaderKind::Sqlite(engine.reader().await?),
            Engine::Postgres(engine) => ReaderKind::Postgres(engine.connection().await?),
        };
        Ok(Reader { kind, documents: Arc::clone(&self.documents) })
    }

    /// A connection that reads one moment: every statement sees what was committed when the first of them began. For
    /// answers that are held against each other; dropped soon, because the database keeps what it sees.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot(match &self.engine {
            Engine::Sqlite(engine) => SnapshotKind::Sqlite(engine.snapshot().await?),
            Engine::Postgres(engine) => SnapshotKind::Postgres(engine.snapshot().await?),
        }))
    }

    /// The same for questions that a caller composes, of which each is given up after `limit`
    /// ([`StoreError::OutOfTime`]).
    pub async fn snapshot_within(&self, limit: Duration) -> Result<Snapshot, StoreError> {
        Ok(Snapshot(match &self.engine {
            Engine::Sqlite(engine) => SnapshotKind::Sqlite(engine.snapshot_within(limit).await?),
            Engine::Postgres(engine) => SnapshotKind::Postgres(engine.snapshot_within(limit).await?),
        }))
    }

    /// Opens a write. Dropping it without [`WriteTx::commit`] undoes it.
    pub async fn write(&self) -> Result<WriteTx, StoreError> {
        let kind = match &self.engine {
            Engine::Sqlite(engine) => WriteKind::Sqlite(engine.write().await?),
            Engine::Postgres(engine) => WriteKind::Postgres(engine.begin().await?),
        };
        Ok(WriteTx { kind, has_failed: false })
    }

    pub(crate) fn engine(&self) -> EngineKind {
        match &self.engine {
            Engine::Sqlite(_) => EngineKind::Sqlite,
            Engine::Postgres(_) => EngineKind::Postgres,
        }
    }

    /// How many writes are worth having open at once: of SQLite's, each waits for the one before it.
    pub fn writes_at_once(&self) -> usize {
        match &self.engine {
            Engine::Sqlite(_) => 1,
            Engine::Postgres(engine) => engine.writes_at_once(),
        }
    }

    /// Lets other processes write. Whoever writes again and again, for seconds, owes it to them after each time: SQLite
    /// has one writer, and those who wait for the file do not queue.
    ///
    /// Answers whether another process may have written since the last time, which only SQLite rules out.
    pub async fn make_way(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(engine) => engine.make_way().await,
            Engine::Postgres(_) => true,
        }
    }

    /// Has the database see how many people there are, after many have come at once: it decides by that how it looks for
    /// somebody. SQLite decides without.
    pub async fn count_people(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(engine) => engine.count_people().await,
        }
    }

    /// Asks the database for anything, to learn whether it can be reached.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read().await?.fetch_one::<(i64,)>(PING, args![]).await.map(|_| ())
    }

    /// Waits until what was committed is on disk and closes the connections.
    pub async fn close(&self) {
        match &self.engine {
            Engine::Sqlite(engine) => engine.close().await,
            Engine::Postgres(engine) => engine.close().await,
        }
    }
}

/// A connection that only reads.
pub struct Reader {
    kind: ReaderKind,
    documents: Arc<Documents>,
}

enum ReaderKind {
    Sqlite(Lent<sqlite::File>),
    Postgres(Lent<postgres::Server>),
}

/// A connection that reads one moment.
pub struct Snapshot(SnapshotKind);

enum SnapshotKind {
    Sqlite(Lent<sqlite::File>),
    Postgres(Lent<postgres::Server>),
}

/// A write that others see only after [`WriteTx::commit`].
pub struct WriteTx {
    kind: WriteKind,
    /// Postgres would refuse every further statement and answer a commit as if it had been one. So that no engine
    /// keeps half a write, none goes on after an error.
    has_failed: bool,
}

enum WriteKind {
    Sqlite(sqlite::Write),
    Postgres(Lent<postgres::Server>),
}

impl WriteTx {
    /// Makes the write lasting. When this returns `Ok`, it is on disk. An error where one of its statements failed:
    /// then nothing of it is kept.
    pub async fn commit(self) -> Result<(), StoreError> {
        self.has_not_failed()?;
        match self.kind {
            WriteKind::Sqlite(write) => write.commit().await,
            WriteKind::Postgres(lent) => patience::answered(lent.commit()).await,
        }
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: Sql, args: Args) -> Result<u64, StoreError> {
        let answer = self.connection()?.execute(sql, args).await;
        self.noting_failure(answer)
    }

    /// Waits until no other write, of this process or another, is about this subject, for decisions that rest on rows
    /// which are not there yet and so cannot be locked. SQLite has one writer, whose turn it always is.
    pub(crate) async fn take_turns(&mut self, subject: &str) -> Result<(), StoreError> {
        self.has_not_failed()?;
        let WriteKind::Postgres(lent) = &mut self.kind else { return Ok(()) };
        let answer = postgres::take_turns(lent.connection(), subject).await;
        self.noting_failure(answer)
    }

    /// Inserts any number of rows, all of the same columns.
    pub(crate) async fn insert_many(
        &mut self,
        insert: &'static InsertMany,
        rows: Vec<Args>,
    ) -> Result<RowsWritten, StoreError> {
        let mut inserts = Inserts::new(insert, self.connection()?.engine());
        let taken = rows.into_iter().try_for_each(|row| inserts.push(row));
        self.noting_failure(taken)?;
        self.insert(inserts).await
    }

    pub(crate) async fn insert(&mut self, inserts: Inserts) -> Result<RowsWritten, StoreError> {
        let answer = inserts.run(self.connection()?).await;
        self.noting_failure(answer)
    }

    fn has_not_failed(&self) -> Result<(), StoreError> {
        if self.has_failed {
            return Err(StoreError::Undone("one of its statements failed".to_owned()));
        }
        Ok(())
    }
}

/// Whatever can answer a question: a [`Reader`], a [`Snapshot`], or a [`WriteTx`] that wants to see its own changes.
pub trait Read: Connect {}
impl<T: Connect> Read for T {}

impl Connect for Reader {
    fn connection(&mut self) -> Result<ConnectionMut<'_>, StoreError> {
        Ok(match &mut self.kind {
            ReaderKind::Sqlite(lent) => ConnectionMut::Sqlite(lent.connection()),
            ReaderKind::Postgres(lent) => ConnectionMut::Postgres(lent.connection()),
        })
    }

    fn documents(&self) -> Option<&Documents> {
        Some(&self.documents)
    }

    fn settle(&mut self) {
        match &mut self.kind {
            ReaderKind::Sqlite(lent) => lent.settle(),
            ReaderKind::Postgres(lent) => lent.settle(),
        }
    }

    fn fail(&mut self, error: &StoreError) {
        if let ReaderKind::Postgres(lent) = &mut self.kind {
            lent.fail(error);
        }
    }
}

impl Connect for Snapshot {
    fn connection(&mut self) -> Result<ConnectionMut<'_>, StoreError> {
        Ok(match &mut self.0 {
            SnapshotKind::Sqlite(lent) => ConnectionMut::Sqlite(lent.connection()),
            SnapshotKind::Postgres(lent) => ConnectionMut::Postgres(lent.connection()),
        })
    }

    fn fail(&mut self, error: &StoreError) {
        if let SnapshotKind::Postgres(lent) = &mut self.0 {
            lent.fail(error);
        }
    }
}

impl Connect for WriteTx {
    fn connection(&mut self) -> Result<ConnectionMut<'_>, StoreError> {
        self.has_not_failed()?;
        Ok(match &mut self.kind {
            WriteKind::Sqlite(write) => ConnectionMut::Sqlite(write.connection()),
            WriteKind::Postgres(lent) => ConnectionMut::Postgres(lent.connection()),
        })
    }

    fn fail(&mut self, error: &StoreError) {
        self.has_failed = true;
        if let WriteKind::Postgres(lent) = &mut self.kind {
            lent.fail(error);
        }
    }
}

/// The questions, for every [`Read`].
pub(crate) trait Ask: Read {
    /// Which engine it is, for statements that are composed.
    fn engine(&mut self) -> Result<EngineKind, StoreError> {
        Ok(self.connection()?.engine())
    }

    /// The one row of a statement that always has one.
    fn fetch_one<R: Row>(&mut self, sql: Sql, args: Args) -> impl Future<Output = Result<R, StoreError>> + Send {
        async move {
            let answer = self.connection()?.fetch_one(sql, args).await;
            self.noting_failure(answer)
        }
    }

    /// The row, where there is one.
    fn fetch_optional<R: Row>(
        &mut self,
        sql: Sql,
        args: Args,
    ) -> impl Future<Output = Result<Option<R>, StoreError>> + Send {
        async move {
            let answer = self.connection()?.fetch_optional(sql, args).await;
            self.noting_failure(answer)
        }
    }

    /// Every row. The statement itself says how many at the most.
    fn fetch_all<R: Row>(&mut self, sql: Sql, args: Args) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            let answer = self.connection()?.fetch_all(sql, args).await;
            self.noting_failure(answer)
        }
    }

    /// Every row of a statement that [`crate::listing`] composed from its own closed set of columns.
    fn fetch_composed<R: Row>(
        &mut self,
        sql: String,
        args: Args,
    ) -> impl Future<Output = Result<Vec<R>, StoreError>> + Send {
        async move {
            let answer = self.connection()?.fetch_composed(sql, args).await;
            self.noting_failure(answer)
        }
    }

    /// Passes an answer on; after an error a write is good for nothing more.
    fn noting_failure<T>(&mut self, answer: Result<T, StoreError>) -> Result<T, StoreError> {
        match &answer {
            Ok(_) => self.settle(),
            Err(error) => self.fail(error),
        }
        answer
    }
}
impl<T: Read + ?Sized> Ask for T {}
