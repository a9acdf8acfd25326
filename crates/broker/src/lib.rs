//! The binary's parts: configuration, wiring, command line, telemetry and background work.
//!
//! It decides nothing about identity; it reads what an operator wrote, builds the parts the other crates ask for, and
//! runs them. Only this crate reads the environment and configuration files. Start at [`config`].

#![warn(missing_docs)]

mod cli;
pub mod clock;
mod commands;
pub mod config;
mod failure;
pub mod mail;
mod memory;
pub mod secrets;
pub mod server;
mod signals;
pub mod telemetry;
pub mod wiring;
pub mod workers;

pub use cli::Cli;
pub use commands::run;
pub use failure::Failure;
