//! The records this product keeps: users, clients, connections, sessions, grants, events.
//!
//! A record says what is stored and which values are legal; it knows neither SQL nor HTTP. Nothing here
//! reads a clock or draws randomness. Start at [`user`] and [`grant`].

#![warn(missing_docs)]

pub mod address;
pub mod client;
pub mod client_credential;
pub mod connection;
pub mod event;
pub mod grant;
pub mod ids;
pub mod job;
pub mod provider;
pub mod resource_server;
pub mod role;
pub mod session;
pub mod settings;
pub mod signing_key;
pub mod ticket;
pub mod time;
pub mod user;

pub use ids::{
    ClientGrantId, ClientId, ConnectionId, CredentialId, EventId, FamilyId, GrantId, JobId, RefreshTokenId,
    ResourceServerId, RoleId, SessionId, UserId,
};
pub use time::Timestamp;

/// A free-form JSON object, as in `user_metadata`.
pub type JsonObject = serde_json::Map<String, serde_json::Value>;
