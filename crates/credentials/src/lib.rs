//! Decides whether a secret a person presented matches what we hold, in any supported format, and makes
//! new ones.
//!
//! Nothing here performs IO, reads a clock or draws randomness: salts arrive as arguments. Everything is
//! synchronous and slow on purpose; the caller moves it off the threads that answer requests and bounds how
//! much of it runs at once. No function accepts a hash whose cost has not been checked first, and no type
//! that holds a secret can be printed.
//!
//! Start reading at [`password`]: [`password::Prepared`] is what a person typed, [`password::Hasher`] makes
//! and checks our own hashes, and the registry in that module checks everybody else's. [`policy`] says
//! whether a new password is good enough.

#![warn(missing_docs)]

pub mod password;
pub mod policy;
