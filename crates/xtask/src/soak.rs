//! The load of a day for as long as somebody asks, by the test that counts what was not answered as it should be.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::workspace::Workspace;

/// A test of `tests/it`.
const TEST: &str = "soak::a_day_costs_no_error_and_no_memory";

/// Asks the broker a hundred times a second, on both databases, and watches errors, times and memory
#[derive(Args)]
pub(crate) struct Soak {
    /// For how long, on each
    #[arg(long, default_value_t = 30)]
    minutes: u64,
}

impl Soak {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        outside::run(workspace, TEST, &[("SOAK_MINUTES", self.minutes)])
    }
}
