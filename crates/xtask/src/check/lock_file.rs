//! The parts of `deny.toml` that can be checked without cargo-deny or a network: bans, licences and sources.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use serde::Deserialize;

use super::licence;
use crate::metadata::Package;
use crate::workspace::Workspace;

#[derive(Deserialize)]
struct Deny {
    bans: Bans,
    licenses: Licences,
    sources: Sources,
}

#[derive(Deserialize)]
struct Bans {
    deny: Vec<Ban>,
}

#[derive(Deserialize)]
struct Ban {
    #[serde(rename = "crate")]
    name: String,
    reason: String,
}

#[derive(Deserialize)]
struct Licences {
    allow: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Sources {
    allow_registry: Vec<String>,
}

pub(super) fn check(workspace: &Workspace) -> Result<Vec<String>> {
    let text = std::fs::read_to_string(workspace.root.join("deny.toml")).context("cannot read deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("cannot read deny.toml")?;
    let packages = workspace.locked_packages()?.packages;
    let mut complaints = banned(&deny.bans, &built_packages(workspace)?);
    complaints.extend(packages.iter().flat_map(|package| foreign(&deny, package)));
    Ok(complaints)
}

/// The names of what is really built, on any platform. The lock file alone also lists packages behind features that
/// nobody turns on.
fn built_packages(workspace: &Workspace) -> Result<BTreeSet<String>> {
    let mut tree = workspace.cargo("tree");
    tree.args(["--workspace", "--target", "all", "--prefix", "none", "--format", "{p}"]);
    let output = workspace.runner.capture(&mut tree)?;
    Ok(output.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

fn banned(bans: &Bans, built: &BTreeSet<String>) -> Vec<String> {
    let found = bans.deny.iter().filter(|ban| built.contains(&ban.name));
    found.map(|ban| format!("{} is in the tree: {} (see `cargo tree -i {0}`)", ban.name, ban.reason)).collect()
}

fn foreign(deny: &Deny, package: &Package) -> Vec<String> {
    let Some(source) = &package.source else { return Vec::new() };
    let mut complaints = Vec::new();
    if !deny.sources.allow_registry.iter().any(|registry| source.strip_prefix("registry+") == Some(registry)) {
        complaints.push(format!("{} {} comes from {source}", package.name, package.version));
    }
    let licence = package.license.as_deref().unwrap_or_default();
    if !licence::is_allowed(licence, &deny.licenses.allow) {
        complaints.push(format!("{} {} has the licence {licence:?}", package.name, package.version));
    }
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    const REGISTRY: &str = "https://example.org/index";

    fn deny() -> Deny {
        let ban = Ban { name: "ring".to_owned(), reason: "one crypto provider".to_owned() };
        Deny {
            bans: Bans { deny: vec![ban] },
            licenses: Licences { allow: vec!["MIT".to_owned()] },
            sources: Sources { allow_registry: vec![REGISTRY.to_owned()] },
        }
    }

    #[track_caller]
    fn check(source: Option<&str>, licence: Option<&str>, expected: &[&str]) {
        let package = Package {
            name: "thing".to_owned(),
            version: "1.0.0".to_owned(),
            license: licence.map(str::to_owned),
            source: source.map(str::to_owned),
            dependencies: Vec::new(),
        };
        assert_eq!(foreign(&deny(), &package), expected);
    }

    /// RUSTSEC-2023-0071: the crate whose private keys can be timed verifies signatures for one other.
    #[test]
    fn wp_08_the_crate_whose_private_keys_can_be_timed_has_none() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
        let read = |name: &str| std::fs::read_to_string(format!("{root}/{name}")).expect("it is there");
        let lock: toml::Table = read("Cargo.lock").parse().expect("TOML");
        let packages = lock["package"].as_array().expect("packages");
        let uses_rsa = |package: &&toml::Value| {
            let used = package.get("dependencies").and_then(toml::Value::as_array);
            used.is_some_and(|used| used.iter().any(|name| name.as_str() == Some("rsa")))
        };
        let users: Vec<_> = packages.iter().filter(uses_rsa).filter_map(|package| package["name"].as_str()).collect();
        assert_eq!(users, ["openidconnect"]);
        let unsure = |package: &&toml::Value| package.get("source").is_some() && package.get("checksum").is_none();
        assert_eq!(packages.iter().find(unsure), None, "what is downloaded is known by its checksum");
    }

    #[test]
    fn a_banned_package_is_named_with_its_reason() {
        let built = |name: &str| BTreeSet::from([name.to_owned()]);
        assert_eq!(banned(&deny().bans, &built("serde")), Vec::<String>::new());
        let expected = ["ring is in the tree: one crypto provider (see `cargo tree -i ring`)"];
        assert_eq!(banned(&deny().bans, &built("ring")), expected);
    }

    #[test]
    fn packages_come_from_known_places_under_known_licences() {
        let registry = Some("registry+https://example.org/index");
        check(None, None, &[]);
        check(registry, Some("MIT"), &[]);
        check(registry, Some("GPL-3.0"), &["thing 1.0.0 has the licence \"GPL-3.0\""]);
        check(registry, None, &["thing 1.0.0 has the licence \"\""]);
        check(
            Some("git+https://example.org/index"),
            Some("MIT"),
            &["thing 1.0.0 comes from git+https://example.org/index"],
        );
    }
}
