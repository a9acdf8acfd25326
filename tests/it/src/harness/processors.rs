//! Who works on which processor.

use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Does something, such as starting a process, on one processor; this thread stays on another, if there is one.
pub(crate) async fn apart<T>(start: impl Future<Output = T>) -> T {
    let all = sched_getaffinity(None).unwrap();
    let mut own: Vec<usize> = (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).collect();
    let other = own.pop().expect("a processor");
    stay_on(other);
    let started = start.await;
    stay_on(own.pop().unwrap_or(other));
    started
}

fn stay_on(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).unwrap();
}
