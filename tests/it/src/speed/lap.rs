//! A closed loop: so many connections, each of which asks again once it has its answer.

use std::time::Duration;

use futures_util::future::join_all;

use crate::harness::Broker;
use crate::harness::times::{ms, now, timed, within};

/// What one operation took.
pub(super) struct Lap {
    times: Vec<Duration>,
    took: Duration,
    cpu: Duration,
}

impl Lap {
    /// Repeats an operation, which checks its answer, for a time, after as many as there are connections to get warm.
    /// It is told which connection it is on.
    pub(super) async fn of(broker: &Broker, connections: usize, time: Duration, once: impl AsyncFn(usize)) -> Self {
        join_all((0..connections).map(async |connection| once(connection).await)).await;
        let (began, before) = (now(), broker.cpu());
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
        let (took, cpu) = (began.elapsed(), broker.cpu().saturating_sub(before));
        Lap { times: repeated.concat(), took, cpu }
    }

    pub(super) fn per_second(&self) -> f64 {
        self.count() / self.took.as_secs_f64()
    }

    /// The processor time of the broker for each, in milliseconds.
    pub(super) fn cpu_ms(&self) -> f64 {
        ms(self.cpu) / self.count()
    }

    /// The time within which so many of a thousand were answered, in milliseconds.
    pub(super) fn within_ms(&self, of_a_thousand: usize) -> f64 {
        ms(within(&self.times, of_a_thousand))
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.times.len()).expect("less than there is time for"))
    }
}
