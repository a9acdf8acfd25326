//! `cargo xtask demo`: from a fresh clone to a running demo.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::ExitCode;

use anyhow::{Context, Result};

use crate::provision;
use crate::workspace::Workspace;

/// Returns only when something went wrong: otherwise the demo takes the place of this process, so that the terminal,
/// Ctrl-C and the exit code are its own.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<ExitCode> {
    provision::run(workspace, provision::TO_BUILD)?;
    workspace.runner.run(workspace.cargo("build").args(["--package", "broker"]))?;
    let landbridge = workspace.landbridge("debug")?;
    let error = workspace.command(&landbridge).arg("demo").args(arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", landbridge.display()))
}
