//! Connections that are lent, so many at a time.
//!
//! A pool of sqlx's has each of them prove that it is still there when it comes back, and that takes as long as most
//! questions do. Whoever was answered to the end gives back a connection that is there.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{self, Duration};

use sqlx::SqlStr;
use tokio::runtime::Handle;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout};

use super::StoreError;

/// Where connections come from, and what else an engine has of its own about them.
pub(super) trait Source: Send + Sync + 'static {
    type Connection: Send + 'static;

    /// How long whoever wants a connection may wait for one.
    const PATIENCE: Duration;
    /// For how long a connection that has answered is believed to be there.
    const FRESH: Duration;

    fn open(&self) -> impl Future<Output = Result<Self::Connection, sqlx::Error>> + Send;

    /// Whether a connection has served for as long as it may, and is not kept.
    fn is_over(connection: &Self::Connection) -> bool;

    /// Whether a connection is still there.
    fn is_there(connection: &mut Self::Connection) -> impl Future<Output = bool> + Send;

    fn run(connection: &mut Self::Connection, sql: SqlStr) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Ends what was left, so that somebody else can ask something.
    fn tidy(connection: &mut Self::Connection, left: Left) -> impl Future<Output = Result<(), sqlx::Error>> + Send;

    /// Closes a connection that is good for nothing.
    fn part_with(connection: Self::Connection);
}

pub(super) struct Lender<S: Source> {
    source: S,
    most: u32,
    /// One for each connection there may be: whoever has one finds a connection at hand, or room for another, if not at
    /// once.
    places: Arc<Semaphore>,
    /// The one that was used last lies on top.
    at_hand: Mutex<Vec<Kept<S::Connection>>>,
    runtime: Handle,
}

/// A connection that nobody uses.
struct Kept<C> {
    connection: C,
    answered_at: Instant,
}

/// A connection in use.
pub(super) struct Lent<S: Source> {
    /// `None` once it is on its way back.
    connection: Option<S::Connection>,
    left: Option<Left>,
    answered_at: Instant,
    is_useless: bool,
    /// Until when questions may take, for whoever watches the connection while this is there.
    deadline: Option<Arc<time::Instant>>,
    home: Arc<Lender<S>>,
    /// Given up last, so that whoever waits for it finds the connection.
    place: Option<OwnedSemaphorePermit>,
}

/// What is still under way on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// A question whose answer has not been read to its end.
    Question,
    Transaction,
}

impl<C> Kept<C> {
    /// One that has just answered.
    fn new(connection: C) -> Self {
        Kept { connection, answered_at: Instant::now() }
    }
}

impl<S: Source> Lender<S> {
    /// Opens one connection, to see that it can be done.
    pub(super) async fn open(source: S, most: u32) -> Result<Arc<Self>, sqlx::Error> {
        let first = Kept::new(source.open().await?);
        let places = usize::try_from(most).expect("a usize has 32 bits at least");
        Ok(Arc::new(Lender {
            source,
            most,
            places: Arc::new(Semaphore::new(places)),
            at_hand: Mutex::new(vec![first]),
            runtime: Handle::current(),
        }))
    }

    pub(super) async fn lend(self: &Arc<Self>) -> Result<Lent<S>, sqlx::Error> {
        timeout(S::PATIENCE, self.lend_in_time()).await.map_err(|_| sqlx::Error::PoolTimedOut)?
    }

    async fn lend_in_time(self: &Arc<Self>) -> Result<Lent<S>, sqlx::Error> {
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| sqlx::Error::PoolClosed)?;
        let Kept { connection, answered_at } = match self.one_at_hand().await {
            Some(kept) => kept,
            None => Kept::new(self.source.open().await?),
        };
        Ok(Lent {
            connection: Some(connection),
            left: None,
            answered_at,
            is_useless: false,
            deadline: None,
            home: Arc::clone(self),
            place: Some(place),
        })
    }

    async fn one_at_hand(&self) -> Option<Kept<S::Connection>> {
        let mut kept = self.at_hand().pop()?;
        if kept.answered_at.elapsed() < S::FRESH {
            return Some(kept);
        }
        if S::is_there(&mut kept.connection).await {
            return Some(Kept::new(kept.connection));
        }
        S::part_with(kept.connection);
        // Most others have been silent for longer. To ask one after the other would take more time than there is.
        drop(self.take_all());
        None
    }

    /// Waits for those in use, and lends no more. Those at hand are the caller's to close.
    pub(super) async fn close(&self) -> Vec<S::Connection> {
        // An error says that they are closed already.
        let Ok(_all) = self.places.acquire_many(self.most).await else { return Vec::new() };
        self.stop()
    }

    /// Lends no more, and keeps none of those that are in use. Those at hand are the caller's to close.
    pub(super) fn stop(&self) -> Vec<S::Connection> {
        self.places.close();
        self.take_all()
    }

    fn take_all(&self) -> Vec<S::Connection> {
        mem::take(&mut *self.at_hand()).into_iter().map(|kept| kept.connection).collect()
    }

    /// How many there may be.
    pub(super) fn most(&self) -> u32 {
        self.most
    }

    /// The source, for what is not lent.
    pub(super) fn source(&self) -> &S {
        &self.source
    }

    fn keep(&self, kept: Kept<S::Connection>) {
        let mut at_hand = self.at_hand();
        // It lies at the bottom for as long as those above it are enough.
        if at_hand.first().is_some_and(|longest| S::is_over(&longest.connection)) {
            at_hand.remove(0);
        }
        if !S::is_over(&kept.connection) && !self.places.is_closed() {
            at_hand.push(kept);
        }
    }

    fn at_hand(&self) -> MutexGuard<'_, Vec<Kept<S::Connection>>> {
        self.at_hand.lock().expect("nothing panics while it holds the lock")
    }
}

impl<S: Source> Drop for Lender<S> {
    /// Connections of a pool of sqlx's start a task when they are dropped, wherever that is.
    fn drop(&mut self) {
        let _runtime = self.runtime.enter();
        self.at_hand().clear();
    }
}

impl<S: Source> Lent<S> {
    /// The connection, to ask something.
    pub(super) fn connection(&mut self) -> &mut S::Connection {
        self.left.get_or_insert(Left::Question);
        self.connection.as_mut().expect("it goes back when this is dropped")
    }

    /// What was asked has been answered, to the end.
    pub(super) fn settle(&mut self) {
        self.left.take_if(|left| *left == Left::Question);
        self.answered_at = Instant::now();
    }

    /// A statement failed. Where that tells of the database itself, a connection made anew may lead elsewhere: a standby
    /// that an old address led to answers everything, and takes no write.
    pub(super) fn fail(&mut self, error: &StoreError) {
        self.is_useless |= matches!(error, StoreError::Unreachable(_));
    }

    /// Keeps a deadline until nothing is under way on the connection any more: whoever is dropped in the middle of a
    /// question leaves it to go on until then.
    pub(super) fn watch_with(&mut self, deadline: Arc<time::Instant>) {
        self.deadline = Some(deadline);
    }

    /// Begins a transaction, which is undone when this is dropped.
    pub(super) async fn begin(&mut self, sql: SqlStr) -> Result<(), sqlx::Error> {
        self.left = Some(Left::Transaction);
        S::run(self.connection(), sql).await
    }

    /// Commits the transaction.
    pub(super) async fn commit(mut self) -> Result<(), sqlx::Error> {
        S::run(self.connection(), SqlStr::from_static("COMMIT")).await?;
        (self.left, self.answered_at) = (None, Instant::now());
        Ok(())
    }
}

impl<S: Source> Drop for Lent<S> {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.take() else { return };
        let (place, home, deadline) = (self.place.take(), Arc::clone(&self.home), self.deadline.take());
        let _runtime = self.home.runtime.enter();
        if self.is_useless {
            return S::part_with(connection);
        }
        let Some(left) = self.left else { return home.keep(Kept { connection, answered_at: self.answered_at }) };
        tokio::spawn(async move {
            let tidied = S::tidy(&mut connection, left).await;
            drop(deadline);
            match tidied {
                Ok(()) => home.keep(Kept::new(connection)),
                Err(_) => S::part_with(connection),
            }
            drop(place);
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::{Future, poll_fn};
    use std::pin::{Pin, pin};
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
    use std::task::Poll;

    use sqlx::sqlite::SqliteConnectOptions;
    use tempfile::TempDir;

    use super::*;
    use crate::db::sqlite::File;

    /// A server that may fall silent. Its connections are copies of it.
    #[derive(Clone, Default)]
    struct Server {
        asked: Arc<AtomicU32>,
        is_silent: Arc<AtomicBool>,
        is_over: Arc<AtomicBool>,
    }

    impl Source for Server {
        type Connection = Server;

        const PATIENCE: Duration = Duration::from_secs(5);
        const FRESH: Duration = Duration::ZERO;

        async fn open(&self) -> Result<Server, sqlx::Error> {
            Ok(self.clone())
        }

        fn is_over(connection: &Server) -> bool {
            connection.is_over.load(Ordering::Relaxed)
        }

        async fn is_there(connection: &mut Server) -> bool {
            connection.asked.fetch_add(1, Ordering::Relaxed);
            !connection.is_silent.load(Ordering::Relaxed)
        }

        async fn run(_: &mut Server, _: SqlStr) -> Result<(), sqlx::Error> {
            Ok(())
        }

        async fn tidy(_: &mut Server, _: Left) -> Result<(), sqlx::Error> {
            Ok(())
        }

        fn part_with(_: Server) {}
    }

    /// Three connections were in use at once.
    async fn three_at_hand(server: &Server) -> Arc<Lender<Server>> {
        let lender = Lender::open(server.clone(), 3).await.unwrap();
        let all = (lender.lend().await.unwrap(), lender.lend().await.unwrap(), lender.lend().await.unwrap());
        drop(all);
        assert_eq!(lender.at_hand().len(), 3);
        server.asked.store(0, Ordering::Relaxed);
        lender
    }

    #[tokio::test]
    async fn of_several_silent_connections_one_is_asked() {
        let server = Server::default();
        let lender = three_at_hand(&server).await;
        server.is_silent.store(true, Ordering::Relaxed);
        lender.lend().await.unwrap();
        assert_eq!(server.asked.load(Ordering::Relaxed), 1);
        assert_eq!(lender.at_hand().len(), 1);
    }

    #[tokio::test]
    async fn no_connection_is_kept_for_longer_than_it_may_serve() {
        let server = Server::default();
        let lender = three_at_hand(&server).await;
        let last = lender.lend().await.unwrap();
        server.is_over.store(true, Ordering::Relaxed);
        drop(last);
        assert_eq!(lender.at_hand().len(), 1, "the one that was lent, and the one at the bottom");
    }

    #[tokio::test]
    async fn what_is_given_back_after_the_end_is_not_kept() {
        let lender = three_at_hand(&Server::default()).await;
        let lent = lender.lend().await.unwrap();
        assert_eq!(lender.stop().len(), 2);
        drop(lent);
        assert_eq!(lender.at_hand().len(), 0);
        assert!(matches!(lender.lend().await, Err(sqlx::Error::PoolClosed)));
    }

    async fn one_reader() -> (TempDir, Arc<Lender<File>>) {
        let folder = TempDir::new().unwrap();
        let options = SqliteConnectOptions::new().filename(folder.path().join("test.db")).create_if_missing(true);
        (folder, Lender::open(File(options), 1).await.unwrap())
    }

    /// Whether it has come to its end after a first look.
    async fn is_ready<T>(mut future: Pin<&mut impl Future<Output = T>>) -> bool {
        poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
    }

    async fn answer(readers: &Arc<Lender<File>>) -> i64 {
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
            readers.lend().await.unwrap().begin(SqlStr::from_static("BEGIN")).await.unwrap();
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
