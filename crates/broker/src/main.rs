//! `landbridge`, the program.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    broker::run(&broker::Cli::parse())
}
