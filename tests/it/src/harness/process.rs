//! The end of processes.

use std::process::{Child, Output};
use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(10);

/// Whether a process ends by itself within a time, for which the caller waits.
pub(super) fn has_ended_within(process: &mut Child, limit: Duration) -> bool {
    let rounds = limit.as_millis() / PAUSE.as_millis();
    (0..rounds).any(|_| {
        let ended = matches!(process.try_wait(), Ok(Some(_)));
        if !ended {
            thread::sleep(PAUSE);
        }
        ended
    })
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
