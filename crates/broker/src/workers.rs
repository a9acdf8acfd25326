//! What the process does by itself, at intervals.

use std::error::Error;
use std::time::Duration;

use tokio::time::{Instant, MissedTickBehavior, interval_at};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// The running workers. Dropping this leaves them running; [`Workers::stop`] ends them.
#[derive(Default)]
pub struct Workers {
    stop: CancellationToken,
    running: TaskTracker,
}

impl Workers {
    /// Does `work` every `period`, the first time after one. What takes longer than a period delays the next turn, and
    /// what fails or panics is logged and tried again at the next.
    pub fn every<W, F, E>(&self, name: &'static str, period: Duration, mut work: W)
    where
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.running.spawn(async move {
            let mut turns = interval_at(Instant::now() + period, period);
            turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while stop.run_until_cancelled(turns.tick()).await.is_some() {
                // A task of its own, so that a panic ends this turn and not the worker.
                report(name, tokio::spawn(work()).await.map_err(Into::into).and_then(|done| done.map_err(Into::into)));
            }
        });
    }

    /// The same `count` times side by side, so that a turn which takes long holds up none of the others.
    pub fn side_by_side<W, F, E>(&self, count: usize, name: &'static str, period: Duration, work: W)
    where
        W: FnMut() -> F + Clone + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        for _ in 0..count {
            self.every(name, period, work.clone());
        }
    }

    /// Does `work` each time `occasion` comes. What fails or panics is logged and tried again at the next.
    pub fn whenever<O, C, W, F, E>(&self, name: &'static str, mut occasion: O, mut work: W)
    where
        O: FnMut() -> C + Send + 'static,
        C: Future<Output = ()> + Send + 'static,
        W: FnMut() -> F + Send + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        let stop = self.stop.clone();
        self.running.spawn(async move {
            while stop.run_until_cancelled(occasion()).await.is_some() {
                report(name, tokio::spawn(work()).await.map_err(Into::into).and_then(|done| done.map_err(Into::into)));
            }
        });
    }

    /// Begins no further turn, and waits for those that run.
    pub async fn stop(self) {
        self.stop.cancel();
        self.running.close();
        self.running.wait().await;
    }
}

fn report(name: &str, outcome: Result<(), Box<dyn Error + Send + Sync>>) {
    if let Err(error) = outcome {
        metrics::counter!("landbridge_worker_failures_total", "worker" => name.to_owned()).increment(1);
        tracing::error!(worker = name, error = &*error as &dyn Error, "background work failed");
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::{Notify, mpsc, oneshot};
    use tokio::time::timeout;

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    /// The clock of these tests stands still and jumps to the next moment anybody waits for.
    async fn turns_of<E>(outcome: impl Fn(usize) -> Result<(), E> + Send + 'static + Copy) -> Vec<Duration>
    where
        E: Into<Box<dyn Error + Send + Sync>> + Send + 'static,
    {
        let started = Instant::now();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let workers = Workers::default();
        let mut turn = 0;
        workers.every("test", MINUTE, move || {
            turn += 1;
            let (sender, turn) = (sender.clone(), turn);
            async move {
                sender.send(started.elapsed()).unwrap();
                outcome(turn)
            }
        });
        let mut turns = Vec::new();
        while turns.len() < 3 {
            turns.push(receiver.recv().await.unwrap());
        }
        workers.stop().await;
        assert!(receiver.recv().await.is_none(), "a worker outlived its stop");
        turns
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_done_every_period() {
        assert_eq!(turns_of(|_| Ok::<_, Infallible>(())).await, [MINUTE, 2 * MINUTE, 3 * MINUTE]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_or_a_panic_is_followed_by_the_next_turn() {
        assert_eq!(turns_of(|_| Err("the database is away")).await, [MINUTE, 2 * MINUTE, 3 * MINUTE]);
        let panics = |turn| -> Result<(), Infallible> { if turn == 1 { panic!("a defect") } else { Ok(()) } };
        assert_eq!(turns_of(panics).await, [MINUTE, 2 * MINUTE, 3 * MINUTE]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_turn_that_takes_long_holds_up_none_beside_it() {
        let workers = Workers::default();
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let turns = Arc::new(AtomicUsize::new(0));
        workers.side_by_side(2, "test", MINUTE, move || {
            let (sender, turn) = (sender.clone(), turns.fetch_add(1, Ordering::Relaxed));
            async move {
                if turn == 0 {
                    std::future::pending::<()>().await;
                }
                sender.send(turn).unwrap();
                Ok::<_, Infallible>(())
            }
        });
        for turn in 1..4 {
            assert_eq!(receiver.recv().await, Some(turn));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn work_is_done_at_each_occasion_whatever_became_of_the_last() {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let (occasion, workers) = (Arc::new(Notify::new()), Workers::default());
        let comes = Arc::clone(&occasion);
        let mut turn = 0;
        workers.whenever(
            "test",
            move || comes.clone().notified_owned(),
            move || {
                turn += 1;
                sender.send(turn).unwrap();
                async { Err("the database is away") }
            },
        );
        for turn in 1..=3 {
            assert!(timeout(MINUTE, receiver.recv()).await.is_err(), "without an occasion");
            occasion.notify_one();
            assert_eq!(receiver.recv().await, Some(turn));
        }
        workers.stop().await;
    }

    #[tokio::test(start_paused = true)]
    async fn stopping_waits_for_the_turn_that_runs() {
        let workers = Workers::default();
        let (began, mut has_begun) = mpsc::unbounded_channel();
        let (finish, may_finish) = oneshot::channel::<()>();
        let mut may_finish = Some(may_finish);
        workers.every("test", MINUTE, move || {
            began.send(()).unwrap();
            may_finish.take().expect("one turn alone")
        });
        has_begun.recv().await.unwrap();
        let mut stopping = pin!(workers.stop());
        assert!(timeout(MINUTE, &mut stopping).await.is_err(), "it did not wait");
        finish.send(()).unwrap();
        stopping.await;
    }
}
