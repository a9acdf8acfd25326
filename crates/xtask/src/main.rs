//! `cargo xtask`: the menu of what can be done in this repository, so that nothing beyond Rust has to be installed to
//! find the way.
//!
//! It uses none of the product's crates and needs no C library, so it runs on a machine where the product cannot be
//! built yet. Every program it starts lives in a process group of its own and is stopped by that group's id; nothing is
//! ever looked up by name. Start reading at [`suite`] for the tests and at [`check`] for the rules of the house.

mod bench;
mod calls;
mod check;
mod compose;
mod demo;
mod fuzz;
mod generate;
mod losses;
mod metadata;
mod outside;
mod provision;
mod runner;
mod sbom;
mod services;
mod soak;
mod suite;
mod timing;
mod torture;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;

use crate::bench::Bench;
use crate::calls::Calls;
use crate::check::advisories::Advisories;
use crate::fuzz::Fuzz;
use crate::losses::Losses;
use crate::sbom::Sbom;
use crate::soak::Soak;
use crate::suite::Step;
use crate::timing::Timing;
use crate::torture::Torture;
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "What can be done in this repository")]
enum Menu {
    /// Formatting, lints and the rules of the house: quick, and needs no network once dependencies are fetched
    Check,
    /// Everything: installs and starts what the tests need, runs all of them, stops what it started
    Test {
        /// Only these steps, separated by commas; what they need is prepared all the same
        #[arg(long, value_delimiter = ',')]
        only: Vec<Step>,
    },
    /// Builds the broker and runs the demo: a broker, an old identity provider and a sample application
    Demo {
        /// Passed on to `landbridge demo`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Measures the released binary on this machine
    #[command(subcommand)]
    Bench(Bench),
    Torture(Torture),
    Timing(Timing),
    Soak(Soak),
    Fuzz(Fuzz),
    Calls(Calls),
    Losses(Losses),
    Advisories(Advisories),
    Sbom(Sbom),
    /// Writes the generated files again: `docs/reference`
    Generate,
}

fn main() -> ExitCode {
    match run(&Menu::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(menu: &Menu) -> Result<ExitCode> {
    let workspace = Workspace::open()?;
    match menu {
        Menu::Check => check::run(&workspace).map(|failed| exit_code(failed == 0)),
        Menu::Test { only } => Ok(exit_code(suite::run(&workspace, only))),
        Menu::Demo { arguments } => demo::run(&workspace, arguments),
        Menu::Bench(bench) => bench::run(&workspace, bench).map(|()| ExitCode::SUCCESS),
        Menu::Torture(torture) => torture.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Timing(timing) => timing.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Losses(losses) => losses.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Soak(soak) => soak.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Calls(calls) => calls.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Fuzz(fuzz) => fuzz.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Advisories(advisories) => advisories.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Sbom(sbom) => sbom.run(&workspace).map(|()| ExitCode::SUCCESS),
        Menu::Generate => generate::run(&workspace).map(|()| ExitCode::SUCCESS),
    }
}

fn exit_code(succeeded: bool) -> ExitCode {
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
