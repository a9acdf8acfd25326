//! Kills of the broker at random moments, by the test that keeps a record of what was acknowledged.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::workspace::Workspace;

/// A test of `tests/it`.
const TEST: &str = "torture::dl_05_rt_05_nothing_that_was_acknowledged_is_lost";

/// Kills the broker while it writes, on both databases, and looks for what was lost
#[derive(Args)]
pub(crate) struct Torture {
    /// How often, on each
    #[arg(long, default_value_t = 1_000)]
    cycles: u64,
}

impl Torture {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        outside::run(workspace, TEST, &[("TORTURE_CYCLES", self.cycles)])
    }
}
