//! A closed loop: so many connections, each of which asks again once it has its answer.

use std::time::Duration;

use futures_util::future::join_all;

use crate::harness::times::{ms, now, timed, within};

/// What one operation took.
pub(super) struct Lap {
    times: Vec<Duration>,
    took: Duration,
    cpu: Duration,
}

impl Lap {
    /// Repeats an operation, which checks its answer, for a time, after as many as there are connections to get warm.
    /// It is told which connection it is on. `cpu` says what whoever answers has had of the processors so far.
    pub(super) async fn of(
        cpu: impl Fn() -> Duration,
        connections: usize,
        time: Duration,
        once: impl AsyncFn(usize),
    ) -> Self {
        join_all((0..connections).map(async |connection| once(connection).await)).await;
        let (began, before) = (now(), cpu());
        let repeated = join_all((0..connections).map(async |connection| {
            let mut times = Vec::new();
            // Once at least, however late it is by then.
            loop {
                let (time_of_one, ()) = timed(once(connection)).await;
                times.push(time_of_one);
                if began.elapsed() >= time {
                    break times;
                }
            }
        }))
        .await;
        let (took, cpu) = (began.elapsed(), cpu().saturating_sub(before));
        Lap { times: repeated.concat(), took, cpu }
    }

    pub(super) fn per_second(&self) -> f64 {
        self.count() / self.took.as_secs_f64()
    }

    /// The processor time of each answer.
    pub(super) fn cpu(&self) -> Duration {
        self.share_of(self.cpu)
    }

    /// What of a time falls to each answer.
    pub(super) fn share_of(&self, time: Duration) -> Duration {
        time.div_f64(self.count())
    }

    /// The time within which so many of a thousand were answered, in milliseconds.
    pub(super) fn within_ms(&self, of_a_thousand: usize) -> f64 {
        ms(within(&self.times, of_a_thousand))
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).expect("less than there is time for"))
    }
}
