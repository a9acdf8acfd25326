//! `cargo xtask bench`: how fast the released binary is on this machine.

mod http;
mod import;

use anyhow::Result;
use clap::Subcommand;

pub(crate) use self::http::Http;
pub(crate) use self::import::Import;
use crate::workspace::Workspace;

/// What is measured.
#[derive(Subcommand)]
pub(crate) enum Bench {
    /// `landbridge import users`, on both databases
    Import(Import),
    /// Everything that is asked over HTTP, on both databases
    Http(Http),
}

pub(crate) fn run(workspace: &Workspace, bench: &Bench) -> Result<()> {
    match bench {
        Bench::Import(import) => import.run(workspace),
        Bench::Http(http) => http.run(workspace),
    }
}
