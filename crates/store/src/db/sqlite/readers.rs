//! Connections that only read.
//!
//! A pool of sqlx's would have each of them prove that it is still there, before it is lent and when it comes back, and
//! either proof takes as long as most questions do. A file does not hang up.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// How long whoever reads may wait for a connection.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Readers {
    options: SqliteConnectOptions,
    most: u32,
    /// One for each connection there may be: whoever has one finds a connection at hand, or room for another.
    places: Arc<Semaphore>,
    /// The one that was used last lies on top.
    at_hand: Mutex<Vec<SqliteConnection>>,
    runtime: Handle,
}

/// A connection in use.
pub(in crate::db) struct Lent {
    /// `None` once it is on its way back.
    connection: Option<SqliteConnection>,
    left: Left,
    home: Arc<Readers>,
    /// Given up last, so that whoever waits for it finds the connection.
    place: Option<OwnedSemaphorePermit>,
}

/// What is still under way on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    Nothing,
    /// A question whose answer has not been read to its end.
    Question,
    Transaction,
}

impl Readers {
    /// Opens one connection, to see that it can be done.
    pub(super) async fn open(options: SqliteConnectOptions, most: u32) -> Result<Arc<Self>, sqlx::Error> {
        let first = SqliteConnection::connect_with(&options).await?;
        let places = usize::try_from(most).expect("a usize has 32 bits at least");
        Ok(Arc::new(Readers {
            options,
            most,
            places: Arc::new(Semaphore::new(places)),
            at_hand: Mutex::new(vec![first]),
            runtime: Handle::current(),
        }))
    }

    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent, sqlx::Error> {
        let place = timeout(PATIENCE, Arc::clone(&self.places).acquire_owned());
        let place = place.await.map_err(|_| sqlx::Error::PoolTimedOut)?.map_err(|_| sqlx::Error::PoolClosed)?;
        let at_hand = self.at_hand().pop();
        let connection = match at_hand {
            Some(connection) => connection,
            None => SqliteConnection::connect_with(&self.options).await?,
        };
        Ok(Lent { connection: Some(connection), left: Left::Nothing, home: Arc::clone(self), place: Some(place) })
    }

    /// Waits for those in use, and lends no more.
    pub(super) async fn close(&self) {
        // An error says that they are closed already.
        let Ok(_all) = self.places.acquire_many(self.most).await else { return };
        self.places.close();
        let connections = mem::take(&mut *self.at_hand());
        for connection in connections {
            // Nothing was written with it.
            let _ = connection.close().await;
        }
    }

    fn at_hand(&self) -> MutexGuard<'_, Vec<SqliteConnection>> {
        self.at_hand.lock().expect("nothing panics while it holds the lock")
    }
}

impl Lent {
    /// The connection, to ask something.
    pub(in crate::db) fn connection(&mut self) -> &mut SqliteConnection {
        if self.left == Left::Nothing {
            self.left = Left::Question;
        }
        self.connection.as_mut().expect("it goes back when this is dropped")
    }

    /// What was asked has been answered, to the end.
    pub(in crate::db) fn settle(&mut self) {
        if self.left == Left::Question {
            self.left = Left::Nothing;
        }
    }

    /// Begins a transaction, which ends when this is dropped.
    pub(super) async fn begin(&mut self) -> Result<(), sqlx::Error> {
        self.left = Left::Transaction;
        sqlx::query("BEGIN").execute(self.connection()).await.map(drop)
    }
}

impl Left {
    async fn tidied(self, mut connection: SqliteConnection) -> Option<SqliteConnection> {
        let tidied = match self {
            Left::Nothing => Ok(()),
            Left::Question => connection.ping().await,
            // It fails where the transaction was not begun.
            Left::Transaction => sqlx::query("ROLLBACK").execute(&mut connection).await.map(drop),
        };
        tidied.is_ok().then_some(connection)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        let (left, place, home) = (self.left, self.place.take(), Arc::clone(&self.home));
        if left == Left::Nothing {
            home.at_hand().push(connection);
            return;
        }
        self.home.runtime.spawn(async move {
            if let Some(connection) = left.tidied(connection).await {
                home.at_hand().push(connection);
            }
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::Poll;

    use tempfile::TempDir;

    use super::*;

    async fn one_reader() -> (TempDir, Arc<Readers>) {
        let folder = TempDir::new().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("test.db")).create_if_missing(true);
        (folder, Readers::open(options, 1).await.unwrap())
    }

    /// Whether it has come to its end after a first look.
    async fn is_ready<T>(mut future: Pin<&mut impl Future<Output = T>>) -> bool {
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
    }

    async fn answer(readers: &Arc<Readers>) -> i64 {
        let mut lent = readers.lend().await.unwrap();
        let answer = sqlx::query_scalar("SELECT 42").fetch_one(lent.connection()).await.unwrap();
        lent.settle();
        answer
    }

    #[tokio::test]
    async fn a_question_that_was_given_up_is_no_matter_to_the_next() {
        let (_folder, readers) = one_reader().await;
        let mut lent = readers.lend().await.unwrap();
        let many = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 10000) SELECT i FROM n";
        {
            let asking = pin!(sqlx::query(many).fetch_all(lent.connection()));
            assert!(!is_ready(asking).await);
        }
        drop(lent);
        assert_eq!(answer(&readers).await, 42);
        assert_eq!(readers.at_hand().len(), 1);
    }

    #[tokio::test]
    async fn a_transaction_ends_when_it_is_dropped() {
        let (_folder, readers) = one_reader().await;
        for _ in 0..2 {
            // SQLite refuses to begin a second one within the first.
            readers.lend().await.unwrap().begin().await.unwrap();
        }
        assert_eq!(answer(&readers).await, 42);
    }

    #[tokio::test]
    async fn no_more_are_lent_than_there_may_be() {
        let (_folder, readers) = one_reader().await;
        let lent = readers.lend().await.unwrap();
        let mut next = pin!(readers.lend());
        assert!(!is_ready(next.as_mut()).await);
        drop(lent);
        next.await.unwrap();
    }

    #[tokio::test]
    async fn closing_waits_for_those_in_use_and_none_is_lent_afterwards() {
        let (_folder, readers) = one_reader().await;
        let lent = readers.lend().await.unwrap();
        let mut closing = pin!(readers.close());
        assert!(!is_ready(closing.as_mut()).await);
        drop(lent);
        closing.await;
        assert!(matches!(readers.lend().await, Err(sqlx::Error::PoolClosed)));
        readers.close().await;
    }
}
