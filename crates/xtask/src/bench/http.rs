//! How fast the broker answers, by the test that asks it from outside.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::workspace::Workspace;

/// A test of `tests/it`.
const MEASURED: &str = "speed::how_fast_it_answers";

/// Asks the broker, which has one processor, for everything that is asked often, and prints what it takes
#[derive(Args)]
pub(crate) struct Http {
    /// For how long each operation is repeated
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many people there are
    #[arg(long, default_value_t = 1_000)]
    people: u64,
}

impl Http {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        outside::run(workspace, MEASURED, &[("SPEED_SECONDS", self.seconds), ("PEOPLE", self.people)])
    }
}
