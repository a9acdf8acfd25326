//! `cargo xtask sbom`: what the product is made of, as a CycloneDX document.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::workspace::Workspace;

/// Lists every package of the lock file, with checksum and licence, in CycloneDX: the same for the same sources
#[derive(Args)]
pub(crate) struct Sbom {
    /// Where to; the standard output without it
    #[arg(long)]
    output: Option<PathBuf>,
}

#[derive(Deserialize)]
struct Lock {
    package: Vec<Locked>,
}

#[derive(Deserialize)]
struct Locked {
    name: String,
    version: String,
    /// Absent for the packages of this workspace, which are the product and no component of it.
    checksum: Option<String>,
    /// A name, and the version where the lock file has several.
    #[serde(default)]
    dependencies: Vec<String>,
}

/// What the lock file does not say of a package, by its name and version.
type Licences = BTreeMap<(String, String), String>;

impl Sbom {
    pub(crate) fn run(&self, workspace: &Workspace) -> Result<()> {
        let text = std::fs::read_to_string(workspace.root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
        let packages = workspace.locked_packages()?.packages;
        let licences = packages.into_iter().filter_map(|one| Some(((one.name, one.version), one.license?))).collect();
        let document = serde_json::to_string_pretty(&document(&text, &licences, &built(workspace)?)?)?;
        match &self.output {
            Some(file) => std::fs::write(file, document + "\n").context("cannot write the document"),
            None => writeln!(io::stdout(), "{document}").context("cannot write the document"),
        }
    }
}

/// Names and versions of what is in the released binary, on any platform. The rest builds or tests it.
fn built(workspace: &Workspace) -> Result<BTreeSet<(String, String)>> {
    let mut tree = workspace.cargo("tree");
    tree.args(["--package", "broker", "--edges", "normal", "--target", "all", "--prefix", "none", "--format", "{p}"]);
    let output = workspace.runner.capture(&mut tree)?;
    let named = |line: &str| {
        let mut words = line.split_whitespace();
        Some((words.next()?.to_owned(), words.next()?.strip_prefix('v')?.to_owned()))
    };
    Ok(output.lines().filter_map(named).collect())
}

fn document(lock: &str, licences: &Licences, built: &BTreeSet<(String, String)>) -> Result<Value> {
    let lock: Lock = toml::from_str(lock).context("cannot read Cargo.lock")?;
    let (foreign, own): (Vec<_>, Vec<_>) = lock.package.iter().partition(|package| package.checksum.is_some());
    let refs_of = |package: &Locked| -> BTreeSet<String> {
        let named = |wanted: &String| foreign.iter().find(|one| is_meant(wanted, one)).map(|one| purl(one));
        package.dependencies.iter().filter_map(named).collect()
    };
    let product = own.iter().flat_map(|package| refs_of(package)).collect::<BTreeSet<_>>();
    let mut dependencies = vec![json!({"ref": "landbridge", "dependsOn": product})];
    dependencies.extend(foreign.iter().map(|package| json!({"ref": purl(package), "dependsOn": refs_of(package)})));
    let version = own.iter().find(|package| package.name == "broker").map(|package| package.version.as_str());
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "version": 1,
        "metadata": {"component": {
            "type": "application", "bom-ref": "landbridge", "name": "landbridge", "version": version,
        }},
        "components": foreign.iter().map(|package| component(package, licences, built)).collect::<Vec<_>>(),
        "dependencies": dependencies,
    }))
}

fn component(package: &Locked, licences: &Licences, built: &BTreeSet<(String, String)>) -> Value {
    let key = (package.name.clone(), package.version.clone());
    let mut component = json!({
        "type": "library",
        "bom-ref": purl(package),
        "name": package.name,
        "version": package.version,
        "scope": if built.contains(&key) { "required" } else { "excluded" },
        "hashes": [{"alg": "SHA-256", "content": package.checksum}],
        "purl": purl(package),
    });
    if let Some(licence) = licences.get(&key) {
        // Before it asked for SPDX expressions, cargo had a slash between alternatives.
        component["licenses"] = json!([{"expression": licence.replace('/', " OR ")}]);
    }
    component
}

fn is_meant(wanted: &str, package: &Locked) -> bool {
    let mut words = wanted.split(' ');
    words.next() == Some(&package.name) && words.next().is_none_or(|version| version == package.version)
}

fn purl(package: &Locked) -> String {
    format!("pkg:cargo/{}@{}", package.name, package.version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOCK: &str = include_str!("../../../Cargo.lock");

    #[test]
    fn wp_08_every_locked_package_is_in_the_document_with_its_checksum() {
        let document = document(LOCK, &Licences::new(), &BTreeSet::new()).unwrap();
        let lock: toml::Table = LOCK.parse().unwrap();
        let locked = lock["package"].as_array().unwrap().iter().filter(|package| package.get("source").is_some());
        let text = |value: Option<&toml::Value>| value.and_then(toml::Value::as_str).unwrap_or("none").to_owned();
        let expected: BTreeSet<_> =
            locked.map(|one| (text(one.get("name")), text(one.get("version")), text(one.get("checksum")))).collect();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let components = document["components"].as_array().unwrap();
        let told = components
            .iter()
            .map(|one| (text(&one["name"]), text(&one["version"]), text(&one["hashes"][0]["content"])));
        assert_eq!(told.collect::<BTreeSet<_>>(), expected);
        assert!(
            !expected.iter().any(|(_, _, checksum)| checksum == "none"),
            "what is downloaded is known by its checksum"
        );
        let refs: BTreeSet<_> =
            components.iter().map(|one| text(&one["bom-ref"])).chain(["landbridge".to_owned()]).collect();
        assert_eq!(refs.len(), components.len() + 1, "no two are called alike");
        for dependency in document["dependencies"].as_array().unwrap() {
            let named = dependency["dependsOn"].as_array().unwrap().iter().chain([&dependency["ref"]]);
            assert!(named.clone().all(|one| refs.contains(&text(one))), "{dependency}");
        }
    }

    #[test]
    fn a_component_says_where_it_comes_from_and_under_which_licence() {
        let lock = r#"
            [[package]]
            name = "broker"
            version = "0.1.0"
            dependencies = ["thing 1.2.3"]
            [[package]]
            name = "thing"
            version = "1.2.3"
            checksum = "ab"
            [[package]]
            name = "thing"
            version = "2.0.0"
            checksum = "cd"
            dependencies = ["broker", "thing 1.2.3"]
        "#;
        let thing = ("thing".to_owned(), "1.2.3".to_owned());
        let licences = Licences::from([(thing.clone(), "MIT/Apache-2.0".to_owned())]);
        let document = document(lock, &licences, &BTreeSet::from([thing])).unwrap();
        assert_eq!(document["metadata"]["component"]["version"], "0.1.0");
        assert_eq!(
            document["components"],
            json!([
                {"type": "library", "bom-ref": "pkg:cargo/thing@1.2.3", "name": "thing", "version": "1.2.3",
                 "scope": "required", "hashes": [{"alg": "SHA-256", "content": "ab"}], "purl": "pkg:cargo/thing@1.2.3",
                 "licenses": [{"expression": "MIT OR Apache-2.0"}]},
                {"type": "library", "bom-ref": "pkg:cargo/thing@2.0.0", "name": "thing", "version": "2.0.0",
                 "scope": "excluded", "hashes": [{"alg": "SHA-256", "content": "cd"}], "purl": "pkg:cargo/thing@2.0.0"},
            ])
        );
        assert_eq!(
            document["dependencies"],
            json!([
                {"ref": "landbridge", "dependsOn": ["pkg:cargo/thing@1.2.3"]},
                {"ref": "pkg:cargo/thing@1.2.3", "dependsOn": []},
                {"ref": "pkg:cargo/thing@2.0.0", "dependsOn": ["pkg:cargo/thing@1.2.3"]},
            ])
        );
    }
}
