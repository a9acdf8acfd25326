//! How fast people come in, by the test that imports them from outside.

use anyhow::Result;
use clap::Args;

use crate::provision::{self, FOR_SERVICES, TO_BUILD};
use crate::runner::expect_success;
use crate::services::Services;
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
        provision::run(workspace, [TO_BUILD, FOR_SERVICES].into_iter().flatten())?;
        workspace.runner.run(workspace.cargo("build").args(["--release", "--package", "broker"]))?;
        let services = Services::start(&workspace.runner)?;
        let mut cargo = workspace.cargo("test");
        cargo.args(["--quiet", "--package", "it", "--", "--nocapture", "--test-threads=1"]);
        cargo.arg(if self.kill { KILLED } else { MEASURED }).env("IMPORT_PEOPLE", self.people.to_string());
        cargo.env("LANDBRIDGE_BIN", workspace.landbridge("release")?).envs(services.environment());
        let status = workspace.runner.stream(&mut cargo, |line| println!("{line}"))?;
        expect_success(&cargo, status)
    }
}
