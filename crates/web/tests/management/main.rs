//! The Management API through the router, as a script of an operator's meets it.

mod api;
mod authentication;
mod blocks;
mod bootstrap;
mod client_credentials;
mod client_grants;
mod client_secrets;
mod clients;
mod connections;
mod documented;
mod jobs;
mod log_retention;
mod logs;
mod paging;
mod providers;
mod refresh_tokens;
mod resource_servers;
mod search;
mod sessions;
mod signing_keys;
mod stats;
mod tenant_settings;
mod tickets;
mod users;
mod users_exports;
mod users_imports;
