//! The security cases that a run has shown to hold, which is part of the documentation.

use std::path::Path;

use anyhow::{Result, ensure};

use self::catalogue::Catalogue;
pub(super) use self::shown::Shown;
use super::written;
use crate::workspace::Workspace;

mod catalogue;
mod shown;

/// Every case, and which of them concern nothing that exists yet.
const CATALOGUE: &str = "tests/security-cases.toml";
const TABLE: &str = "docs/security-cases.md";

/// Writes which cases this run has shown, and says so if the committed table was another.
pub(super) fn take_over(workspace: &Workspace, shown: &Shown) -> Result<()> {
    let catalogue = Catalogue::read(&workspace.root.join(CATALOGUE))?;
    let contradictions = catalogue.contradictions(shown);
    ensure!(contradictions.is_empty(), "{CATALOGUE}: {}", contradictions.join("; "));
    written::take_over(workspace, Path::new(TABLE), &catalogue.table(shown))
}
