//! `landbridge`, the program.

use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;

/// An import hands millions of small texts from thread to thread, at which the C library's allocator spends a fifth of
/// the processor's time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    broker::run(&broker::Cli::parse())
}
