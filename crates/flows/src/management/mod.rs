//! The Management API: what an operator, or an operator's script, may ask.
//!
//! Each flow's first line asks whether the [`Caller`] may; only then is anything of the request read, which is why
//! flows take a [`Body`] and a [`Query`] instead of values. A change is applied to the record, the record is checked
//! as a whole, and one write carries it together with its event.

pub mod blocks;
pub mod body;
pub mod caller;
pub mod client_credentials;
pub mod client_grants;
pub mod clients;
pub mod connections;
pub mod device_credentials;
pub mod grants;
pub mod jobs;
pub mod logs;
pub mod paging;
pub mod permissions;
pub mod query;
pub mod refresh_tokens;
pub mod refused;
pub mod resource_servers;
pub mod roles;
pub mod sessions;
pub mod signing_keys;
pub mod stats;
pub mod tenant_settings;
pub mod tickets;
pub mod users;

mod noted;
mod search;
mod text;

use std::time::Duration;

pub use body::{Body, BodyInvalid};
pub use caller::{Caller, CallerRefused};
pub use credentials::policy::Refusal as PasswordRefusal;
pub use paging::{Listing, Shape};
pub use query::{Query, QueryInvalid};
pub use refused::{Refused, Resource};

/// How long the database may look through a list that grows without bound, as Auth0 has it for searches.
const LONGEST_SEARCH: Duration = Duration::from_secs(2);

/// How often a change is applied to a record that somebody else changes at the same time.
const ATTEMPTS: usize = 2;
