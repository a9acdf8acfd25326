//! The table of clients that the run has shown to work, which is part of the documentation.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

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

/// Takes over the table of a run that passed, and says so if the committed one was another.
pub(super) fn take_over(workspace: &Workspace, written: &Path) -> Result<()> {
    let was_fresh = replace(&workspace.root.join(REFERENCE).join(CLIENTS), written)?;
    ensure!(was_fresh, "{REFERENCE}/{CLIENTS} was stale and has been written again: commit it");
    Ok(())
}

/// Whether nothing changed by it.
fn replace(committed: &Path, written: &Path) -> Result<bool> {
    let table = std::fs::read_to_string(written).with_context(|| format!("cannot read {}", written.display()))?;
    let was_fresh = std::fs::read_to_string(committed).is_ok_and(|text| text == table);
    std::fs::write(committed, table).with_context(|| format!("cannot write {}", committed.display()))?;
    Ok(was_fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_table_is_written_again_and_reported_once() {
        let folder = std::env::temp_dir().join(format!("xtask-clients-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let (committed, written) = (folder.join("committed.md"), folder.join("written.md"));
        std::fs::write(&written, "a client").expect("can be written");
        assert!(!replace(&committed, &written).expect("both can be written"));
        assert!(replace(&committed, &written).expect("both can be written"));
        std::fs::write(&written, "another client").expect("can be written");
        assert!(!replace(&committed, &written).expect("both can be written"));
        assert_eq!(std::fs::read_to_string(&committed).expect("is there"), "another client");
        std::fs::remove_dir_all(&folder).expect("can be deleted");
    }
}
