//! Whether requests are under way on a connection.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Instant, sleep_until};

/// Counts the requests of one connection.
#[derive(Clone, Default)]
pub(super) struct Activity(Arc<Mutex<Count>>);

#[derive(Clone, Copy, Default)]
struct Count {
    under_way: usize,
    has_begun: bool,
    /// When the last answer was handed over.
    ended_at: Option<Instant>,
}

/// One request, until the last byte of its answer was handed over.
pub(super) struct UnderWay(Activity);

impl Count {
    fn idle_since(self, began: Instant, now: Instant) -> Instant {
        if self.under_way > 0 { now } else { self.ended_at.map_or(began, |ended| ended.max(began)) }
    }
}

impl Activity {
    pub(super) fn begin(&self) -> UnderWay {
        let mut count = self.count();
        count.under_way += 1;
        count.has_begun = true;
        UnderWay(self.clone())
    }

    /// Returns once nothing has been under way for too long: for `first` until the first request, then for `idle`.
    ///
    /// Requests wake nobody here: it is enough to look when the time would be over without them.
    pub(super) async fn wait_until_idle(&self, first: Duration, idle: Duration) {
        let began = Instant::now();
        loop {
            let (now, count) = (Instant::now(), *self.count());
            let over = count.idle_since(began, now) + if count.has_begun { idle } else { first };
            if over <= now {
                return;
            }
            sleep_until(over.min(now + idle)).await;
        }
    }

    fn count(&self) -> MutexGuard<'_, Count> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        let mut count = self.0.count();
        count.under_way -= 1;
        count.ended_at = Some(Instant::now());
    }
}

/// The body of an answer; its request is under way until the body is gone.
pub(super) struct AnswerBody {
    body: Body,
    _request: UnderWay,
}

impl AnswerBody {
    pub(super) fn new(body: Body, request: UnderWay) -> Self {
        AnswerBody { body, _request: request }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::time::timeout;

    use super::*;

    const FIRST: Duration = Duration::from_secs(15);
    const IDLE: Duration = Duration::from_secs(75);

    #[tokio::test(start_paused = true)]
    async fn a_peer_that_asks_nothing_is_given_up_early() {
        let started = Instant::now();
        Activity::default().wait_until_idle(FIRST, IDLE).await;
        assert_eq!(started.elapsed(), FIRST);
    }

    #[tokio::test(start_paused = true)]
    async fn idleness_is_counted_from_the_end_of_the_last_answer() {
        let activity = Activity::default();
        let mut idle = pin!(activity.wait_until_idle(FIRST, IDLE));
        let (first, second) = (activity.begin(), activity.begin());
        drop(first);
        assert!(timeout(IDLE * 10 + FIRST / 2, &mut idle).await.is_err(), "a request was under way");
        drop(second);
        let answered = Instant::now();
        idle.await;
        assert_eq!(answered.elapsed(), IDLE);
    }
}
