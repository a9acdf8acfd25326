//! The end of processes.

use std::process::{Child, Output};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::polling::comes_true;

/// Whether a process ends by itself within a time, for which the caller waits.
pub(super) fn has_ended_within(process: &mut Child, limit: Duration) -> bool {
    comes_true(limit, || matches!(process.try_wait(), Ok(Some(_))))
}

/// Ends it, whatever it does.
pub(super) fn kill(process: &mut Child) {
    let _ = process.kill();
    let _ = process.wait();
}

/// What a process said, which has to end within a time. It is read meanwhile: whoever has too much to say would wait for
/// a reader and never end.
pub(super) fn output_within(process: Child, limit: Duration) -> Output {
    let pid = Pid::from_child(&process);
    let reading = thread::spawn(|| process.wait_with_output());
    let ended = comes_true(limit, || reading.is_finished());
    if !ended {
        let _ = kill_process(pid, Signal::KILL);
    }
    let output = reading.join().unwrap().unwrap();
    assert!(ended, "it did not end: {}", String::from_utf8_lossy(&output.stderr));
    output
}
