//! Whether time tells who has an account or which client exists, by the tests that send refusals in turns.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::workspace::Workspace;

/// Tests of `tests/it`.
const TESTS: &str = "timing::";

/// Sends requests that have to be refused alike, on both databases, and compares how long that takes; needs a quiet machine
#[derive(Args)]
pub(crate) struct Timing {
    /// How often each kind is sent; below a thousand nothing is compared
    #[arg(long, default_value_t = 1_000)]
    samples: u64,
}

impl Timing {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        outside::run(workspace, TESTS, &[("TIMING_SAMPLES", self.samples)])
    }
}
