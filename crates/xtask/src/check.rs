//! `cargo xtask check`: formatting, lints and the rules of the house.

use anyhow::Result;

use crate::runner::clock;
use crate::workspace::Workspace;

pub(crate) mod advisories;
mod directions;
mod licence;
mod lock_file;
mod migrations;
mod reference;

/// Looks at the repository and says what is wrong with it, one sentence for each thing.
type Check = fn(&Workspace) -> Result<Vec<String>>;

/// The quickest first.
const CHECKS: &[(&str, Check)] = &[
    ("migrations come in pairs", migrations::check),
    ("crates use only what they may", directions::check),
    ("dependencies are ones we allow", lock_file::check),
    ("dependencies have no known flaw", advisories::check),
    ("formatting", formatting),
    ("lints", lints),
    ("the generated reference is fresh", reference::check),
    ("schemas agree and statements prepare", schemas_and_statements),
];

/// Runs every check and returns how many failed.
pub(crate) fn run(workspace: &Workspace) -> Result<u64> {
    let mut failed = 0;
    for (name, check) in CHECKS {
        let started = clock();
        let complaints = check(workspace).unwrap_or_else(|error| vec![format!("{error:#}")]);
        if workspace.runner.is_interrupted() {
            anyhow::bail!("interrupted");
        }
        let verdict = if complaints.is_empty() { "ok" } else { "FAILED" };
        println!("check: {name} ... {verdict} ({:.1} s)", started.elapsed().as_secs_f64());
        for complaint in &complaints {
            println!("    {complaint}");
        }
        failed += u64::from(!complaints.is_empty());
    }
    Ok(failed)
}

fn formatting(workspace: &Workspace) -> Result<Vec<String>> {
    // Not through `Workspace::cargo`: cargo fmt reads no lock file.
    workspace.runner.run(workspace.command("cargo").args(["fmt", "--all", "--check"]))?;
    Ok(Vec::new())
}

fn lints(workspace: &Workspace) -> Result<Vec<String>> {
    let mut clippy = workspace.cargo("clippy");
    workspace.runner.run(clippy.args(["--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    Ok(Vec::new())
}

/// On SQLite; on Postgres too where `TEST_DATABASE_URL` names a server. The whole workspace is built, and not the store
/// alone, so that nothing is built with other features than the unit tests want.
fn schemas_and_statements(workspace: &Workspace) -> Result<Vec<String>> {
    let mut tests = workspace.cargo("test");
    tests.args(["--quiet", "--workspace", "--exclude", "it", "--lib", "--", "tests::schemas", "tests::statements"]);
    workspace.runner.run(&mut tests)?;
    Ok(Vec::new())
}
