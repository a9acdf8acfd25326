//! SQLite: several writes go to disk together, and none of them notices.

use std::path::PathBuf;
use std::time::Duration;

use sqlx::{Connection, SqliteConnection};
use tokio::task::{JoinHandle, yield_now};
use tokio::time::timeout;

use super::engines::{Database, open};
use super::notes::{note, note_at_length, noted, write_note};
use crate::db::{Ask, Sql, args};
use crate::{Snapshot, Store, StoreError, WriteTx};

fn file(database: &Database, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", database.url.strip_prefix("sqlite:").unwrap()))
}

/// How many commits stand in the write-ahead log: frames of its present generation that name the database's size
/// (<https://www.sqlite.org/fileformat2.html#the_write_ahead_log>).
fn commits(database: &Database) -> usize {
    let log = std::fs::read(file(database, "-wal")).unwrap();
    let number = |bytes: &[u8]| u32::from_be_bytes(bytes.try_into().unwrap());
    let (header, frames) = log.split_at(32);
    let page_size = usize::try_from(number(&header[8..12])).unwrap();
    frames
        .chunks_exact(24 + page_size)
        .take_while(|frame| frame[8..16] == header[16..24])
        .filter(|frame| number(&frame[4..8]) > 0)
        .count()
}

/// A group: `first` has left its savepoint and waits for the disk, and the second is under way.
struct Group {
    first: JoinHandle<Result<(), StoreError>>,
    second: WriteTx,
}

impl Group {
    async fn form(store: &Store, first: &str) -> Self {
        let mut tx = store.write().await.unwrap();
        note(&mut tx, first).await.unwrap();
        let second = tokio::spawn({
            let store = store.clone();
            async move { store.write().await.unwrap() }
        });
        // On one thread the second is in the queue once everybody who can run has run.
        for _ in 0..10 {
            yield_now().await;
        }
        Group { first: tokio::spawn(tx.commit()), second: second.await.unwrap() }
    }
}

#[tokio::test]
async fn writes_that_queue_up_share_a_commit() {
    let database = Database::sqlite().await;
    let before = commits(&database);
    let writes: Vec<_> = (0..200)
        .map(|index| {
            let store = database.store.clone();
            tokio::spawn(async move { write_note(&store, &format!("{index}")).await })
        })
        .collect();
    for write in writes {
        write.await.unwrap().unwrap();
    }
    assert_eq!(noted(&database.store).await.len(), 200);
    let commits = commits(&database) - before;
    assert!((1..=20).contains(&commits), "{commits} commits");
}

#[tokio::test]
async fn a_commit_waits_for_its_group() {
    let database = Database::sqlite().await;
    let mut group = Group::form(&database.store, "first").await;
    note(&mut group.second, "second").await.unwrap();
    assert!(!group.first.is_finished());
    assert_eq!(noted(&database.store).await, Vec::<String>::new());
    group.second.commit().await.unwrap();
    group.first.await.unwrap().unwrap();
    assert_eq!(noted(&database.store).await, ["first", "second"]);
}

#[tokio::test]
async fn a_failing_write_does_not_take_its_neighbours_along() {
    let database = Database::sqlite().await;
    let mut group = Group::form(&database.store, "first").await;
    note(&mut group.second, "second").await.unwrap();
    note(&mut group.second, "first").await.unwrap_err();
    drop(group.second);
    group.first.await.unwrap().unwrap();
    assert_eq!(noted(&database.store).await, ["first"]);
}

#[tokio::test]
async fn a_caller_that_stops_waiting_has_written_all_the_same() {
    let database = Database::sqlite().await;
    let mut group = Group::form(&database.store, "first").await;
    note(&mut group.second, "second").await.unwrap();
    group.first.abort();
    group.second.commit().await.unwrap();
    assert_eq!(noted(&database.store).await, ["first", "second"]);
}

#[tokio::test]
async fn whoever_waits_hears_when_sqlite_undoes_the_group() {
    let database = Database::sqlite().await;
    let mut group = Group::form(&database.store, "first").await;
    let undo = Sql::both("INSERT OR ROLLBACK INTO settings (name, value) VALUES ($1, '')");
    group.second.execute(undo, args!["first"]).await.unwrap_err();
    // Without a transaction this would be committed at once.
    note(&mut group.second, "second").await.unwrap_err();
    group.second.commit().await.unwrap_err();
    assert!(matches!(group.first.await.unwrap(), Err(StoreError::Undone(_))));
    assert_eq!(noted(&database.store).await, Vec::<String>::new());
    write_note(&database.store, "next").await.unwrap();
    assert_eq!(noted(&database.store).await, ["next"]);
}

/// SQLite then undoes the whole transaction by itself, the neighbour's write included.
#[tokio::test]
async fn a_full_disk_undoes_the_group_and_nothing_that_was_acknowledged() {
    let database = Database::sqlite().await;
    write_note(&database.store, "acknowledged").await.unwrap();
    let mut group = Group::form(&database.store, "first").await;
    limit_pages(&mut group.second, "PRAGMA max_page_count = 1").await;
    note_at_length(&mut group.second, "too much", 1_000_000).await.unwrap_err();
    drop(group.second);
    assert!(matches!(group.first.await.unwrap(), Err(StoreError::Undone(_))));
    assert_eq!(noted(&database.store).await, ["acknowledged"]);
    let mut next = database.store.write().await.unwrap();
    limit_pages(&mut next, "PRAGMA max_page_count = 100000").await;
    note(&mut next, "next").await.unwrap();
    next.commit().await.unwrap();
    assert_eq!(noted(&database.store).await, ["acknowledged", "next"]);
}

async fn limit_pages(tx: &mut WriteTx, pragma: &'static str) {
    tx.fetch_one::<(i64,)>(Sql::both(pragma), args![]).await.unwrap();
}

#[tokio::test]
async fn another_process_that_writes_only_delays() {
    let database = Database::sqlite().await;
    let mut other = SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let store = database.store.clone();
    let mut waiting = tokio::spawn(async move { write_note(&store, "ours").await });
    timeout(Duration::from_millis(300), &mut waiting).await.expect_err("the other holds the file");
    sqlx::query("INSERT INTO settings (name, value) VALUES ('theirs', '')").execute(&mut other).await.unwrap();
    sqlx::query("COMMIT").execute(&mut other).await.unwrap();
    waiting.await.unwrap().unwrap();
    assert_eq!(noted(&database.store).await, ["ours", "theirs"]);
}

#[tokio::test]
async fn whoever_makes_way_hears_whether_another_process_wrote() {
    let database = Database::sqlite().await;
    let (ours, other) = (&database.store, database.open_again().await);
    assert!(!ours.make_way().await, "the other only opened the file");
    write_note(ours, "ours").await.unwrap();
    assert_eq!(noted(&other).await, ["ours"]);
    assert!(!ours.make_way().await, "only we wrote");
    write_note(&other, "theirs").await.unwrap();
    write_note(ours, "ours again").await.unwrap();
    assert!(ours.make_way().await, "the other wrote");
    assert!(!ours.make_way().await, "that was before the last time");
}

/// More than the log of a broker may have.
const MANY_BYTES: usize = 70 * 1024 * 1024;

#[tokio::test]
async fn whoever_makes_way_empties_a_log_that_others_kept_from_beginning_anew() {
    let database = Database::sqlite().await;
    let length = || log_length(&database);
    let other = database.open_again().await;
    let reading = reads_while_much_is_written(&other, &database.store).await;
    database.store.make_way().await;
    assert!(length() > u64::try_from(MANY_BYTES).unwrap(), "somebody reads what was there before");
    drop(reading);
    let emptying = async {
        // Whoever reads is gone a moment after it was said.
        while length() > 0 {
            database.store.make_way().await;
        }
    };
    timeout(Duration::from_secs(30), emptying).await.expect("nobody reads any more");
    write_note(&database.store, "after").await.unwrap();
    database.store.make_way().await;
    assert!(length() > 0, "a short log is left as it is");
    assert_eq!(noted(&other).await.len(), 11);
}

/// While they read, the log cannot begin anew.
async fn reads_while_much_is_written(reader: &Store, writer: &Store) -> Snapshot {
    let mut reading = reader.snapshot().await.unwrap();
    reading.fetch_one::<(i64,)>(Sql::both("SELECT COUNT(*) FROM settings"), args![]).await.unwrap();
    for part in 0..10 {
        let mut tx = writer.write().await.unwrap();
        note_at_length(&mut tx, &part.to_string(), MANY_BYTES / 10).await.unwrap();
        tx.commit().await.unwrap();
    }
    reading
}

fn log_length(database: &Database) -> u64 {
    std::fs::metadata(file(database, "-wal")).unwrap().len()
}

/// What `.cargo/config.toml` asks of it.
#[tokio::test]
async fn sqlite_is_built_without_a_lock_that_all_connections_share() {
    let database = Database::sqlite().await;
    let mut reader = database.store.read().await.unwrap();
    let options: Vec<(String,)> = reader.fetch_all(Sql::both("PRAGMA compile_options"), args![]).await.unwrap();
    let has = |name: &str| options.iter().any(|(option,)| option.starts_with(name));
    let has_more = has("ENABLE_MEMORY_MANAGEMENT") || has("ENABLE_API_ARMOR");
    assert!(has("THREADSAFE=1") && has("DEFAULT_MEMSTATUS=0") && !has_more, "{options:?}");
}

#[tokio::test]
async fn a_log_that_grew_is_cut_back_when_it_begins_anew() {
    let database = Database::sqlite().await;
    let other = database.open_again().await;
    drop(reads_while_much_is_written(&other, &database.store).await);
    assert!(log_length(&database) > u64::try_from(MANY_BYTES).unwrap());
    let cutting_back = async {
        // Whoever reads is gone a moment after it was said; the write after the one that found it so begins anew.
        for name in 0.. {
            write_note(&database.store, &format!("after {name}")).await.unwrap();
            if log_length(&database) < u64::try_from(MANY_BYTES).unwrap() {
                break;
            }
        }
    };
    timeout(Duration::from_secs(30), cutting_back).await.expect("nobody reads any more");
    assert!(noted(&other).await.len() > 10);
}

#[tokio::test]
async fn the_file_is_not_held_once_nobody_writes() {
    let database = Database::sqlite().await;
    drop(database.store.write().await.unwrap());
    write_note(&database.store, "ours").await.unwrap();
    let mut other = SqliteConnection::connect(&database.url).await.unwrap();
    sqlx::query("INSERT INTO settings (name, value) VALUES ('theirs', '')").execute(&mut other).await.unwrap();
    assert_eq!(noted(&database.store).await, ["ours", "theirs"]);
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let database = Database::sqlite().await;
    write_note(&database.store, "kept").await.unwrap();
    let mut reader = database.store.read().await.unwrap();
    let deleting = Sql::both("DELETE FROM settings RETURNING name");
    reader.fetch_all::<(String,)>(deleting, args![]).await.unwrap_err();
    assert_eq!(noted(&database.store).await, ["kept"]);
}

#[tokio::test]
async fn closing_leaves_everything_in_one_file() {
    let database = Database::sqlite().await;
    let group = Group::form(&database.store, "first").await;
    drop(group.second);
    database.store.close().await;
    group.first.await.unwrap().unwrap();
    assert!(!file(&database, "-wal").exists());
    let mut copy = SqliteConnection::connect(&database.url).await.unwrap();
    let names: Vec<String> = sqlx::query_scalar("SELECT name FROM settings").fetch_all(&mut copy).await.unwrap();
    assert_eq!(names, ["first"]);
    assert!(matches!(database.store.write().await, Err(StoreError::Unreachable(_))));
}

/// What stands in the file itself, and not only in the log beside it.
async fn noted_in_file(database: &Database) -> Vec<String> {
    let folder = tempfile::TempDir::new().unwrap();
    let alone = folder.path().join("alone.db");
    std::fs::copy(file(database, ""), &alone).unwrap();
    noted(&open(&format!("sqlite:{}", alone.display())).await).await
}

#[tokio::test]
async fn who_closes_a_file_that_others_use_folds_the_log_into_it() {
    let database = Database::sqlite().await;
    database.open_again().await.close().await;
    let other = database.open_again().await;
    write_note(&other, "a").await.unwrap();
    assert_eq!(noted_in_file(&database).await, Vec::<String>::new());
    other.close().await;
    assert_eq!(noted_in_file(&database).await, ["a"]);
}
