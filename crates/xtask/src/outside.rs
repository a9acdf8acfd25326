//! Tests of the released binary from outside, by themselves and at the length that somebody asks for.

use anyhow::{Result, ensure};

use crate::provision::{self, FOR_SERVICES, TO_BUILD};
use crate::runner::expect_success;
use crate::services::{LEAVE_NO_TEST_OUT, Services};
use crate::workspace::Workspace;

/// Runs the tests of `tests/it` whose path begins so, one after another, and shows what they print.
pub(crate) fn run(workspace: &Workspace, test: &str, lengths: &[(&str, u64)]) -> Result<()> {
    watch(workspace, &[test], lengths, |_| ())
}

/// The same for several, and passes on each line that they print.
pub(crate) fn watch(
    workspace: &Workspace,
    tests: &[&str],
    lengths: &[(&str, u64)],
    mut see: impl FnMut(&str),
) -> Result<()> {
    provision::run(workspace, [TO_BUILD, FOR_SERVICES].into_iter().flatten())?;
    workspace.runner.run(workspace.cargo("build").args(["--release", "--package", "broker"]))?;
    for test in tests {
        let named = list(workspace, test)?;
        ensure!(named > 0, "no test is called {test}");
    }
    let services = Services::start(&workspace.runner)?;
    let mut cargo = workspace.cargo("test");
    cargo.args(["--quiet", "--package", "it", "--no-fail-fast", "--", "--nocapture", "--test-threads=1"]).args(tests);
    cargo.envs(lengths.iter().map(|(name, length)| (name, length.to_string())));
    cargo.env("LANDBRIDGE_BIN", workspace.landbridge("release")?);
    cargo.envs(services.environment()).envs([LEAVE_NO_TEST_OUT]);
    let status = workspace.runner.stream_at_any_length(&mut cargo, |line| {
        println!("{line}");
        see(line);
    })?;
    expect_success(&cargo, status)
}

/// How many tests of `tests/it` have a path that contains this.
fn list(workspace: &Workspace, test: &str) -> Result<usize> {
    let mut cargo = workspace.cargo("test");
    cargo.args(["--quiet", "--package", "it", "--", "--list", test]);
    let listed = workspace.runner.capture(&mut cargo)?;
    Ok(listed.lines().filter(|line| line.ends_with(": test")).count())
}
