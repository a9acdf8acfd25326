use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, test_kill_process};

use super::{Group, Runner};

fn runner() -> Runner {
    Runner { interrupted: Arc::new(AtomicBool::new(false)) }
}

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

fn is_running(pid: &str) -> bool {
    let pid = Pid::from_raw(pid.parse().expect("a process id")).expect("not zero");
    // A killed process that nobody has reaped yet still takes signals; its state says that it is over.
    let state = std::fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).unwrap_or_default();
    test_kill_process(pid).is_ok() && !state.contains(") Z ")
}

fn assert_ends(pid: &str) {
    runner().wait_until(Duration::from_secs(5), || !is_running(pid)).expect("a killed process is gone soon");
}

#[test]
fn lines_are_handed_over_in_order_and_the_status_is_told() {
    let mut lines = Vec::new();
    let status =
        runner().stream(&mut shell("echo one; printf two; exit 3"), |line| lines.push(line.to_owned())).expect("runs");
    assert_eq!(lines, ["one", "two"]);
    assert_eq!(status.code(), Some(3));
}

#[test]
fn a_failure_names_the_command() {
    let error = runner().run(&mut shell("exit 4")).expect_err("fails").to_string();
    assert_eq!(error, "sh -c exit 4: exit status: 4");
}

#[test]
fn what_an_ended_program_left_behind_is_ended() {
    let pid = runner().capture(&mut shell("sleep 600 & echo $!")).expect("runs");
    assert_ends(pid.trim());
}

#[test]
fn a_dropped_group_is_stopped_with_all_it_started() {
    let runner = runner();
    let mut pid = String::new();
    let mut command = shell("sleep 600 & echo $!; wait");
    let error = runner
        .stream(&mut command, |line| {
            line.clone_into(&mut pid);
            runner.interrupted.store(true, Ordering::Relaxed);
        })
        .expect_err("is interrupted");
    assert_eq!(error.to_string(), "interrupted");
    assert_ends(&pid);
}

#[test]
fn a_program_that_runs_has_not_ended() {
    let mut group = Group::spawn(&mut shell("exec sleep 600")).expect("starts");
    assert!(!group.has_ended().expect("can be asked"));
    assert!(!group.finish().expect("can be reaped").success());
}

#[test]
fn waiting_has_an_end() {
    let error = runner().wait_until(Duration::ZERO, || false).expect_err("gives up").to_string();
    assert_eq!(error, "given up after 0 s");
}

#[test]
fn a_program_that_takes_too_long_is_given_up_with_all_it_started() {
    let mut pid = String::new();
    let note = |line: &str| line.clone_into(&mut pid);
    let limit = Duration::from_secs(1);
    let error = runner().stream_within(limit, &mut shell("sleep 600 & echo $!; wait"), note).expect_err("gives up");
    assert_eq!(error.to_string(), "given up after 1 s");
    assert_ends(&pid);
    let status = runner().stream_at_any_length(&mut shell("exit 0"), |_| ()).expect("runs");
    assert!(status.success());
}
