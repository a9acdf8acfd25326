//! Speaks to other identity systems as their client. Today that is the source of lazy migration: the system that
//! still holds the passwords of people who have not moved.
//!
//! It never writes anything, never reads a clock to decide something (`now` comes in), never follows a redirect,
//! never dials a private network the operator has not named, and never logs a password, a token or an address.
//! What a source says becomes a member of a closed set of answers; of these only
//! [`SourceAnswer::WrongPassword`] says something about the password that was tried.
//!
//! Start at [`Upstreams`], then [`answer`]; `gate` holds what keeps a slow or broken source from hurting us, `auth0`
//! what goes over the wire.

#![warn(missing_docs)]

mod addresses;
pub mod answer;
mod auth0;
mod breaker;
mod gate;
mod http;
mod issuer;
mod profile;
#[cfg(test)]
mod tests;
mod upstreams;

pub use answer::{DirectoryAnswer, Garbage, SourceAnswer, UnavailableReason};
pub use breaker::BreakerPosition;
pub use gate::{LastFailure, SourceHealth};
pub use http::{HttpSettings, HttpSetupError};
pub use issuer::IssuerRefused;
pub use profile::{ProfileOrigin, SourceIdentity, SourceProfile};
pub use upstreams::{PasswordAttempt, Upstreams};
