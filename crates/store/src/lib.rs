//! Every SQL statement, for SQLite and Postgres alike.
//!
//! One module per table, one function per question. Functions take whatever can read ([`Read`]) or the write they
//! are lent ([`WriteTx`]); only `flows` opens and commits. Statements are written once, as text that both engines
//! accept; start reading at [`db`], the adapter that runs them.

pub mod access_tokens;
pub mod authorization_codes;
pub mod bulk;
pub mod client_credentials;
pub mod client_grants;
pub mod clients;
pub mod connections;
pub mod db;
pub mod ephemeral;
pub mod event_seals;
pub mod events;
pub mod expiry;
pub mod failed_logins;
pub mod families;
pub mod grants;
pub mod held_refresh_tokens;
pub mod identities;
pub mod job_downloads;
pub mod job_errors;
pub mod jobs;
pub mod listing;
pub mod migration;
pub mod passwords;
pub mod pending_authorizations;
pub mod permissions;
pub mod provider_sign_ins;
pub mod pushed_authorizations;
pub mod refresh_tokens;
pub mod resource_servers;
pub mod roles;
pub mod search;
pub mod session_origins;
pub mod sessions;
pub mod settings;
pub mod signing_keys;
pub mod tickets;
pub mod used_tokens;
pub mod users;

mod columns;
mod documents;
#[cfg(test)]
mod tests;

pub use db::{Load, Read, Reader, Snapshot, Store, StoreError, StoreSettings, WriteTx};
pub use listing::{Page, Sort};
