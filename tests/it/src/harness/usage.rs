//! What processes take, as Linux tells it below `/proc`.

use std::fs;
use std::process::Child;
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

/// How many ticks of `/proc` Linux calls a second, on every machine.
const TICKS: u32 = 100;

/// How often memory is looked at.
const PAUSE: Duration = Duration::from_millis(10);

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

/// The memory a process has at the moment, in MiB.
pub(super) fn memory_of(pid: u32) -> Option<u64> {
    status_of(pid, "VmRSS:")
}

/// How much of that are pages of files, its program and libraries for the most part, in MiB. The system takes them back
/// where it needs room, and processes that run the same program share them.
pub(super) fn file_memory_of(pid: u32) -> Option<u64> {
    status_of(pid, "RssFile:")
}

fn status_of(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024)
}

/// The processor time of a process: the first `numbers` of its own in user and kernel mode, and the same of its
/// children that have ended.
pub(super) fn cpu_of(pid: u32, numbers: usize) -> Option<Duration> {
    let ticks =
        fields_of(pid)?.into_iter().skip(11).take(numbers).map(|ticks| ticks.parse::<u32>().unwrap()).sum::<u32>();
    Some(Duration::from_secs(ticks.into()) / TICKS)
}

/// The processor time of this process.
pub(crate) fn own_cpu() -> Duration {
    cpu_of(std::process::id(), 2).unwrap()
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
