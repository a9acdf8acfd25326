//! The Python packages that the tests use, in an environment of their own.

use std::path::PathBuf;

use anyhow::Result;

use crate::workspace::Workspace;

/// The versions, below the root.
const REQUIREMENTS: &str = "tests/sdk/python/requirements.txt";

/// Makes the environment where it is missing, brings it to the versions that are written down, and returns its
/// interpreter.
pub(crate) fn install(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.members()?.target_directory.join("xtask").join("python");
    let interpreter = folder.join("bin").join("python");
    if !interpreter.exists() {
        workspace.runner.run(workspace.command("python3").args(["-m", "venv"]).arg(&folder))?;
    }
    let mut pip = workspace.command(&interpreter);
    pip.args(["-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--requirement", REQUIREMENTS]);
    workspace.runner.run(&mut pip)?;
    Ok(interpreter)
}
