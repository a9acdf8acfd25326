//! Calls of every documented operation, by the test that has Schemathesis make them.

use anyhow::Result;
use clap::Args;

use crate::provision::{self, FOR_CLIENTS, TO_BUILD};
use crate::runner::expect_success;
use crate::suite::python;
use crate::workspace::Workspace;

/// How many are drawn for each operation where nobody says otherwise, and how many calls that is at the least.
const OF_EACH: u64 = 150;
const AT_LEAST: u64 = 20_000;
/// Below `tests`.
const TEST: &str = "reference/calls.test.mjs";

/// Calls every documented operation of the released broker, and holds the answers against what is documented
#[derive(Args)]
pub(crate) struct Calls {
    /// How many calls are drawn for each operation, besides those at the edges of its schema; with the default, all
    /// together are more than 20,000
    #[arg(long, default_value_t = OF_EACH)]
    of_each: u64,
    /// Other calls for another number
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

impl Calls {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        provision::run(workspace, [TO_BUILD, FOR_CLIENTS].into_iter().flatten())?;
        workspace.runner.run(workspace.cargo("build").args(["--release", "--package", "broker"]))?;
        let mut node = workspace.command("node");
        node.current_dir(workspace.root.join("tests")).args(["--test", "--test-reporter=spec", TEST]);
        node.env("LANDBRIDGE_BIN", workspace.landbridge("release")?).env("PYTHON", python::install(workspace)?);
        node.env("CALLS_OF_EACH", self.of_each.to_string()).env("SEED", self.seed.to_string());
        let at_least = if self.of_each >= OF_EACH { AT_LEAST } else { 0 };
        node.env("CALLS_AT_LEAST", at_least.to_string());
        node.env("PHASES", "examples,coverage,fuzzing");
        let status = workspace.runner.stream_at_any_length(&mut node, |line| println!("{line}"))?;
        expect_success(&node, status)
    }
}
