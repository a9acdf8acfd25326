//! The committed inputs of a target: a file for each.

use std::path::PathBuf;

/// Inputs that are worth trying first, and worth changing.
pub(crate) struct Corpus(Vec<Vec<u8>>);

impl Corpus {
    /// Reads what lies in the target's folder, in the order of the names.
    pub(crate) fn of(target: &str) -> Self {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
        let entries = folder.read_dir().unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let mut paths: Vec<_> = entries.map(|entry| entry.expect("a readable folder").path()).collect();
        paths.sort();
        assert!(!paths.is_empty(), "{} is empty", folder.display());
        Corpus(paths.into_iter().map(|path| std::fs::read(path).expect("a readable file")).collect())
    }

    pub(crate) fn inputs(&self) -> &[Vec<u8>] {
        &self.0
    }
}
