//! The two migration folders hold the same steps, each in its engine's words.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};

use crate::workspace::Workspace;

/// File names and what is in them.
type Folder = BTreeMap<String, String>;

pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let [sqlite, postgres] = ["sqlite", "postgres"].map(|engine| read(&workspace.root.join("migrations").join(engine)));
    Ok(complaints(&sqlite?, &postgres?))
}

fn read(folder: &Path) -> Result<Folder> {
    let files = std::fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    files
        .map(|file| {
            let file = file?;
            Ok((file.file_name().to_string_lossy().into_owned(), std::fs::read_to_string(file.path())?))
        })
        .collect()
}

fn complaints(sqlite: &Folder, postgres: &Folder) -> Vec<String> {
    let mut complaints = without_twin(sqlite, "sqlite", postgres, "postgres");
    complaints.extend(without_twin(postgres, "postgres", sqlite, "sqlite"));
    complaints.extend(misnumbered(sqlite));
    for (engine, folder) in [("sqlite", sqlite), ("postgres", postgres)] {
        let silent = folder.iter().filter(|(_, text)| !text.starts_with("--"));
        complaints.extend(silent.map(|(name, _)| format!("{engine}/{name} does not begin with a comment")));
    }
    complaints
}

fn without_twin(here: &Folder, engine: &str, there: &Folder, other_engine: &str) -> Vec<String> {
    let alone = here.keys().filter(|name| !there.contains_key(*name));
    alone.map(|name| format!("{engine}/{name} has no twin in {other_engine}")).collect()
}

/// Numbers count up from 1 without a gap, so that two people who add a step at once meet in review.
fn misnumbered(folder: &Folder) -> Vec<String> {
    let wrong = folder.keys().zip(1..).filter(|(name, number)| !name.starts_with(&format!("{number:04}_")));
    wrong.map(|(name, number)| format!("{name} should have the number {number:04}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(files: &[&str]) -> Folder {
        files.iter().map(|name| ((*name).to_owned(), "-- Why.\nCREATE TABLE t (id TEXT);".to_owned())).collect()
    }

    #[track_caller]
    fn check(sqlite: &[&str], postgres: &[&str], expected: &[&str]) {
        assert_eq!(complaints(&folder(sqlite), &folder(postgres)), expected);
    }

    #[test]
    fn both_folders_hold_the_same_steps() {
        check(&["0001_a.sql", "0002_b.sql"], &["0001_a.sql", "0002_b.sql"], &[]);
        check(&["0001_a.sql"], &[], &["sqlite/0001_a.sql has no twin in postgres"]);
        check(
            &["0001_a.sql"],
            &["0001_b.sql"],
            &["sqlite/0001_a.sql has no twin in postgres", "postgres/0001_b.sql has no twin in sqlite"],
        );
    }

    #[test]
    fn numbers_are_used_once_and_without_a_gap() {
        let gap = ["0001_a.sql", "0003_b.sql"];
        check(&gap, &gap, &["0003_b.sql should have the number 0002"]);
        let twice = ["0001_a.sql", "0001_b.sql"];
        check(&twice, &twice, &["0001_b.sql should have the number 0002"]);
    }

    #[test]
    fn each_step_says_what_it_is_for() {
        let silent = Folder::from([("0001_a.sql".to_owned(), "CREATE TABLE t (id TEXT);".to_owned())]);
        let found = complaints(&silent, &folder(&["0001_a.sql"]));
        assert_eq!(found, ["sqlite/0001_a.sql does not begin with a comment"]);
    }
}
