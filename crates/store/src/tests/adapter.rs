//! What every engine promises of reads and writes.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use super::engines::{READERS, for_each_database, for_each_engine, open, places};
use super::notes::{note, noted, noted_in, write_note};
use crate::db::{Ask, InsertMany, Sql, args};
use crate::{Load, Read, Store, StoreError, StoreSettings};

#[tokio::test]
async fn a_database_answers_a_ping() {
    for_each_engine(async |store| store.ping().await.unwrap()).await;
}

#[tokio::test]
async fn opening_again_finds_what_was_committed() {
    for_each_database(async |database| {
        write_note(&database.store, "kept").await.unwrap();
        database.store.close().await;
        assert_eq!(noted(&database.open_again().await).await, ["kept"]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_database_may_be_opened_by_several_at_once() {
    for _ in 0..5 {
        for place in places().await {
            let opening: Vec<_> = (0..3)
                .map(|_| {
                    let url = place.url();
                    tokio::spawn(async move { open(&url).await })
                })
                .collect();
            for (index, store) in opening.into_iter().enumerate() {
                write_note(&store.await.unwrap(), &format!("{index}")).await.unwrap();
            }
            assert_eq!(noted(&open(&place.url()).await).await, ["0", "1", "2"]);
        }
    }
}

#[tokio::test]
async fn a_url_of_another_engine_is_refused() {
    let settings = StoreSettings { url: "mysql://db".to_owned(), readers: 1, load: Load::Service };
    assert!(matches!(Store::open(&settings).await, Err(StoreError::UnknownEngine)));
}

#[tokio::test]
async fn a_place_that_cannot_be_reached_is_named() {
    for url in ["sqlite:/nowhere/at/all.db", "postgres://nobody@127.0.0.1:1/none"] {
        let settings = StoreSettings { url: url.to_owned(), readers: 1, load: Load::Service };
        assert!(matches!(Store::open(&settings).await, Err(StoreError::Unreachable(_))), "{url}");
    }
}

#[tokio::test]
async fn a_write_sees_itself_and_others_see_it_once_committed() {
    for_each_engine(async |store| {
        let mut tx = store.write().await.unwrap();
        note(&mut tx, "a").await.unwrap();
        assert_eq!(noted_in(&mut tx).await, ["a"]);
        assert_eq!(noted(store).await, Vec::<String>::new());
        tx.commit().await.unwrap();
        assert_eq!(noted(store).await, ["a"]);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_answers_everything_as_of_its_first_question() {
    for_each_engine(async |store| {
        write_note(store, "a").await.unwrap();
        let mut snapshot = store.snapshot().await.unwrap();
        assert_eq!(noted_in(&mut snapshot).await, ["a"]);
        write_note(store, "b").await.unwrap();
        assert_eq!(noted(store).await, ["a", "b"]);
        assert_eq!(noted_in(&mut snapshot).await, ["a"]);
        drop(snapshot);
        assert_eq!(noted_in(&mut store.snapshot().await.unwrap()).await, ["a", "b"]);
    })
    .await;
}

#[tokio::test]
async fn a_snapshot_cannot_write() {
    for_each_engine(async |store| {
        write_note(store, "kept").await.unwrap();
        let mut snapshot = store.snapshot().await.unwrap();
        let deleting = Sql::both("DELETE FROM settings RETURNING name");
        snapshot.fetch_all::<(String,)>(deleting, args![]).await.unwrap_err();
        assert_eq!(noted(store).await, ["kept"]);
    })
    .await;
}

#[tokio::test]
async fn a_dropped_write_changes_nothing_and_holds_up_nobody() {
    for_each_engine(async |store| {
        let mut tx = store.write().await.unwrap();
        note(&mut tx, "dropped").await.unwrap();
        drop(tx);
        write_note(store, "next").await.unwrap();
        assert_eq!(noted(store).await, ["next"]);
    })
    .await;
}

#[tokio::test]
async fn a_write_with_a_failed_statement_cannot_be_committed() {
    for_each_engine(async |store| {
        let mut tx = store.write().await.unwrap();
        note(&mut tx, "twice").await.unwrap();
        note(&mut tx, "twice").await.unwrap_err();
        note(&mut tx, "after it").await.unwrap_err();
        tx.commit().await.unwrap_err();
        assert_eq!(noted(store).await, Vec::<String>::new());
        write_note(store, "next").await.unwrap();
    })
    .await;
}

#[tokio::test]
async fn a_nul_character_is_refused_by_name() {
    for_each_engine(async |store| {
        let refused = write_note(store, "a\0b").await;
        assert!(matches!(refused, Err(StoreError::NulCharacter)), "{refused:?}");
        let mut db = store.read().await.unwrap();
        let asked =
            db.fetch_all::<(String,)>(Sql::both("SELECT name FROM settings WHERE name = $1"), args!["\0"]).await;
        assert!(matches!(asked, Err(StoreError::NulCharacter)), "{asked:?}");
        assert_eq!(noted(store).await, Vec::<String>::new());
    })
    .await;
}

/// On SQLite these rows are more than one statement takes, and the first of them is refused while it is made.
#[tokio::test]
async fn a_row_that_cannot_be_written_undoes_what_was_before_it() {
    const NOTES: InsertMany = InsertMany { into: "settings (name, value)", fixed: "", on_conflict: "" };
    for_each_engine(async |store| {
        let mut tx = store.write().await.unwrap();
        note(&mut tx, "before it").await.unwrap();
        let rows = (0..5_000).map(|number| args![number.to_string(), "\0"]).collect();
        let refused = tx.insert_many(&NOTES, rows).await.unwrap_err();
        assert!(matches!(refused, StoreError::NulCharacter), "{refused:?}");
        tx.commit().await.unwrap_err();
        assert_eq!(noted(store).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_writers_one_wins() {
    for_each_database(async |database| {
        let other = database.open_again().await;
        for round in 0..50 {
            write_note(&database.store, &format!("{round}")).await.unwrap();
            let one = tokio::spawn(take(database.store.clone(), round));
            let two = tokio::spawn(take(other.clone(), round));
            assert_ne!(one.await.unwrap(), two.await.unwrap(), "round {round}");
        }
    })
    .await;
}

/// Uses a row once, and says whether it was the first to do so.
async fn take(store: Store, round: u32) -> bool {
    let once = Sql::both("UPDATE settings SET value = 'taken' WHERE name = $1 AND value <> 'taken'");
    let mut tx = store.write().await.unwrap();
    let won = tx.execute(once, args![format!("{round}")]).await.unwrap() == 1;
    tx.commit().await.unwrap();
    won
}

/// The loser of a race drops its write and reads again: it must find what it lost to.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_dropped_write_saw_can_be_read_after_it() {
    for_each_engine(async |store| {
        for round in 0..50 {
            write_note(store, &format!("{round:02}")).await.unwrap();
            let racers: Vec<_> = (0..4).map(|_| tokio::spawn(take_or_look(store.clone(), round))).collect();
            for racer in racers {
                assert_eq!(racer.await.unwrap(), "taken", "round {round}");
            }
        }
    })
    .await;
}

/// Uses a row once, and answers how it reads afterwards.
async fn take_or_look(store: Store, round: u32) -> String {
    let once = Sql::both("UPDATE settings SET value = 'taken' WHERE name = $1 AND value <> 'taken'");
    let name = format!("{round:02}");
    let mut tx = store.write().await.unwrap();
    if tx.execute(once, args![&name]).await.unwrap() == 1 {
        tx.commit().await.unwrap();
    } else {
        drop(tx);
    }
    if round.is_multiple_of(2) {
        value_of(&mut store.read().await.unwrap(), &name).await
    } else {
        value_of(&mut store.snapshot().await.unwrap(), &name).await
    }
}

async fn value_of(db: &mut impl Read, name: &str) -> String {
    let value = Sql::both("SELECT value FROM settings WHERE name = $1");
    db.fetch_one::<(String,)>(value, args![name]).await.unwrap().0
}

/// Polls a future this many times and drops it.
async fn abandoned_after<F: Future>(polls: usize, future: F) {
    let mut future = pin!(future);
    let mut left = polls;
    poll_fn(|cx| {
        if left == 0 || future.as_mut().poll(cx).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        if left == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_goes_away_at_any_moment_harms_nobody() {
    for_each_engine(async |store| {
        for round in 0..60 {
            let neighbours: Vec<_> = (0..3)
                .map(|index| {
                    let (store, name) = (store.clone(), format!("{round} neighbour {index}"));
                    tokio::spawn(async move { write_note(&store, &name).await })
                })
                .collect();
            let abandoned = async {
                let mut tx = store.write().await.unwrap();
                note(&mut tx, &format!("{round} half")).await.unwrap();
                note(&mut tx, &format!("{round} other half")).await.unwrap();
                tx.commit().await.unwrap();
            };
            abandoned_after(round % 12, abandoned).await;
            for neighbour in neighbours {
                neighbour.await.unwrap().unwrap();
            }
            write_note(store, &format!("{round} next")).await.unwrap();
            let noted = noted(store).await;
            let count = |prefix: &str| noted.iter().filter(|name| name.starts_with(prefix)).count();
            assert_eq!(count(&format!("{round} neighbour")), 3);
            assert_eq!(count(&format!("{round} half")), count(&format!("{round} other")), "round {round}");
        }
    })
    .await;
}

/// An address may lead to a server that takes no writes any more, and lead elsewhere by the next time.
#[tokio::test]
async fn a_connection_to_a_server_that_takes_no_writes_is_given_up() {
    const TAKE_NO_WRITES: &str = "SET default_transaction_read_only = on";
    for_each_database(async |database| {
        if !database.is_postgres() {
            return;
        }
        // With one connection, the next write cannot but wait for what becomes of the one that was refused.
        let alone = StoreSettings { url: database.url.clone(), readers: 1, load: Load::Service };
        let store = &Store::open(&alone).await.unwrap();
        let mut tx = store.write().await.unwrap();
        tx.execute(Sql::both(TAKE_NO_WRITES), args![]).await.unwrap();
        tx.commit().await.unwrap();
        let refused = write_note(store, "refused").await;
        assert!(matches!(refused, Err(StoreError::Unreachable(_))), "{refused:?}");
        write_note(store, "taken").await.unwrap();
        assert_eq!(noted(store).await, ["taken"]);
    })
    .await;
}

/// Connections that the server has closed, as it does when it starts again, fail one caller each at the most.
#[tokio::test]
async fn a_server_that_hangs_up_is_called_again() {
    const HANGING_UP: &str = "SELECT COUNT(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity \
                              WHERE datname = current_database() AND pid <> pg_backend_pid()";
    for_each_database(async |database| {
        if !database.is_postgres() {
            return;
        }
        let store = &database.store;
        let (one, other) = (store.read().await.unwrap(), store.read().await.unwrap());
        drop((one, other));
        let mut elsewhere = database.open_again().await.read().await.unwrap();
        let hung_up = elsewhere.fetch_composed::<(i64,)>(HANGING_UP.to_owned(), args![]).await.unwrap()[0].0;
        assert!(hung_up >= 2, "{hung_up} connections were closed");
        let mut failed = 0;
        for _ in 0..10 {
            failed += i64::from(store.ping().await.is_err());
        }
        assert!(failed <= hung_up, "{failed} of 10 failed, where {hung_up} connections were closed");
        write_note(store, "afterwards").await.unwrap();
        assert_eq!(noted(store).await, ["afterwards"]);
    })
    .await;
}

/// Much more than any engine counts to in the time.
const ENDLESS: &str = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) \
                       SELECT COUNT(*) FROM n";

#[tokio::test]
async fn ad_08_a_question_is_given_up_when_its_time_is_over() {
    const LIMIT: Sql = Sql { sqlite: "SELECT '0'", postgres: "SELECT current_setting('statement_timeout')" };
    let long = "WITH RECURSIVE n (i) AS (SELECT CAST(1 AS BIGINT) UNION ALL SELECT i + 1 FROM n WHERE i < 100000) \
                SELECT COUNT(*) FROM n";
    for_each_engine(async |store| {
        for _ in 0..2 {
            let mut watched = store.snapshot_within(Duration::from_millis(50)).await.unwrap();
            let refused = watched.fetch_composed::<(i64,)>(ENDLESS.to_owned(), args![]).await;
            assert!(matches!(refused, Err(StoreError::OutOfTime)), "{refused:?}");
        }
        // Whoever is given the connection next has all the time, whichever of them it is.
        let mut readers = Vec::new();
        for _ in 0..READERS {
            readers.push(store.read().await.unwrap());
        }
        for reader in &mut readers {
            assert_eq!(reader.fetch_one::<(String,)>(LIMIT, args![]).await.unwrap().0, "0");
            assert_eq!(reader.fetch_composed::<(i64,)>(long.to_owned(), args![]).await.unwrap(), [(100_000,)]);
        }
    })
    .await;
}

#[tokio::test]
async fn ad_08_a_question_of_somebody_who_has_gone_is_given_up_in_its_time_too() {
    for_each_engine(async |store| {
        for _ in 0..READERS {
            let mut watched = store.snapshot_within(Duration::from_millis(50)).await.unwrap();
            let mut asking = pin!(watched.fetch_composed::<(i64,)>(ENDLESS.to_owned(), args![]));
            let is_answered = poll_fn(|cx| Poll::Ready(asking.as_mut().poll(cx).is_ready())).await;
            assert!(!is_answered);
        }
        // There would be no reader before the end of what has none.
        store.ping().await.unwrap();
    })
    .await;
}
