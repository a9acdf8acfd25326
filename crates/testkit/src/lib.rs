//! For tests alone: a whole broker in process on a database of its own, a browser, relying parties, and a source
//! that lies.
//!
//! Nothing here stands in for a part of the product: what differs from production are the clock, the entropy, the
//! cost of hashes and where the database lies. Whatever cannot be done panics, since no test could go on.
//!
//! Start at [`App`], then [`Browser`] and [`RelyingParty`]; [`source`] plays the other side of a migration,
//! [`provider`] that of a sign-in elsewhere.

mod answer;
mod app;
mod browser;
mod builders;
mod client_key;
mod clock;
mod database;
mod dpop_key;
mod dump;
mod entropy;
mod log;
mod mailbox;
mod meanwhile;
mod page;
pub mod provider;
mod relying_party;
pub mod source;
mod token_verifier;

pub use answer::{Answer, ClientAnswer};
pub use app::{App, Options, for_each_deployment, for_each_engine, for_each_engine_with};
pub use browser::{Browser, Visit};
pub use builders::{hash_formats, native, outdated};
pub use client_key::ClientKeyPair;
pub use clock::SettableClock;
pub use database::Engine;
pub use dpop_key::{DpopKey, proof_claims};
pub use dump::Dump;
pub use entropy::SeededEntropy;
pub use log::Log;
pub use page::{Form, Page};
pub use relying_party::{AuthorizationUrl, Encoding, RelyingParty};
pub use token_verifier::TokenVerifier;
