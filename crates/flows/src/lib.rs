//! What the product does, one module for each thing that somebody can ask of it.
//!
//! Every flow is `flow(&Services, &RequestContext, request) -> Result<outcome, refusal>`. Flows read, compute, then
//! write once; no network call, password hash or signature happens while a write is open. This is the only crate
//! that opens transactions. Start at [`authorize`] for signing in, [`grants`] for the token endpoint and
//! [`migration`] for people who move.

pub mod authorize;
pub mod backchannel_logout;
pub mod bootstrap;
pub mod client_authentication;
pub mod client_face;
mod client_keys;
mod connection_secrets;
pub mod consent;
pub mod context;
pub mod cors;
pub mod csrf;
pub mod dbconnections;
pub mod discovery;
pub mod dpop;
pub mod error;
pub mod event_seals;
pub mod events;
pub mod grants;
pub mod hashing;
pub mod health;
pub mod introspection;
pub mod jobs;
pub mod limits;
pub mod login;
pub mod logout;
mod machines;
pub mod mail;
pub mod management;
pub mod migration;
pub mod nodes;
mod permissions;
mod presented_token;
pub mod registration;
pub mod revocation;
mod seldom;
pub mod services;
pub mod sessions;
mod shared_reading;
pub mod signing_keys;
pub mod signup;
pub mod startup;
pub mod sweeping;
mod tally;
pub mod tenant;
pub mod tickets;
pub mod tokens;
pub mod userinfo;

pub use context::{Clock, RequestContext};
pub use error::InternalError;
pub use services::{Services, Settings};
