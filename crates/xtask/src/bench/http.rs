//! How fast the broker answers, by the test that asks it from outside.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::workspace::Workspace;

/// Tests of `tests/it`.
const MEASURED: &str = "speed::";

/// Asks the broker, which has one processor, for everything that is asked often, and prints what it takes, what a start
/// takes, what a second processor brings, and what many people cost
#[derive(Args)]
pub(crate) struct Http {
    /// For how long each operation is repeated
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How many people there are
    #[arg(long, default_value_t = 1_000)]
    people: u64,
    /// How many people there are where that should make no difference
    #[arg(long, default_value_t = 1_000_000)]
    crowd: u64,
}

impl Http {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let lengths = [("SPEED_SECONDS", self.seconds), ("PEOPLE", self.people), ("CROWD", self.crowd)];
        outside::run(workspace, MEASURED, &lengths)
    }
}
