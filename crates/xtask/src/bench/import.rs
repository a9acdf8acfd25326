//! How fast people come in, by the test that imports them from outside.

use anyhow::Result;
use clap::Args;

use crate::outside;
use crate::workspace::Workspace;

/// Tests of `tests/it`.
const MEASURED: &str = "importing::how_fast_people_come_in";
const KILLED: &str = "importing::mg_14_an_import_that_is_killed_goes_on_where_it_was";

/// Imports synthetic people and prints rows a second, processor time for each row, and the most memory it took
#[derive(Args)]
pub(crate) struct Import {
    /// How many people
    #[arg(long, default_value_t = 1_000_000)]
    people: u64,
    /// Kills the import again and again, takes it up, and signs some of the people in
    #[arg(long)]
    kill: bool,
}

impl Import {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let test = if self.kill { KILLED } else { MEASURED };
        outside::run(workspace, test, &[("IMPORT_PEOPLE", self.people)])
    }
}
