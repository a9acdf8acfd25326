//! A document of a peer that is fetched when it is needed, and kept while no better one is to be had.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;

use crate::answer::{Setback, UnavailableReason};
use crate::gate::Stopwatch;

/// After an attempt, successful or not, the next one waits this long while there is a copy: tokens with made-up key
/// ids cost the peer no more than that.
pub(crate) const PAUSE: Duration = Duration::from_secs(10);

/// A document, with what is needed to replace it. While somebody fetches it, the others use the copy there is, and
/// wait where there is none.
#[derive(Debug)]
pub(crate) struct Kept<T> {
    state: Mutex<State<T>>,
    fetching: tokio::sync::Mutex<()>,
}

#[derive(Debug)]
struct State<T> {
    copy: Option<(Arc<T>, Timestamp)>,
    last_attempt: Option<(Timestamp, Option<Setback>)>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Kept { state: Mutex::new(State { copy: None, last_attempt: None }), fetching: tokio::sync::Mutex::default() }
    }
}

/// The best copy there is, with why there is no better one.
#[derive(Debug)]
pub(crate) struct BestCopy<T> {
    pub(crate) document: Arc<T>,
    /// How the last attempt to replace it failed, where the copy is older than was wanted.
    pub(crate) setback: Option<Setback>,
}

impl<T> Kept<T> {
    /// A copy of at most this age, or an older one where none is to be had. An error means that there never was one.
    pub(crate) async fn get(
        &self,
        watch: Stopwatch,
        age: Duration,
        fetch: impl Future<Output = Result<T, Setback>>,
    ) -> Result<BestCopy<T>, Setback> {
        if let Some(copy) = self.usable(watch.now(), age) {
            return Ok(copy);
        }
        let _fetching = match self.fetching.try_lock() {
            Ok(guard) => guard,
            Err(_) => match self.any() {
                Some(copy) => return Ok(copy),
                None => self.fetching.lock().await,
            },
        };
        if let Some(copy) = self.usable(watch.now(), age) {
            return Ok(copy);
        }
        self.fetch(watch, fetch).await
    }

    /// A copy that is young enough, or with which there is reason to be content for now.
    fn usable(&self, now: Timestamp, age: Duration) -> Option<BestCopy<T>> {
        let state = self.state();
        let (document, fetched_at) = state.copy.as_ref()?;
        let document = Arc::clone(document);
        if is_within(*fetched_at, now, age) {
            return Some(BestCopy { document, setback: None });
        }
        let (attempted_at, setback) = state.last_attempt?;
        is_within(attempted_at, now, PAUSE).then_some(BestCopy { document, setback })
    }

    fn any(&self) -> Option<BestCopy<T>> {
        let state = self.state();
        let (document, _) = state.copy.as_ref()?;
        Some(BestCopy { document: Arc::clone(document), setback: state.last_attempt.and_then(|(_, setback)| setback) })
    }

    async fn fetch(
        &self,
        watch: Stopwatch,
        fetch: impl Future<Output = Result<T, Setback>>,
    ) -> Result<BestCopy<T>, Setback> {
        // Noted before, because whoever runs out of time is dropped and notes nothing afterwards.
        let out_of_time = Setback::Unavailable(UnavailableReason::Timeout);
        self.state().last_attempt = Some((watch.now(), Some(out_of_time)));
        let outcome = fetch.await;
        let mut state = self.state();
        state.last_attempt = Some((watch.now(), outcome.as_ref().err().copied()));
        match outcome {
            Ok(document) => {
                let document = Arc::new(document);
                state.copy = Some((Arc::clone(&document), watch.now()));
                Ok(BestCopy { document, setback: None })
            }
            Err(setback) => {
                let (document, _) = state.copy.as_ref().ok_or(setback)?;
                Ok(BestCopy { document: Arc::clone(document), setback: Some(setback) })
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Also over when the clock was set back by more than that.
fn is_within(since: Timestamp, now: Timestamp, length: Duration) -> bool {
    now.distance(since) < length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::UnavailableReason::{Status, Unreachable};

    const AGE: Duration = Duration::from_mins(1);

    /// What a look at this second brings, where a fetch would bring that.
    async fn look(kept: &Kept<u8>, second: i64, fetched: Result<u8, UnavailableReason>) -> (Option<u8>, bool, bool) {
        let mut asked = false;
        let fetch = async {
            asked = true;
            fetched.map_err(Setback::from)
        };
        let watch = Stopwatch::start(Timestamp::from_millis(second * 1000));
        let copy = kept.get(watch, AGE, fetch).await.ok();
        let is_whole = copy.as_ref().is_some_and(|copy| copy.setback.is_none());
        (copy.map(|copy| *copy.document), is_whole, asked)
    }

    #[tokio::test]
    async fn a_copy_is_used_while_it_is_young_and_replaced_when_it_is_old() {
        let kept = Kept::default();
        assert_eq!(look(&kept, 0, Ok(1)).await, (Some(1), true, true));
        assert_eq!(look(&kept, 59, Ok(2)).await, (Some(1), true, false));
        assert_eq!(look(&kept, 61, Ok(3)).await, (Some(3), true, true));
    }

    #[tokio::test]
    async fn an_old_copy_is_better_than_none_and_is_not_replaced_in_a_rush() {
        let kept = Kept::default();
        look(&kept, 0, Ok(1)).await;
        assert_eq!(look(&kept, 70, Err(Status(500))).await, (Some(1), false, true));
        assert_eq!(look(&kept, 75, Ok(2)).await, (Some(1), false, false));
        assert_eq!(look(&kept, 81, Ok(3)).await, (Some(3), true, true));
    }

    #[tokio::test]
    async fn without_a_copy_every_look_tries() {
        let kept = Kept::default();
        assert_eq!(look(&kept, 0, Err(Unreachable)).await, (None, false, true));
        assert_eq!(look(&kept, 1, Err(Unreachable)).await, (None, false, true));
        assert_eq!(look(&kept, 2, Ok(1)).await, (Some(1), true, true));
    }

    #[tokio::test]
    async fn whoever_is_dropped_while_fetching_leaves_a_trace() {
        let kept = Kept::default();
        look(&kept, 0, Ok(1)).await;
        let watch = Stopwatch::start(Timestamp::from_millis(70_000));
        let endless = kept.get(watch, AGE, std::future::pending());
        tokio::select! {
            biased;
            _ = endless => panic!("it never ends"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(look(&kept, 75, Ok(2)).await, (Some(1), false, false));
    }
}
