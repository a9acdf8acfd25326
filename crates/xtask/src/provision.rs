//! Debian packages, installed by name and only where something is missing.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace::Workspace;

/// Something that has to be on the machine.
pub(crate) struct Need {
    /// What a person calls it.
    name: &'static str,
    /// A shell script that succeeds where it is there.
    probe: &'static str,
    /// The Debian packages that bring it; none if Debian's is too old and it has to be installed by hand.
    packages: &'static [&'static str],
}

pub(crate) const TO_BUILD: &[Need] = &[
    Need { name: "a C compiler", probe: "command -v cc", packages: &["build-essential"] },
    Need { name: "OpenSSL's headers", probe: "pkg-config --exists openssl", packages: &["pkg-config", "libssl-dev"] },
];

pub(crate) const FOR_SERVICES: &[Need] = &[
    Need { name: "PostgreSQL", probe: "ls /usr/lib/postgresql/*/bin/initdb", packages: &["postgresql"] },
    Need { name: "Redis", probe: "command -v redis-server", packages: &["redis-server"] },
];

pub(crate) const FOR_CLIENTS: &[Need] = &[
    Need {
        name: "Node 20 or newer, with npm",
        probe: "command -v npm && node -e 'process.exit(Number(parseInt(process.versions.node) < 20))'",
        packages: &[],
    },
    Need { name: "Chromium", probe: "command -v chromium", packages: &["chromium"] },
    Need {
        name: "fonts for screenshots",
        probe: "ls -d /usr/share/fonts/truetype/liberation*",
        packages: &["fonts-liberation"],
    },
    Need { name: "the openssl program", probe: "command -v openssl", packages: &["openssl"] },
    Need {
        name: "Python with virtual environments",
        probe: "python3 -c 'import ensurepip, venv'",
        packages: &["python3-venv"],
    },
];

pub(crate) const FOR_POWER_CUTS: &[Need] =
    &[Need { name: "strace", probe: "command -v strace", packages: &["strace"] }];

pub(crate) const FOR_COMPOSE: &[Need] = &[Need {
    name: "Docker's compose tool",
    probe: "docker compose version || command -v docker-compose",
    packages: &["docker-compose"],
}];

/// Keep a package that brings a service from starting it: the tests start their own, on free ports.
const DO_NOT_START_SERVICES: &[(&str, &str)] = &[("RUNLEVEL", "1"), ("SYSTEMD_OFFLINE", "1")];

/// Installs what is missing among `needs`; says which command to run where it may not.
pub(crate) fn run<'a>(workspace: &Workspace, needs: impl IntoIterator<Item = &'a Need>) -> Result<()> {
    let missing: Vec<_> = needs.into_iter().filter(|need| !workspace.runner.probe(need.probe)).collect();
    if let Some(need) = missing.iter().find(|need| need.packages.is_empty()) {
        bail!("{} is needed and has to be installed by hand", need.name);
    }
    if missing.is_empty() {
        return Ok(());
    }
    install(workspace, &packages(&missing))?;
    match missing.iter().find(|need| !workspace.runner.probe(need.probe)) {
        Some(need) => bail!("{} is still missing after installing {}", need.name, need.packages.join(" ")),
        None => Ok(()),
    }
}

fn packages(missing: &[&Need]) -> Vec<&'static str> {
    missing.iter().flat_map(|need| need.packages).copied().collect()
}

fn install(workspace: &Workspace, packages: &[&str]) -> Result<()> {
    let by_hand = format!("apt-get update && apt-get install --no-install-recommends {}", packages.join(" "));
    if !workspace.runner.probe("command -v apt-get") {
        bail!("these Debian packages, or what this system calls them, are needed: {}", packages.join(" "));
    }
    let Some(as_root) = become_root(workspace) else { bail!("please run this as root, then try again: {by_hand}") };
    println!("installing {}", packages.join(" "));
    workspace.runner.run(apt_get(as_root).args(["--quiet", "update"]))?;
    let mut install = apt_get(as_root);
    install.args(["--quiet", "--yes", "--no-install-recommends", "install"]).args(packages);
    workspace.runner.run(&mut install)
}

/// The words to put before a command to run it as root, or `None` where that would ask for a password.
fn become_root(workspace: &Workspace) -> Option<&'static [&'static str]> {
    if rustix::process::geteuid().is_root() {
        return Some(&[]);
    }
    workspace.runner.probe("sudo -n true").then_some(&["sudo", "-n"])
}

/// The settings go through `env`, because sudo drops ours.
fn apt_get(as_root: &[&str]) -> Command {
    let words = [as_root, &["env", "DEBIAN_FRONTEND=noninteractive"]].concat();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]).args(DO_NOT_START_SERVICES.iter().map(|(name, value)| format!("{name}={value}"))).args([
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=120",
        "-o",
        "Dpkg::Use-Pty=0",
        "-o",
        "Acquire::Retries=3",
    ]);
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_missing_is_installed() {
        let workspace = Workspace::open().expect("the repository");
        let there = Need { name: "a shell", probe: "command -v sh", packages: &["no-such-package"] };
        run(&workspace, [&there]).expect("nothing to do");
    }

    #[test]
    fn what_debian_does_not_bring_is_asked_for() {
        let workspace = Workspace::open().expect("the repository");
        let missing = Need { name: "a perpetual motion machine", probe: "false", packages: &[] };
        let error = run(&workspace, [&missing]).expect_err("cannot be installed").to_string();
        assert_eq!(error, "a perpetual motion machine is needed and has to be installed by hand");
    }

    #[test]
    fn packages_of_all_needs_are_installed_together() {
        let needs: Vec<_> = TO_BUILD.iter().collect();
        assert_eq!(packages(&needs), ["build-essential", "pkg-config", "libssl-dev"]);
    }
}
