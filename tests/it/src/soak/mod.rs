//! A broker under the load of a day: a hundred requests a second, which come whether it has answered the ones before
//! or not. Each of them has to succeed, and it must not need more and more memory.
//!
//! `SOAK_MINUTES` says for how long, in place of one. `cargo xtask soak` does it for half an hour.

mod crowd;
mod mix;
mod tally;

use std::sync::Arc;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::harness::{Broker, Engine, Installation, figure, on_each_engine, wanted};
use crowd::Crowd;
use mix::Second;
use tally::Tally;

/// By how many MiB a broker may grow in the second half of the time. SQLite's connections keep up to 16 MiB of pages, and
/// take them when they are first needed; beyond that nothing is kept that grows with the number of requests. In half an
/// hour two hundred bytes left behind by each are found.
const MAY_STILL_FILL: u64 = 16;

on_each_engine! {
    a_day_costs_no_error_and_no_memory,
}

async fn a_day_costs_no_error_and_no_memory(engine: Engine) {
    let seconds = wanted::<u64>("SOAK_MINUTES").unwrap_or(1) * 60;
    let broker = Installation::new(engine).start().await;
    let crowd = Arc::new(Crowd::gather(&broker).await);
    let (tally, memory) = load(&broker, &crowd, seconds).await;
    tally.print();
    let (first, second) = memory.split_at(memory.len() / 2);
    let (first, second) = (highest(first), highest(second));
    println!("{first} MiB at the most in the first half, {second} in the second");
    tally.check();
    assert!(second <= first + MAY_STILL_FILL, "memory grows from {first} to {second} MiB");
    figure(
        &format!("{seconds} s of a hundred requests a second, {engine}"),
        &format!("{}; {first} MiB at the most in the first half, {second} in the second", tally.summary()),
    );
    broker.stop().await;
}

/// Asks by the clock, and says what was answered and how much memory the broker had in each second.
async fn load(broker: &Broker, crowd: &Arc<Crowd>, seconds: u64) -> (Tally, Vec<u64>) {
    let (mut tally, mut under_way, mut memory) = (Tally::default(), JoinSet::new(), Vec::new());
    let begun = Instant::now();
    for second in 0..seconds {
        for arrival in Second(second).arrivals() {
            let planned = begun + arrival.at;
            tokio::time::sleep_until(planned).await;
            let crowd = Arc::clone(crowd);
            under_way.spawn(async move {
                crowd.carry_out(arrival.operation, arrival.number).await;
                (arrival.operation, planned.elapsed())
            });
            while let Some(ended) = under_way.try_join_next() {
                tally.take(ended);
            }
        }
        memory.push(broker.memory());
    }
    while let Some(ended) = under_way.join_next().await {
        tally.take(ended);
    }
    (tally, memory)
}

fn highest(memory: &[u64]) -> u64 {
    memory.iter().copied().max().expect("more than a second")
}
