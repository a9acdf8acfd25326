//! What stands before a peer: its budget of simultaneous questions, its time limit and its breaker.

use std::future::Future;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use model::Timestamp;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::answer::{Setback, UnavailableReason};
use crate::breaker::{Breaker, BreakerPosition, Limits, Pass, Refusal};

/// However a peer is configured, a person does not wait longer.
const LONGEST_QUESTION: Duration = Duration::from_mins(1);

/// The moment a question came, and how long ago that is. Instants are told by the caller's clock; this only adds
/// what has passed since.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch {
    came: Timestamp,
    started: Instant,
}

impl Stopwatch {
    #[expect(clippy::disallowed_methods, reason = "measures a duration, for a time limit and a histogram")]
    pub(crate) fn start(now: Timestamp) -> Self {
        Stopwatch { came: now, started: Instant::now() }
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.came.plus(self.elapsed())
    }
}

/// How much a peer is asked, and for how long it is waited for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GateLimits {
    /// For one question, with everything it takes.
    pub(crate) timeout: Duration,
    /// How many questions may be under way at once; zero is taken as one.
    pub(crate) max_concurrency: u32,
    /// How many failures in a row open the breaker.
    pub(crate) breaker_failures: u32,
    /// For how long it opens.
    pub(crate) breaker_open: Duration,
}

/// The state kept for one peer.
#[derive(Debug)]
pub(crate) struct Gate {
    limits: GateLimits,
    permits: Semaphore,
    breaker: Mutex<Breaker>,
}

impl Gate {
    pub(crate) fn new(limits: GateLimits) -> Self {
        let budget = usize::try_from(limits.max_concurrency.max(1)).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Gate { limits, permits: Semaphore::new(budget), breaker: Mutex::new(Breaker::new()) }
    }

    /// Puts a question within the budget, the time limit and the breaker's mood. The time limit covers all of it.
    pub(crate) async fn ask<T>(
        &self,
        watch: Stopwatch,
        question: impl Future<Output = Result<T, Setback>>,
    ) -> Result<T, Setback> {
        // Nobody queues for a source that is not asked anyway.
        if let Some(refusal) = self.breaker().refusal(watch.now()) {
            return Err(refusal.into());
        }
        let _permit = self.permit().await?;
        let pass = self.admit(watch.now())?;
        let rest = self.time_limit().saturating_sub(watch.elapsed());
        let outcome =
            tokio::time::timeout(rest, question).await.unwrap_or(Err(Setback::Unavailable(UnavailableReason::Timeout)));
        self.note(pass, outcome.as_ref().err().copied(), watch.now());
        outcome
    }

    /// Whether questions are put at the moment.
    pub(crate) fn position(&self, now: Timestamp) -> BreakerPosition {
        self.breaker().position(now)
    }

    /// Waits for half the time limit at most, so that the question itself has a chance to be answered.
    async fn permit(&self) -> Result<SemaphorePermit<'_>, Setback> {
        match tokio::time::timeout(self.time_limit() / 2, self.permits.acquire()).await {
            Ok(permit) => Ok(permit.expect("the semaphore is never closed")),
            Err(_) => Err(UnavailableReason::Saturated.into()),
        }
    }

    fn admit(&self, now: Timestamp) -> Result<Pass, Setback> {
        Ok(self.breaker().admit(self.limits(), now)?)
    }

    fn note(&self, pass: Pass, setback: Option<Setback>, now: Timestamp) {
        let mut breaker = self.breaker();
        match setback {
            Some(Setback::Unavailable(reason)) if reason.is_failure_of_the_source() => {
                breaker.failed(pass, self.limits(), now);
            }
            Some(Setback::Throttled { retry_after }) => breaker.throttled(pass, retry_after, now),
            Some(Setback::Unavailable(_)) | None => breaker.answered(pass),
        }
    }

    fn limits(&self) -> Limits {
        Limits {
            failures: self.limits.breaker_failures,
            open_for: self.limits.breaker_open,
            call_for: self.time_limit(),
        }
    }

    fn time_limit(&self) -> Duration {
        self.limits.timeout.min(LONGEST_QUESTION)
    }

    fn breaker(&self) -> MutexGuard<'_, Breaker> {
        self.breaker.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl From<Refusal> for Setback {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Open => UnavailableReason::BreakerOpen.into(),
            Refusal::Paused(rest) => Setback::Throttled { retry_after: Some(rest) },
        }
    }
}
