//! The table of clients that the run has shown to work, which is part of the documentation.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::written;
use crate::generate::{CLIENTS, REFERENCE};
use crate::workspace::Workspace;

/// Where the tests' reporter writes the table of this run. One of an earlier run is deleted.
pub(super) fn destination(workspace: &Workspace) -> Result<PathBuf> {
    let folder = workspace.members()?.target_directory.join("xtask");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let destination = folder.join(CLIENTS);
    if destination.exists() {
        std::fs::remove_file(&destination).with_context(|| format!("cannot delete {}", destination.display()))?;
    }
    Ok(destination)
}

/// Takes over the table of a run that passed.
pub(super) fn take_over(workspace: &Workspace, table: &Path) -> Result<()> {
    let text = std::fs::read_to_string(table).with_context(|| format!("cannot read {}", table.display()))?;
    written::take_over(workspace, &Path::new(REFERENCE).join(CLIENTS), &text)
}
