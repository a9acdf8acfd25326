//! Who works on which processor.

use rustix::process::getpid;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// Does something, such as starting a process, on one processor; this thread stays on another, if there is one.
pub(crate) async fn apart<T>(start: impl Future<Output = T>) -> T {
    let mut own = all();
    let other = own.pop().expect("a processor");
    stay_on(other);
    let started = start.await;
    stay_on(own.pop().unwrap_or(other));
    started
}

/// Those of the first thread, which stays nowhere: this one may have been told to before, and then has one of them left.
fn all() -> Vec<usize> {
    let all = sched_getaffinity(Some(getpid())).unwrap();
    (0..CpuSet::MAX_CPU).filter(|cpu| all.is_set(*cpu)).collect()
}

fn stay_on(cpu: usize) {
    let mut set = CpuSet::new();
    set.set(cpu);
    sched_setaffinity(None, &set).unwrap();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_that_is_started_has_a_processor_without_this_thread() {
        for _ in 0..2 {
            let started = apart(async { sched_getaffinity(None).unwrap() }).await;
            let own = sched_getaffinity(None).unwrap();
            assert_eq!((started.count(), own.count()), (1, 1));
            assert_eq!(started != own, all().len() > 1);
        }
    }
}
