use anyhow::anyhow;

use super::*;

#[track_caller]
fn check_plan(only: &[Step], expected: &[Step]) {
    assert_eq!(plan(only), expected);
}

#[test]
fn chosen_steps_bring_what_they_need_in_order() {
    check_plan(&[], Step::value_variants());
    check_plan(&[Step::Provision], &[Step::Provision]);
    check_plan(&[Step::Check], &[Step::Provision, Step::Check]);
    check_plan(&[Step::Unit, Step::Check], &[Step::Provision, Step::Check, Step::Services, Step::Unit]);
    check_plan(
        &[Step::Node, Step::Blackbox],
        &[Step::Provision, Step::Services, Step::Release, Step::Blackbox, Step::Node],
    );
}

fn failed(step: Step) -> Outcome {
    Outcome::new(step, Duration::ZERO, Counts::default(), Err(anyhow!("broken")))
}

#[test]
fn only_what_cannot_run_is_left_out_after_a_failure() {
    assert_eq!(failed_prerequisite(Step::Unit, &[failed(Step::Check)]), None);
    assert_eq!(failed_prerequisite(Step::Check, &[failed(Step::Provision)]), Some(Step::Provision));
    assert_eq!(failed_prerequisite(Step::Node, &[failed(Step::Release)]), Some(Step::Release));
    assert_eq!(failed_prerequisite(Step::Unit, &[failed(Step::Release)]), None);
}

#[test]
fn a_failed_step_counts_as_a_failure_even_if_no_test_did() {
    assert_eq!(failed(Step::Release).counts.failed, 1);
    let counts = Counts { failed: 3, ..Counts::default() };
    assert_eq!(Outcome::new(Step::Unit, Duration::ZERO, counts, Err(anyhow!("broken"))).counts.failed, 3);
}

#[test]
fn a_runner_that_ran_nothing_has_not_passed() {
    let workspace = Workspace::open().expect("the repository");
    let mut suite = Suite { workspace: &workspace, steps: &[], services: None, shown: Shown::default() };
    let mut run = |output: &str| {
        let mut echo = workspace.command("echo");
        echo.arg(output);
        suite.cargo_test(echo, &mut Counts::default()).map_err(|error| error.to_string())
    };
    assert_eq!(run("test result: ok. 0 passed; 0 failed; 0 ignored"), Err("no test ran".to_owned()));
    assert_eq!(run("test result: ok. 1 passed; 0 failed; 0 ignored"), Ok(()));
}

#[test]
fn tests_are_told_that_none_may_be_left_out_although_no_server_was_started() {
    let workspace = Workspace::open().expect("the repository");
    let mut suite = Suite { workspace: &workspace, steps: &[], services: None, shown: Shown::default() };
    let mut shell = workspace.command("sh");
    shell.args(["-c", "echo \"test result: ok. ${LEAVE_NO_TEST_OUT:-0} passed; 0 failed; 0 ignored\""]);
    // A run of everything tells this test too.
    shell.env_remove("LEAVE_NO_TEST_OUT");
    suite.cargo_test(shell, &mut Counts::default()).expect("a test passed");
}
