//! `landbridge generate-docs FOLDER`: what `cargo xtask generate` calls.

use std::path::Path;

use anyhow::{Context, Result};

use crate::config::{REFERENCE, SCHEMA, reference, schema_text};

/// The file name of the OpenAPI document.
const OPENAPI: &str = "openapi.json";

pub(super) fn run(folder: &Path) -> Result<()> {
    for (name, text) in [(REFERENCE, reference()), (SCHEMA, schema_text()), (OPENAPI, openapi())] {
        let path = folder.join(name);
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

fn openapi() -> String {
    format!("{:#}\n", web::openapi::document())
}
