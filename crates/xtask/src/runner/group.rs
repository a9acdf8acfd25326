//! A program in a process group of its own.

use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::{Line, POLL, clock};

/// How long a program may take to stop after it was asked to.
const GRACE: Duration = Duration::from_secs(10);

/// Dropping it stops the program and every process it left in its group.
pub(crate) struct Group {
    child: Child,
    leader: Pid,
    is_reaped: bool,
}

impl Group {
    /// Starts without standard input: in a group that is not the terminal's, reading from it would stop the program.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        command.stdin(Stdio::null()).process_group(0);
        let child = command.spawn().with_context(|| format!("cannot start {}", Line(command)))?;
        let leader = Pid::from_child(&child);
        Ok(Self { child, leader, is_reaped: false })
    }

    pub(crate) fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.child.stdout.take()
    }

    /// Whether the program is over. It is not reaped here, so its id stays taken and still names our group.
    pub(crate) fn has_ended(&self) -> Result<bool> {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        let status = waitid(WaitId::Pid(self.leader), options).context("cannot ask for a program's state")?;
        Ok(status.is_some())
    }

    /// Ends what the program left behind, then reaps it. To be called when it is over; earlier, it is killed.
    pub(crate) fn finish(&mut self) -> Result<ExitStatus> {
        self.signal(Signal::KILL);
        let status = self.child.wait().context("cannot wait for a program")?;
        self.is_reaped = true;
        Ok(status)
    }

    fn signal(&self, signal: Signal) {
        // The one possible failure is that nobody is left in the group, which is what was wanted.
        let _ = kill_process_group(self.leader, signal);
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.is_reaped {
            return;
        }
        self.signal(Signal::TERM);
        let asked_at = clock();
        while asked_at.elapsed() < GRACE && self.has_ended().is_ok_and(|ended| !ended) {
            thread::sleep(POLL);
        }
        let _ = self.finish();
    }
}
