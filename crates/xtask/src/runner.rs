//! Starts programs and makes sure that none of them outlives us.

use std::fmt;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

pub(crate) use self::group::Group;

mod group;

const POLL: Duration = Duration::from_millis(50);
/// How long output is awaited from a process that escaped the group of an ended program and kept its standard output.
const DRAIN: Duration = Duration::from_secs(2);
/// No program of ours takes this long, unless somebody said how long it is to go on; one that does hangs, and says so
/// before whoever runs the tests gives up.
const LIMIT: Duration = Duration::from_mins(40);

/// Runs one program at a time and ends it, with all it started, on Ctrl-C, SIGTERM or SIGHUP.
#[derive(Clone)]
pub(crate) struct Runner {
    interrupted: Arc<AtomicBool>,
}

impl Runner {
    pub(crate) fn new() -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            signal_hook::flag::register(signal, Arc::clone(&interrupted)).context("cannot listen for signals")?;
        }
        Ok(Self { interrupted })
    }

    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    /// Runs to the end with our own output; anything but success is an error.
    pub(crate) fn run(&self, command: &mut Command) -> Result<()> {
        let (_, no_lines) = channel();
        let group = Group::spawn(command)?;
        expect_success(command, self.supervise(group, LIMIT, &no_lines, |_| {})?)
    }

    /// Runs to the end and hands over each line of standard output as it comes; the exit status is the caller's to judge.
    pub(crate) fn stream(&self, command: &mut Command, on_line: impl FnMut(&str)) -> Result<ExitStatus> {
        self.stream_within(LIMIT, command, on_line)
    }

    /// The same for a program that goes on for as long as somebody said, which may be hours.
    pub(crate) fn stream_at_any_length(&self, command: &mut Command, on_line: impl FnMut(&str)) -> Result<ExitStatus> {
        self.stream_within(Duration::MAX, command, on_line)
    }

    fn stream_within(&self, limit: Duration, command: &mut Command, on_line: impl FnMut(&str)) -> Result<ExitStatus> {
        let mut group = Group::spawn(command.stdout(Stdio::piped()))?;
        let (sender, lines) = channel();
        let output = group.take_stdout().context("standard output was piped")?;
        thread::spawn(move || send_lines(output, &sender));
        self.supervise(group, limit, &lines, on_line)
    }

    /// Runs to the end and returns standard output; anything but success is an error.
    pub(crate) fn capture(&self, command: &mut Command) -> Result<String> {
        let mut output = String::new();
        let status = self.stream(command, |line| {
            output.push_str(line);
            output.push('\n');
        })?;
        expect_success(command, status)?;
        Ok(output)
    }

    /// Whether a shell script succeeds; its output is thrown away.
    pub(crate) fn probe(&self, script: &str) -> bool {
        let mut shell = Command::new("sh");
        shell.args(["-c", script]).stdout(Stdio::null()).stderr(Stdio::null());
        self.run(&mut shell).is_ok()
    }

    /// Asks again until the answer is yes; at most for `limit`.
    pub(crate) fn wait_until(&self, limit: Duration, mut is_ready: impl FnMut() -> bool) -> Result<()> {
        let started = clock();
        while !is_ready() {
            if let Some(reason) = self.reason_to_stop(started, limit) {
                bail!(reason);
            }
            thread::sleep(POLL);
        }
        Ok(())
    }

    fn supervise(
        &self,
        mut group: Group,
        limit: Duration,
        lines: &Receiver<String>,
        mut on_line: impl FnMut(&str),
    ) -> Result<ExitStatus> {
        let started = clock();
        while !group.has_ended()? {
            if let Some(reason) = self.reason_to_stop(started, limit) {
                bail!(reason);
            }
            match lines.recv_timeout(POLL) {
                Ok(line) => on_line(&line),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => thread::sleep(POLL),
            }
        }
        let status = group.finish()?;
        while let Ok(line) = lines.recv_timeout(DRAIN) {
            on_line(&line);
        }
        Ok(status)
    }

    fn reason_to_stop(&self, started: Instant, limit: Duration) -> Option<String> {
        if self.is_interrupted() {
            return Some("interrupted".to_owned());
        }
        (started.elapsed() > limit).then(|| format!("given up after {} s", limit.as_secs()))
    }
}

#[expect(clippy::disallowed_methods, reason = "measures how long programs take")]
pub(crate) fn clock() -> Instant {
    Instant::now()
}

/// The exit status as an error that shows the command, for repeating it by hand.
pub(crate) fn expect_success(command: &Command, status: ExitStatus) -> Result<()> {
    if !status.success() {
        bail!("{}: {status}", Line(command));
    }
    Ok(())
}

fn send_lines(output: impl Read, lines: &Sender<String>) {
    for line in BufReader::new(output).split(b'\n') {
        let Ok(line) = line else { return };
        if lines.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
            return;
        }
    }
}

/// A command as it would be typed.
struct Line<'a>(&'a Command);

impl fmt::Display for Line<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.get_program().to_string_lossy())?;
        self.0.get_args().try_for_each(|argument| write!(formatter, " {}", argument.to_string_lossy()))
    }
}

#[cfg(test)]
mod tests;
