//! Everything that takes something away from the broker while it works, and the table of what that costs.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::provision::{self, FOR_POWER_CUTS};
use crate::workspace::Workspace;

/// Tests of `tests/it`. Each prints a row for the table once it has found that nothing was lost.
const TESTS: [&str; 7] = [
    "torture::",
    "power_cut::",
    "losing_postgres::",
    "several_nodes::rl_10_the_loss_of_redis_costs_nobody_a_sign_in",
    "several_nodes::the_death_of_a_node_costs_its_open_connections_alone",
    "source_outage::",
    "soak::",
];

/// Kills, cuts the power, fails over, takes Redis, a node and the source away, soaks, and prints what was lost: nothing
#[derive(Args)]
pub(crate) struct Losses {
    /// How often the broker is killed, on each database
    #[arg(long, default_value_t = 1_000)]
    kills: u64,
    /// How often the power is cut, on SQLite
    #[arg(long, default_value_t = 50)]
    power_cuts: u64,
    /// How often a standby of Postgres takes over
    #[arg(long, default_value_t = 10)]
    failovers: u64,
    /// For how long the source is down, on each database
    #[arg(long, default_value_t = 30)]
    outage_minutes: u64,
    /// For how long the broker is asked a hundred times a second, on each database
    #[arg(long, default_value_t = 30)]
    soak_minutes: u64,
}

impl Losses {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        provision::run(workspace, FOR_POWER_CUTS)?;
        let lengths = [
            ("TORTURE_CYCLES", self.kills),
            ("POWER_CUTS", self.power_cuts),
            ("FAILOVERS", self.failovers),
            ("OUTAGE_MINUTES", self.outage_minutes),
            ("SOAK_MINUTES", self.soak_minutes),
        ];
        let mut rows = Vec::new();
        let outcome = outside::watch(workspace, &TESTS, &lengths, |line| rows.extend(row(line)));
        println!("\n| what happens | what was seen |\n|---|---|\n{}", rows.join("\n"));
        outcome
    }
}

/// A row that a test prints. It may stand behind what the test runner says of the test.
fn row(line: &str) -> Option<String> {
    let begins = line.find("| ")?;
    line.ends_with(" |").then(|| line[begins..].to_owned())
}

#[test]
fn rows_are_told_from_all_else() {
    assert_eq!(row("| 3 kills | nothing |").as_deref(), Some("| 3 kills | nothing |"));
    assert_eq!(row("test it::works ... | 3 kills | nothing |").as_deref(), Some("| 3 kills | nothing |"));
    assert_eq!(row("        12 sign-ups"), None);
}
