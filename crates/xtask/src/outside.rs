//! One test of the released binary from outside, by itself and at the length that somebody asks for.

use anyhow::Result;

use crate::provision::{self, FOR_SERVICES, TO_BUILD};
use crate::runner::expect_success;
use crate::services::Services;
use crate::workspace::Workspace;

/// Runs the tests of `tests/it` whose path begins so, one after another, and shows what they print.
pub(crate) fn run(workspace: &Workspace, test: &str, lengths: &[(&str, u64)]) -> Result<()> {
    provision::run(workspace, [TO_BUILD, FOR_SERVICES].into_iter().flatten())?;
    workspace.runner.run(workspace.cargo("build").args(["--release", "--package", "broker"]))?;
    let services = Services::start(&workspace.runner)?;
    let mut cargo = workspace.cargo("test");
    cargo.args(["--quiet", "--package", "it", "--", "--nocapture", "--test-threads=1", test]);
    cargo.envs(lengths.iter().map(|(name, length)| (name, length.to_string())));
    cargo.env("LANDBRIDGE_BIN", workspace.landbridge("release")?).envs(services.environment());
    let status = workspace.runner.stream(&mut cargo, |line| println!("{line}"))?;
    expect_success(&cargo, status)
}
