//! SQLite: some readers and one writer, whose transactions carry several writes to disk at once.
//!
//! `synchronous=FULL` makes each commit wait for the disk. A [`Write`] is therefore a part of one: its commit lets
//! the next writer in, and returns once the transaction around all of them has been committed.
//! The writer's lock is fair, so whoever queued while a write was under way joins its group, and the task that
//! commits the group, which queues like everybody else, comes after them. A write that is dropped ends its group.

mod undoing;
mod writer;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sqlx::error::DatabaseError;
use sqlx::migrate::Migrator;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqlStr};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use self::undoing::Undoing;
use self::writer::{Waiting, Writer};
use super::lending::{Left, Lender, Lent, Source};
use super::{Load, StoreError, StoreSettings};

static MIGRATIONS: Migrator = sqlx::migrate!("../../migrations/sqlite");

/// How long to wait for another process (a backup, an import) that holds the file's write lock.
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);

/// What the writer may take. With SQLite's 2 MiB for pages, an import of many people would read, and write to the log,
/// nearly every page once for each person.
struct Room {
    /// Memory for pages, at the most, KiB.
    cache: u32,
    /// How many pages of 4 KiB the log takes in before they go to where they belong, each of them once. Whoever writes
    /// then waits for it.
    log: u32,
}

impl Room {
    /// How long the log may be, bytes. That of a process that writes alone stays below.
    fn longest_log(&self) -> u64 {
        2 * u64::from(self.log) * PAGE_IN_LOG
    }
}

impl Load {
    fn room(self) -> Room {
        match self {
            Load::Service => Room { cache: 8 * 1024, log: 8_000 },
            Load::Import => Room { cache: 128 * 1024, log: 128_000 },
        }
    }
}

/// Memory for pages that each connection that reads may take, KiB: half of what it would be. Whatever is read often is with
/// the system as well, from where it is fetched in a microsecond.
const READERS_CACHE: u32 = 1024;

/// What a page takes in the log, bytes: its header besides.
const PAGE_IN_LOG: u64 = 4096 + 24;

/// How long a write leaves the file to other processes that wait for it: two looks of [`writer`].
const WAY: Duration = Duration::from_millis(4);

/// How many steps SQLite makes between two looks at the time.
const STEPS: i32 = 1000;

const SQLITE_BUSY: &str = "5";

#[derive(Clone)]
pub(super) struct Sqlite {
    readers: Arc<Lender<File>>,
    writer: Arc<Mutex<Writer>>,
    undoing: Arc<Undoing>,
    log: Arc<Log>,
    /// Where the writer's steps run, whoever drops a write and wherever.
    runtime: Handle,
}

/// The file, for whoever reads. It does not hang up, so what comes back is as good as new.
pub(super) struct File(pub(super) SqliteConnectOptions);

impl Source for File {
    type Connection = SqliteConnection;

    const PATIENCE: Duration = Duration::from_secs(30);
    const FRESH: Duration = Duration::MAX;

    async fn open(&self) -> Result<SqliteConnection, sqlx::Error> {
        SqliteConnection::connect_with(&self.0).await
    }

    fn is_over(_: &SqliteConnection) -> bool {
        false
    }

    async fn is_there(_: &mut SqliteConnection) -> bool {
        true
    }

    async fn run(connection: &mut SqliteConnection, sql: SqlStr) -> Result<(), sqlx::Error> {
        sqlx::query(sql).execute(connection).await.map(drop)
    }

    async fn tidy(connection: &mut SqliteConnection, left: Left) -> Result<(), sqlx::Error> {
        match left {
            Left::Question => connection.ping().await,
            // It fails where the transaction was not begun.
            Left::Transaction => Self::run(connection, SqlStr::from_static("ROLLBACK")).await,
        }
    }

    fn part_with(connection: SqliteConnection) {
        drop(connection);
    }
}

/// The write-ahead log beside the file. It begins anew when all of it has gone to where it belongs; but where another
/// process writes after each of our writes, that is never the case, and it would grow until they stop.
struct Log {
    path: PathBuf,
    /// Bytes from which on we see to it.
    most: u64,
}

impl Log {
    /// SQLite keeps it beside the file that a link leads to.
    fn of(options: &SqliteConnectOptions, room: &Room) -> Arc<Self> {
        let named = options.get_filename();
        let mut path = fs::canonicalize(named).unwrap_or_else(|_| named.to_owned()).into_os_string();
        path.push("-wal");
        Arc::new(Log { path: path.into(), most: room.longest_log() })
    }

    fn is_too_long(&self) -> bool {
        fs::metadata(&self.path).is_ok_and(|log| log.len() > self.most)
    }
}

/// One write on the writer's connection. Dropping it undoes it.
pub(super) struct Write {
    /// Given back by a commit; still there when the write is dropped instead.
    writer: Option<OwnedMutexGuard<Writer>>,
    engine: Sqlite,
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
        let room = settings.load.room();
        let mut connection = connect(&for_writing(&options, &room)).await.map_err(unreachable)?;
        migrate(&mut connection).await?;
        let for_reading = options.clone().create_if_missing(false).read_only(true);
        let for_reading = for_reading.pragma("cache_size", format!("-{READERS_CACHE}"));
        let readers = Lender::open(File(for_reading), settings.readers).await.map_err(unreachable)?;
        let writer = Arc::new(Mutex::new(Writer::new(connection).await?));
        let log = Log::of(&options, &room);
        Ok(Sqlite { readers, writer, undoing: Arc::default(), log, runtime: Handle::current() })
    }

    pub(super) async fn reader(&self) -> Result<Lent<File>, StoreError> {
        self.undoing.finished().await;
        Ok(self.readers.lend().await?)
    }

    /// In the log, a transaction that began with a question stays with what was committed then.
    pub(super) async fn snapshot(&self) -> Result<Lent<File>, StoreError> {
        let mut reader = self.reader().await?;
        reader.begin(SqlStr::from_static("BEGIN")).await?;
        Ok(reader)
    }

    /// The same, with a time for all that is asked. Its questions are given up when that is over, also where whoever asked
    /// has gone meanwhile. The connection goes back with the watch still set.
    #[expect(clippy::disallowed_methods, reason = "measures a timeout")]
    pub(super) async fn snapshot_within(&self, limit: Duration) -> Result<Lent<File>, StoreError> {
        let mut reader = self.snapshot().await?;
        let deadline = Arc::new(Instant::now() + limit);
        let watch = Arc::downgrade(&deadline);
        let goes_on = move || watch.upgrade().is_none_or(|deadline| Instant::now() < *deadline);
        reader.connection().lock_handle().await?.set_progress_handler(STEPS, goes_on);
        reader.watch_with(deadline);
        Ok(reader)
    }

    pub(super) async fn write(&self) -> Result<Write, StoreError> {
        let writer = Arc::clone(&self.writer).lock_owned().await;
        let mut write = Write { writer: Some(writer), engine: self.clone() };
        let opening = self.runtime.spawn(async move { write.writer().begin_write().await.map(|()| write) });
        opening.await.unwrap_or_else(|_| Err(stopping()))
    }

    /// Another process that waits for the file gets it, if it looks often enough. Answers whether one wrote since the last
    /// time, or may have.
    #[expect(clippy::disallowed_methods, reason = "other processes do not live by the clock of a test")]
    pub(super) async fn make_way(&self) -> bool {
        tokio::time::sleep(WAY).await;
        let (mut writer, log) = (Arc::clone(&self.writer).lock_owned().await, Arc::clone(&self.log));
        let asking = self.runtime.spawn(async move {
            if log.is_too_long() {
                writer.empty_log().await?;
            }
            writer.is_file_changed().await
        });
        // What keeps it from being told keeps the next write from being made, and is told there.
        !matches!(asking.await, Ok(Ok(false)))
    }

    /// Commits what is under way. The writer's connection is the last to close, because that folds the log into the
    /// file.
    pub(super) async fn close(&self) {
        self.writer.lock().await.commit_group().await;
        for reader in self.readers.close().await {
            // Nothing was written with it.
            let _ = reader.close().await;
        }
        self.writer.lock().await.close().await;
    }
}

impl Write {
    pub(super) fn connection(&mut self) -> &mut SqliteConnection {
        self.writer().connection()
    }

    pub(super) async fn commit(self) -> Result<(), StoreError> {
        let (waiting, committed) = oneshot::channel();
        self.engine.runtime.clone().spawn(self.commit_with_group(waiting));
        committed.await.unwrap_or_else(|_| Err(stopping()))
    }

    async fn commit_with_group(mut self, waiting: Waiting) {
        if let Err(error) = self.writer().end_write().await {
            // A caller that no longer waits has nothing to learn; the write itself is undone when it is dropped here.
            let _ = waiting.send(Err(error));
            return;
        }
        let is_first = self.writer().join_group(waiting);
        self.writer = None;
        if is_first {
            self.engine.writer.lock().await.commit_group().await;
        }
    }

    fn writer(&mut self) -> &mut Writer {
        self.writer.as_mut().expect("only commit gives the writer back, and it takes the write itself")
    }
}

impl Drop for Write {
    fn drop(&mut self) {
        if let Some(mut writer) = self.writer.take() {
            let turn = self.engine.undoing.begin();
            self.engine.runtime.spawn(async move {
                writer.undo_write().await;
                writer.commit_group().await;
                drop(turn);
            });
        }
    }
}

/// The one connection that writes, in a transaction that touches pages all over the file.
fn for_writing(options: &SqliteConnectOptions, room: &Room) -> SqliteConnectOptions {
    let options = options.clone().pragma("cache_size", format!("-{}", room.cache));
    // A log that another process, or a long reader, made longer is cut back when it begins anew.
    let options = options.pragma("journal_size_limit", room.longest_log().to_string());
    // Pages as they were before a statement are kept in memory too, and not in a file.
    options.pragma("wal_autocheckpoint", room.log.to_string()).pragma("temp_store", "MEMORY")
}

/// Where two processes create a file at once, the one refuses the other the switch to WAL without waiting; afterwards
/// it is done.
async fn connect(options: &SqliteConnectOptions) -> Result<SqliteConnection, sqlx::Error> {
    match SqliteConnection::connect_with(options).await {
        Err(error) if is_busy(&error) => SqliteConnection::connect_with(options).await,
        outcome => outcome,
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(DatabaseError::code);
    code.is_some_and(|code| code == SQLITE_BUSY)
}

/// Brings the schema up to date as a whole or not at all. Another process that opens the file meanwhile waits, and
/// then finds nothing left to do.
async fn migrate(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await?;
    // `run` would do the same in a future that cannot move between threads.
    MIGRATIONS.run_direct(None, &mut *transaction, false).await?;
    Ok(transaction.commit().await?)
}

fn stopping() -> StoreError {
    StoreError::Unreachable("the process is stopping".to_owned())
}
