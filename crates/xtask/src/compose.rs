//! Has Docker's compose tool read our `docker-compose.yml`; no container is started.

use std::path::Path;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};

use crate::runner::Runner;
use crate::workspace::Workspace;

/// What whoever starts the containers has to provide.
const SECRETS: &[&str] = &["LANDBRIDGE_MASTER_KEY", "LANDBRIDGE_MANAGEMENT_CLIENT_SECRET", "POSTGRES_PASSWORD"];

/// The file is accepted with all secrets given, and refused when any one is missing, rather than started without.
pub(crate) fn check(workspace: &Workspace) -> Result<()> {
    let folder = workspace.members()?.target_directory.join("xtask");
    std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let settings = folder.join("compose.env");
    write_settings(&settings, SECRETS)?;
    read_by_compose(workspace, &settings, Stdio::inherit())?;
    for missing in SECRETS {
        let given: Vec<_> = SECRETS.iter().copied().filter(|secret| secret != missing).collect();
        write_settings(&settings, &given)?;
        let refused = read_by_compose(workspace, &settings, Stdio::null()).is_err();
        ensure!(refused, "docker-compose.yml is accepted without {missing}");
    }
    Ok(())
}

/// In a file of their own, which compose reads in place of a `.env` that may lie beside `docker-compose.yml`.
fn write_settings(settings: &Path, secrets: &[&str]) -> Result<()> {
    let lines: Vec<_> = secrets.iter().map(|secret| format!("{secret}=secret")).collect();
    std::fs::write(settings, lines.join("\n")).with_context(|| format!("cannot write {}", settings.display()))
}

fn read_by_compose(workspace: &Workspace, settings: &Path, complaints: Stdio) -> Result<()> {
    let words = tool(&workspace.runner);
    let mut command = workspace.command(words[0]);
    command.args(&words[1..]).arg("--env-file").arg(settings).args(["config", "--quiet"]).stderr(complaints);
    // The environment would outdo the file.
    for secret in SECRETS {
        command.env_remove(secret);
    }
    workspace.runner.run(&mut command)
}

/// The plugin of today's docker, or the program that Debian 12 packages.
fn tool(runner: &Runner) -> &'static [&'static str] {
    if runner.probe("docker compose version") { &["docker", "compose"] } else { &["docker-compose"] }
}
