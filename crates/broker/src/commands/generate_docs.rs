//! `landbridge generate-docs FOLDER`: what `cargo xtask generate` calls.

use std::path::Path;

use anyhow::{Context, Result};

use crate::config::{REFERENCE, SCHEMA, reference, schema_text};

pub(super) fn run(folder: &Path) -> Result<()> {
    for (name, text) in [(REFERENCE, reference()), (SCHEMA, schema_text())] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
