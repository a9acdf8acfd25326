//! Somebody who does something at the moment in which a call is about it.

use std::pin::pin;

use sqlx::{Connection, PgConnection, SqliteConnection};

/// How many connections to this database wait for a lock that another holds.
const WAITING: &str =
    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// See [`App::while_deleting`](crate::App::while_deleting).
pub(crate) async fn delete<T>(url: &str, delete: &'static str, call: impl Future<Output = T>) -> T {
    if url.starts_with("sqlite:") {
        delete_on_sqlite(url, delete).await;
        return call.await;
    }
    let mut deleter = connect(url).await;
    sqlx::raw_sql("BEGIN").execute(&mut deleter).await.expect("a transaction begins");
    sqlx::raw_sql(delete).execute(&mut deleter).await.expect("a row can be deleted");
    let mut call = pin!(call);
    tokio::select! {
        answer = &mut call => answer,
        () = commit_once_awaited(url, deleter) => call.await,
    }
}

/// See [`App::amid`](crate::App::amid).
pub(crate) async fn amid<A, B>(
    url: &str,
    lock: &'static str,
    call: impl Future<Output = A>,
    other: impl Future<Output = B>,
) -> (A, B) {
    if url.starts_with("sqlite:") {
        return (call.await, other.await);
    }
    let mut holder = connect(url).await;
    sqlx::raw_sql("BEGIN").execute(&mut holder).await.expect("a transaction begins");
    sqlx::raw_sql(lock).execute(&mut holder).await.expect("what is there can be locked");
    let other = async {
        until_waiting(url, 1).await;
        other.await
    };
    let letting_go = async {
        until_waiting(url, 2).await;
        sqlx::raw_sql("COMMIT").execute(&mut holder).await.expect("nothing was changed");
    };
    let (answer, answer_to_other, ()) = tokio::join!(call, other, letting_go);
    (answer, answer_to_other)
}

/// See [`App::in_a_ring`](crate::App::in_a_ring).
pub(crate) async fn in_a_ring<T>(url: &str, [held, wanted]: [&'static str; 2], call: impl Future<Output = T>) -> T {
    if url.starts_with("sqlite:") {
        return call.await;
    }
    let mut holder = connect(url).await;
    // Whoever looks first whether it waits for itself is ended.
    for statement in ["BEGIN", "SET LOCAL deadlock_timeout = '1h'", held] {
        sqlx::raw_sql(statement).execute(&mut holder).await.expect("what is there can be locked");
    }
    let closing_the_ring = async {
        until_waiting(url, 1).await;
        for statement in [wanted, "COMMIT"] {
            sqlx::raw_sql(statement).execute(&mut holder).await.expect("the call gives way");
        }
    };
    tokio::join!(call, closing_the_ring).0
}

async fn delete_on_sqlite(url: &str, delete: &'static str) {
    let mut connection = SqliteConnection::connect(url).await.expect("the test's database opens");
    sqlx::raw_sql(delete).execute(&mut connection).await.expect("a row can be deleted");
    connection.close().await.expect("the file closes");
}

async fn connect(url: &str) -> PgConnection {
    PgConnection::connect(url).await.expect("the test's database opens")
}

async fn until_waiting(url: &str, wanted: i64) {
    let mut watcher = connect(url).await;
    let mut waiting = 0;
    while waiting < wanted {
        waiting = sqlx::query_scalar(WAITING).fetch_one(&mut watcher).await.expect("the server tells who waits");
    }
}

async fn commit_once_awaited(url: &str, mut deleter: PgConnection) {
    until_waiting(url, 1).await;
    sqlx::raw_sql("COMMIT").execute(&mut deleter).await.expect("what is deleted is gone");
}
