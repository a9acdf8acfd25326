//! Known flaws of published crates, as `advisories.toml` has them from RustSec, held against the lock file. `cargo xtask
//! advisories` writes that file from a copy of RustSec's database; nothing here needs a network.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::metadata::Package;
use crate::workspace::Workspace;

const FILE: &str = "advisories.toml";
const HEAD: &str = "\
# Known flaws of published crates, from the database of RustSec (rustsec.org) as it was on that day. Written by
# `cargo xtask advisories`; `cargo xtask check` compares it with Cargo.lock. An exception stands in deny.toml, with its
# reason and the day to look at it again.
";

#[derive(Deserialize)]
struct Known {
    advisory: Vec<Advisory>,
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    #[serde(rename = "crate")]
    name: String,
    /// Version requirements, one of which a version without the flaw meets.
    safe: Vec<String>,
}

#[derive(Deserialize)]
struct Deny {
    advisories: Exceptions,
}

#[derive(Deserialize)]
struct Exceptions {
    ignore: Vec<Exception>,
}

#[derive(Deserialize)]
struct Exception {
    id: String,
    reason: String,
}

pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    complaints(&workspace.root, &workspace.locked_packages()?.packages)
}

fn complaints(root: &Path, packages: &[Package]) -> Result<Vec<String>> {
    let known: Known = read(&root.join(FILE))?;
    let deny: Deny = read(&root.join("deny.toml"))?;
    compare(&known.advisory, packages, &deny.advisories.ignore)
}

fn read<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    toml::from_str(&text).with_context(|| format!("cannot read {}", file.display()))
}

fn compare(known: &[Advisory], packages: &[Package], exceptions: &[Exception]) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    let mut borne = Vec::new();
    for advisory in known {
        // What has no source is ours and only called like something published.
        for package in packages.iter().filter(|package| package.name == advisory.name && package.source.is_some()) {
            if is_safe(advisory, package)? {
                continue;
            }
            borne.push(advisory.id.as_str());
            if !exceptions.iter().any(|exception| exception.id == advisory.id) {
                let (name, version, id) = (&package.name, &package.version, &advisory.id);
                complaints.push(format!("{name} {version} has the flaw {id}; without it are {:?}", advisory.safe));
            }
        }
    }
    complaints.extend(exceptions.iter().filter_map(|exception| stale(exception, &borne)));
    Ok(complaints)
}

fn is_safe(advisory: &Advisory, package: &Package) -> Result<bool> {
    let version = Version::parse(&package.version).with_context(|| format!("{} has no version", package.name))?;
    for safe in &advisory.safe {
        let safe = VersionReq::parse(safe).with_context(|| format!("{} is about no version", advisory.id))?;
        if safe.matches(&version) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// An exception says on which day to look at it again, and is there while there is something to except. No check fails
/// for the day alone.
fn stale(exception: &Exception, borne: &[&str]) -> Option<String> {
    let Exception { id, reason } = exception;
    if !borne.contains(&id.as_str()) {
        return Some(format!("deny.toml excepts {id}, which concerns no locked package"));
    }
    let has_day = reason.split_once("review on ").is_some_and(|(_, day)| day.len() == 10 && day.starts_with("20"));
    (!has_day).then(|| format!("deny.toml excepts {id} without `review on` a day"))
}

/// Takes over what RustSec knows, from a clone of its database (github.com/rustsec/advisory-db)
#[derive(Args)]
pub(crate) struct Advisories {
    /// The clone
    database: PathBuf,
}

/// What stands in front of an advisory's text.
#[derive(Deserialize)]
struct Published {
    advisory: Heading,
    #[serde(default)]
    versions: Versions,
}

#[derive(Deserialize)]
struct Heading {
    id: String,
    package: String,
    withdrawn: Option<String>,
}

#[derive(Default, Deserialize)]
struct Versions {
    #[serde(default)]
    patched: Vec<String>,
    #[serde(default)]
    unaffected: Vec<String>,
}

impl Advisories {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let mut git = workspace.command("git");
        git.arg("-C").arg(&self.database).args(["log", "-1", "--format=%cs"]);
        let day = workspace.runner.capture(&mut git)?;
        let mut advisories = Vec::new();
        for folder in entries(&self.database.join("crates"))? {
            for file in entries(&folder)? {
                advisories.extend(published(&file)?);
            }
        }
        advisories.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
        std::fs::write(workspace.root.join(FILE), text(day.trim(), &advisories)).context("cannot write advisories.toml")
    }
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = folder.read_dir().with_context(|| format!("cannot read {}", folder.display()))?;
    entries.map(|entry| Ok(entry?.path())).collect()
}

/// None of an advisory that was withdrawn.
fn published(file: &Path) -> Result<Option<Advisory>> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let front = text.strip_prefix("```toml").and_then(|text| text.split_once("```"));
    let (front, _) = front.with_context(|| format!("{} begins with no table", file.display()))?;
    let Published { advisory, versions } =
        toml::from_str(front).with_context(|| format!("cannot read {}", file.display()))?;
    let safe = versions.patched.into_iter().chain(versions.unaffected).collect();
    Ok(advisory.withdrawn.is_none().then_some(Advisory { id: advisory.id, name: advisory.package, safe }))
}

/// One line for each advisory, so that a change is one as well.
fn text(day: &str, advisories: &[Advisory]) -> String {
    let mut text = format!("{HEAD}day = {day:?}\nadvisory = [\n");
    for Advisory { id, name, safe } in advisories {
        writeln!(text, "    {{ id = {id:?}, crate = {name:?}, safe = {safe:?} }},").expect("a text takes any line");
    }
    text + "]\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

    fn package(name: &str, version: &str) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            license: None,
            source: Some("registry+https://example.org/index".to_owned()),
            dependencies: Vec::new(),
        }
    }

    fn flaw(safe: &[&str]) -> Advisory {
        let safe = safe.iter().map(|safe| (*safe).to_owned()).collect();
        Advisory { id: "RUSTSEC-1".to_owned(), name: "thing".to_owned(), safe }
    }

    #[track_caller]
    fn check(safe: &[&str], reason: Option<&str>, expected: &[&str]) {
        let exception = |reason: &str| Exception { id: "RUSTSEC-1".to_owned(), reason: reason.to_owned() };
        let exceptions: Vec<_> = reason.map(exception).into_iter().collect();
        let packages = [
            package("thing", "1.2.3"),
            package("other", "0.1.0"),
            Package { source: None, ..package("thing", "0.0.0") },
        ];
        assert_eq!(compare(&[flaw(safe)], &packages, &exceptions).unwrap(), expected);
    }

    /// What is locked, as the file itself says.
    #[test]
    fn wp_08_no_locked_package_has_a_known_flaw_that_nobody_gave_a_reason_for() {
        let root = Path::new(ROOT);
        let lock: toml::Table = read(&root.join("Cargo.lock")).unwrap();
        let locked = lock["package"].as_array().unwrap().iter().filter(|package| package.get("source").is_some());
        let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
        let packages: Vec<_> = locked.map(|one| package(&text(one, "name"), &text(one, "version"))).collect();
        assert_eq!(complaints(root, &packages).unwrap(), Vec::<String>::new());
        let found = complaints(root, &[package("h2", "0.4.1"), package("rsa", "0.9.0")]).unwrap();
        assert!(
            found.iter().any(|complaint| complaint.starts_with("h2 0.4.1 has the flaw RUSTSEC-2024-0332")),
            "{found:?}"
        );
        assert!(!found.iter().any(|complaint| complaint.contains("RUSTSEC-2023-0071")), "{found:?}");
    }

    #[test]
    fn wp_08_a_flaw_is_borne_for_a_reason_and_until_a_day() {
        check(&[">= 1.2.3"], None, &[]);
        check(
            &["^0.9.5", ">= 1.3.0", "< 1.0.0, >= 0.3.0"],
            None,
            &["thing 1.2.3 has the flaw RUSTSEC-1; without it are [\"^0.9.5\", \">= 1.3.0\", \"< 1.0.0, >= 0.3.0\"]"],
        );
        check(&[], None, &["thing 1.2.3 has the flaw RUSTSEC-1; without it are []"]);
        check(&[], Some("harmless; review on 2027-01-01"), &[]);
        check(&[], Some("harmless"), &["deny.toml excepts RUSTSEC-1 without `review on` a day"]);
        check(
            &["*"],
            Some("harmless; review on 2027-01-01"),
            &["deny.toml excepts RUSTSEC-1, which concerns no locked package"],
        );
    }

    #[test]
    fn an_advisory_is_read_from_what_stands_in_front_of_it() {
        let folder = std::env::temp_dir().join(format!("landbridge-advisory-{}", std::process::id()));
        let front = "[advisory]\nid = \"RUSTSEC-1\"\npackage = \"thing\"\n";
        let versions = "[versions]\npatched = [\">= 2\"]\nunaffected = [\"< 1\"]\n";
        for (withdrawn, expected) in [("", true), ("withdrawn = \"2026-01-01\"\n", false)] {
            std::fs::write(&folder, format!("```toml\n{front}{withdrawn}{versions}```\n# A flaw\n```\ncode\n```\n"))
                .unwrap();
            let found = published(&folder).unwrap();
            assert_eq!(found.is_some(), expected);
            let line = "{ id = \"RUSTSEC-1\", crate = \"thing\", safe = [\">= 2\", \"< 1\"] }";
            assert!(found.is_none_or(|found| text("2026-01-01", &[found]).contains(line)));
        }
        std::fs::remove_file(&folder).unwrap();
    }
}
