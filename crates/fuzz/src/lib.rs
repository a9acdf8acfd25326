//! For tests alone: whatever strangers send, every parser of it keeps its promises.
//!
//! Each [`Target`] hands bytes to one parser and asserts what must hold of any answer: that what is printed reads the
//! same again, that nothing is accepted which an independent reading refuses, that bounds hold. The tests of this crate
//! try the committed corpus and some thousand mutations of it, always the same ones; `cargo xtask fuzz` goes on for as
//! long as somebody likes, guided by what the input reaches.
//!
//! Start at [`TARGETS`]. An input that breaks a promise belongs into `corpus/TARGET`, under a name that says what it
//! is.

mod corpus;
mod mutation;
mod target;
mod targets;

pub use target::{TARGETS, Target};
