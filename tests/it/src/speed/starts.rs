//! How long a start takes, until somebody has an answer.

use std::time::Duration;

use crate::harness::times::{median, ms};
use crate::harness::{Broker, Engine, Installation};

/// Starts on what an earlier one has left behind, of which the one in the middle counts.
const WARM_STARTS: usize = 5;

pub(super) async fn how_fast_it_starts(engine: Engine) {
    let installation = Installation::new(engine);
    let first = once(&installation).await;
    let mut warm = Vec::new();
    for _ in 0..WARM_STARTS {
        warm.push(once(&installation).await);
    }
    println!("{engine:?}: {:.1} MiB of program", Installation::program_mib());
    println!("{:.0} ms to the first answer, {:.0} ms from the second start on", ms(first), ms(median(&warm)));
}

async fn once(installation: &Installation) -> Duration {
    let (broker, took) = Broker::start_timed(installation);
    broker.stop().await;
    took
}
