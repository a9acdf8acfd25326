//! Where the repository is, and how programs are started in it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::metadata::Metadata;
use crate::runner::Runner;

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) runner: Runner,
}

impl Workspace {
    pub(crate) fn open() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).context("xtask lies two folders deep")?;
        Ok(Self { root: root.to_path_buf(), runner: Runner::new()? })
    }

    /// A command that will run in the root of the repository.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(&self.root);
        command
    }

    /// Always with the committed lock file: what is tested is what was written down.
    pub(crate) fn cargo(&self, subcommand: &str) -> Command {
        let mut command = self.command("cargo");
        command.args([subcommand, "--locked"]);
        command
    }

    /// What the workspace's packages say of themselves; needs nothing to be downloaded.
    pub(crate) fn members(&self) -> Result<Metadata> {
        self.metadata(&["--no-deps"])
    }

    /// The same for every package in the lock file; downloads those that are missing.
    pub(crate) fn locked_packages(&self) -> Result<Metadata> {
        self.metadata(&[])
    }

    fn metadata(&self, arguments: &[&str]) -> Result<Metadata> {
        let json = self.runner.capture(self.cargo("metadata").args(["--format-version", "1"]).args(arguments))?;
        serde_json::from_str(&json).context("cannot read the output of cargo metadata")
    }

    /// The built product, in the folder of a cargo profile (`debug` or `release`).
    pub(crate) fn landbridge(&self, profile_folder: &str) -> Result<PathBuf> {
        Ok(self.members()?.target_directory.join(profile_folder).join("landbridge"))
    }
}
