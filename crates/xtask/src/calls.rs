//! Calls of every documented operation, by the test that has Schemathesis make them.

use anyhow::Result;
use clap::Args;

use crate::provision::{self, FOR_CLIENTS, TO_BUILD};
use crate::suite::python;
use crate::workspace::Workspace;

/// Below `tests`.
const TEST: &str = "reference/calls.test.mjs";

/// Calls every documented operation of the released broker, and holds the answers against what is documented
#[derive(Args)]
pub(crate) struct Calls {
    /// How many calls are drawn for each operation, besides those at the edges of its schema; with the default, all
    /// together are more than 20,000
    #[arg(long, default_value_t = 150)]
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
        workspace.runner.run(node.env("PHASES", "examples,coverage,fuzzing"))
    }
}
