//! The power goes while a broker on SQLite writes, and the disk has what it was made to keep and some of the rest. What
//! was acknowledged is there when the broker comes back on that, and what was not is there whole or not at all.
//!
//! No machine loses power here. The broker runs under `strace`, which writes down what it does to its files; when it has
//! been killed, they are made anew from what had been synced, with any part of what had not.
//!
//! `POWER_CUTS` says how often, in place of three times.

mod disk;
mod file;
mod trace;

use crate::harness::{Broker, Engine, Installation, can_trace_files, figure, not_run, wanted};
use crate::torture::{Everybody, kill_after, life};
use disk::Disk;

/// What is traced takes so much longer.
const SLOWED: u32 = 3;

#[tokio::test]
async fn dl_05_rt_05_nothing_that_was_acknowledged_is_lost_with_the_power() {
    if !can_trace_files() {
        return not_run("there is no strace, or it may not trace here");
    }
    let installation = Installation::new(Engine::Sqlite).with_files_traced();
    let mut disk = Disk::new(installation.folder());
    let mut broker = installation.start().await;
    let mut everybody = Everybody::gather(&broker).await;
    for _ in 0..power_cuts() {
        broker = cut(broker, &mut everybody, &mut disk).await;
        everybody.check(&broker).await;
    }
    if wanted::<usize>("POWER_CUTS").is_some() {
        everybody.finish(&broker).await;
    }
    broker.stop().await;
    report(&everybody, disk.lost());
}

/// Cuts the power while everybody writes, and switches on again.
async fn cut(broker: Broker, everybody: &mut Everybody, disk: &mut Disk) -> Broker {
    let (installation, pid) = (broker.installation().clone(), broker.pid());
    everybody.write_until(kill_after(broker, SLOWED * life())).await;
    for step in trace::read(&installation.trace_file(), pid).await {
        disk.take(step);
    }
    disk.lose_power();
    installation.start().await
}

fn report(everybody: &Everybody, lost: u64) {
    let acknowledged = everybody.print();
    assert!(power_cuts() < ENOUGH || !everybody.lacks_something(), "nothing of some kind was acknowledged");
    figure(
        &format!("{} power cuts, SQLite", power_cuts()),
        &format!("0 of {acknowledged} acknowledged writes lost; {lost} writes to files that were not synced are gone"),
    );
}

/// How many lives are enough for each kind of write to be acknowledged once.
const ENOUGH: usize = 50;

fn power_cuts() -> usize {
    wanted("POWER_CUTS").unwrap_or(3)
}
