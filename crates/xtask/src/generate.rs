//! `cargo xtask generate`: writes the files that are made from the code.

use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// Where the generated reference lives, below the root.
pub(crate) const REFERENCE: &str = "docs/reference";
/// The one file there that the tests write, and not the broker.
pub(crate) const CLIENTS: &str = "clients.md";

pub(crate) fn run(workspace: &Workspace) -> Result<()> {
    write_reference(workspace, &workspace.root.join(REFERENCE))
}

/// Has the broker describe itself into a folder, which is made if it is missing.
pub(crate) fn write_reference(workspace: &Workspace, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    // With the whole workspace's features, as the tests are built: for the broker alone much would be compiled again.
    workspace.runner.run(workspace.cargo("build").args(["--quiet", "--workspace", "--exclude", "xtask", "--bins"]))?;
    let mut landbridge = workspace.command(workspace.landbridge("debug")?);
    workspace.runner.run(landbridge.arg("generate-docs").arg(folder))
}
