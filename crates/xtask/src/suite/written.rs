//! Documentation that a run writes, of what it has shown.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::workspace::Workspace;

/// Takes over what a run that passed has written, and says so if the committed file was another.
pub(super) fn take_over(workspace: &Workspace, path: &Path, text: &str) -> Result<()> {
    let was_fresh = replace(&workspace.root.join(path), text)?;
    ensure!(was_fresh, "{} was stale and has been written again: commit it", path.display());
    Ok(())
}

/// Whether nothing changed by it.
fn replace(committed: &Path, text: &str) -> Result<bool> {
    let was_fresh = std::fs::read_to_string(committed).is_ok_and(|committed| committed == text);
    std::fs::write(committed, text).with_context(|| format!("cannot write {}", committed.display()))?;
    Ok(was_fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stale_file_is_written_again_and_reported_once() {
        let folder = std::env::temp_dir().join(format!("xtask-written-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let committed = folder.join("committed.md");
        assert!(!replace(&committed, "a client").expect("can be written"));
        assert!(replace(&committed, "a client").expect("can be written"));
        assert!(!replace(&committed, "another client").expect("can be written"));
        assert_eq!(std::fs::read_to_string(&committed).expect("is there"), "another client");
        std::fs::remove_dir_all(&folder).expect("can be deleted");
    }
}
