//! `landbridge import users`, watched while it runs.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{ChildStderr, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use super::Installation;
use super::times::now;
use super::usage::{Usage, usage_until_end};

/// How an import ended.
#[derive(Debug)]
pub(crate) struct Imported {
    /// None where it was killed.
    pub(crate) code: Option<i32>,
    /// What it counted, by the words it tells it in.
    pub(crate) counts: BTreeMap<String, u64>,
    pub(crate) time: Duration,
    pub(crate) usage: Usage,
}

impl Imported {
    /// How many rows it counted under these words.
    pub(crate) fn count(&self, words: &str) -> u64 {
        self.counts.get(words).copied().unwrap_or_default()
    }
}

impl Installation {
    /// Imports a file, and kills the process as a power cut does once it has dealt with so many rows.
    pub(crate) fn import(&self, connection: &str, file: &Path, kill_after: Option<u64>) -> Imported {
        let file = file.to_str().expect("a path is text");
        let report = self.folder().join("refused.ndjson");
        let report = report.to_str().expect("a path is text");
        let began = now();
        let mut command = self.command(&["import", "users", "--connection", connection, "--report", report, file]);
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (pid, progress) = (Pid::from_child(&process), process.stderr.take().unwrap());
        let watcher = thread::spawn(move || kill_after_rows(pid, progress, kill_after));
        let usage = usage_until_end(&process);
        let time = began.elapsed();
        let mut told = String::new();
        process.stdout.take().unwrap().read_to_string(&mut told).unwrap();
        watcher.join().unwrap();
        let code = process.wait().unwrap().code();
        Imported { code, counts: counts(&told), time, usage }
    }
}

/// Reads what it tells of its progress to the end. The process is not reaped before, so its id is its own.
fn kill_after_rows(process: Pid, progress: ChildStderr, rows: Option<u64>) {
    let mut is_killed = false;
    for line in BufReader::new(progress).lines().map_while(Result::ok) {
        let read = line.split_once(" of ").and_then(|(read, _)| read.parse::<u64>().ok());
        if !is_killed && rows.zip(read).is_some_and(|(rows, read)| read >= rows) {
            kill_process(process, Signal::KILL).unwrap();
            is_killed = true;
        }
    }
}

fn counts(told: &str) -> BTreeMap<String, u64> {
    let count = |line: &str| {
        let (number, words) = line.trim().split_once(' ')?;
        Some((words.to_owned(), number.parse().ok()?))
    };
    told.lines().filter_map(count).collect()
}
