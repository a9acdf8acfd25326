//! The end of processes.

use std::fs;
use std::process::{Child, Output};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

use super::polling::comes_true;

const PAUSE: Duration = Duration::from_millis(10);

/// Whether a process ends by itself within a time, for which the caller waits.
pub(super) fn has_ended_within(process: &mut Child, limit: Duration) -> bool {
    comes_true(limit, || matches!(process.try_wait(), Ok(Some(_))))
}

/// How many ticks of `/proc` Linux calls a second, on every machine.
const TICKS: u32 = 100;

/// What a process took.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    /// The time of processors.
    pub(crate) cpu: Duration,
    /// The most memory it had at any time, in MiB.
    pub(crate) peak_memory: u64,
}

/// Waits for the end of a process, which is not reaped, and says what it took.
pub(super) fn usage_until_end(process: &Child) -> Usage {
    let pid = Pid::from_child(process);
    let mut peak_memory = 0;
    let ends = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    while waitid(WaitId::Pid(pid), ends).unwrap().is_none() {
        peak_memory = peak_memory_of(process.id()).unwrap_or(peak_memory);
        thread::sleep(PAUSE);
    }
    Usage { cpu: cpu_of(process.id(), 2).unwrap(), peak_memory }
}

/// The most memory a process has had at any time, in MiB. None where it has ended.
pub(super) fn peak_memory_of(pid: u32) -> Option<u64> {
    status_of(pid, "VmHWM:")
}

fn status_of(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}

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

/// The memory a process has at the moment, in MiB.
pub(super) fn memory_of(pid: u32) -> Option<u64> {
    status_of(pid, "VmRSS:")
}

/// How much of that are pages of files, its program and libraries for the most part, in MiB. The system takes them back
/// where it needs room, and processes that run the same program share them.
pub(super) fn file_memory_of(pid: u32) -> Option<u64> {
    status_of(pid, "RssFile:")
}

/// The processor time of a process: the first `numbers` of its own in user and kernel mode, and the same of its
/// children that have ended.
pub(super) fn cpu_of(pid: u32, numbers: usize) -> Option<Duration> {
    let ticks =
        fields_of(pid)?.into_iter().skip(11).take(numbers).map(|ticks| ticks.parse::<u32>().unwrap()).sum::<u32>();
    Some(Duration::from_secs(ticks.into()) / TICKS)
}

/// The process that started this one.
pub(super) fn parent_of(pid: u32) -> Option<u32> {
    fields_of(pid)?.get(1)?.parse().ok()
}

/// The fields of `/proc/PID/stat` behind the name, which may hold anything.
fn fields_of(pid: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

/// Ends it, whatever it does.
pub(super) fn kill(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

/// What a process said, which has to end within a time.
pub(super) fn output_within(mut process: Child, limit: Duration) -> Output {
    let ended = has_ended_within(&mut process, limit);
    if !ended {
        kill(&mut process);
    }
    let output = process.wait_with_output().unwrap();
    assert!(ended, "it did not end: {}", String::from_utf8_lossy(&output.stderr));
    output
}
