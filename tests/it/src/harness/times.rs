//! Time, which is measured and decides no test.

use std::time::{Duration, Instant};

#[expect(clippy::disallowed_methods, reason = "measures, and says when it has been long enough")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// How long something takes, and what comes of it.
pub(crate) async fn timed<T>(work: impl Future<Output = T>) -> (Duration, T) {
    let began = now();
    let done = work.await;
    (began.elapsed(), done)
}

/// The time within which so many of a thousand were done.
pub(crate) fn within(times: &[Duration], of_a_thousand: usize) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    let index = (times.len() * of_a_thousand / 1000).min(times.len().saturating_sub(1));
    times.get(index).copied().unwrap_or_default()
}

pub(crate) fn median(times: &[Duration]) -> Duration {
    within(times, 500)
}

/// In milliseconds.
pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
