//! Has Docker's compose tool read the files that we offer for it; no container is started.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value;

use crate::generate::REFERENCE;
use crate::runner::Runner;
use crate::workspace::Workspace;

/// A file, and what whoever starts its containers has to provide.
struct Composition {
    file: &'static str,
    required: &'static [&'static str],
}

const COMPOSITIONS: &[Composition] = &[
    Composition {
        file: "docker-compose.yml",
        required: &["LANDBRIDGE_MASTER_KEY", "LANDBRIDGE_MANAGEMENT_CLIENT_SECRET", "POSTGRES_PASSWORD"],
    },
    Composition {
        file: "docs/examples/two-nodes/docker-compose.yml",
        required: &[
            "LANDBRIDGE_HOST",
            "LANDBRIDGE_MASTER_KEY",
            "LANDBRIDGE_MANAGEMENT_CLIENT_SECRET",
            "POSTGRES_PASSWORD",
        ],
    },
];

pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let folder = workspace.members()?.target_directory.join("xtask");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let schema = read(&workspace.root.join(REFERENCE).join("configuration.schema.json"))?;
    let schema = serde_json::from_str(&schema).context("the schema of the configuration is not JSON")?;
    for composition in COMPOSITIONS {
        check_text(&read(&workspace.root.join(composition.file))?, &schema).context(composition.file)?;
        composition.check_with_compose(workspace, &folder.join("compose.env"))?;
    }
    Ok(())
}

fn read(file: &Path) -> Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

/// What compose passes over: the names of our settings, and of which version the images are.
fn check_text(text: &str, schema: &Value) -> Result<()> {
    for name in settings(text) {
        ensure!(is_setting(name, schema), "{name} is no setting");
    }
    for image in text.lines().filter_map(|line| line.trim().strip_prefix("image:")) {
        ensure!(names_a_version(image), "the image{image} may be another one tomorrow");
    }
    Ok(())
}

/// The settings in the form that they have in the environment.
fn settings(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("LANDBRIDGE__"))
}

fn is_setting(name: &str, schema: &Value) -> bool {
    let name = name.to_lowercase();
    let mut place = Some(schema);
    for part in name.split("__").skip(1) {
        place = place.and_then(|place| place["properties"].get(part));
    }
    place.is_some()
}

fn names_a_version(image: &str) -> bool {
    image.rsplit_once(':').is_some_and(|(_, tag)| tag.starts_with(|c: char| c.is_ascii_digit()))
}

impl Composition {
    /// The file is accepted with everything given, and refused when anything is missing, rather than started without.
    fn check_with_compose(&self, workspace: &Workspace, settings: &Path) -> Result<()> {
        write_settings(settings, self.required)?;
        self.read_by_compose(workspace, settings, Stdio::inherit())?;
        for missing in self.required {
            let given: Vec<_> = self.required.iter().copied().filter(|name| name != missing).collect();
            write_settings(settings, &given)?;
            if self.read_by_compose(workspace, settings, Stdio::null()).is_ok() {
                bail!("{} is accepted without {missing}", self.file);
            }
        }
        Ok(())
    }

    fn read_by_compose(&self, workspace: &Workspace, settings: &Path, complaints: Stdio) -> Result<()> {
        let words = tool(&workspace.runner);
        let mut command = workspace.command(words[0]);
        command.args(&words[1..]).arg("--env-file").arg(settings).args(["--file", self.file, "config", "--quiet"]);
        // The environment would outdo the file.
        for name in self.required {
            command.env_remove(name);
        }
        workspace.runner.run(command.stderr(complaints))
    }
}

/// In a file of their own, which compose reads in place of a `.env` that may lie beside ours.
fn write_settings(settings: &Path, names: &[&str]) -> Result<()> {
    let lines: Vec<_> = names.iter().map(|name| format!("{name}=secret")).collect();
    std::fs::write(settings, lines.join("\n")).with_context(|| format!("cannot write {}", settings.display()))
}

/// The plugin of today's docker, or the program that Debian 12 packages.
fn tool(runner: &Runner) -> &'static [&'static str] {
    if runner.probe("docker compose version") { &["docker", "compose"] } else { &["docker-compose"] }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(text: &str, complaint: Option<&str>) {
        let schema = json!({"properties": {"server": {"properties": {"tls": {"properties": {"key": {}}}}}}});
        let found = check_text(text, &schema).map_err(|error| error.to_string());
        assert_eq!(found.err().as_deref(), complaint, "{text}");
    }

    #[test]
    fn settings_that_do_not_exist_are_named() {
        check("  LANDBRIDGE__SERVER__TLS__KEY: /key.pem\n  LANDBRIDGE_HOST: x\n", None);
        check("- \"LANDBRIDGE__SERVER__TSL__KEY=/key.pem\"", Some("LANDBRIDGE__SERVER__TSL__KEY is no setting"));
        check("LANDBRIDGE__SERVER__TLS__KEY__X: 1", Some("LANDBRIDGE__SERVER__TLS__KEY__X is no setting"));
    }

    #[test]
    fn images_are_of_a_version() {
        check("    image: postgres:15-bookworm", None);
        for image in ["caddy", "caddy:latest"] {
            check(&format!("    image: {image}"), Some(&format!("the image {image} may be another one tomorrow")));
        }
    }
}
