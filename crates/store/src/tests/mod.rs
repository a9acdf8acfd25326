//! Every function on every engine, and the adapter under strain.

mod adapter;
mod bulk;
mod client_credentials;
mod clients;
mod codes_and_tokens;
mod connections;
mod engines;
mod event_order;
mod events;
mod expiry;
mod families;
mod group_commit;
mod jobs;
mod login_names;
mod notes;
mod passwords;
mod records;
mod refresh_tokens;
mod resource_servers;
mod schemas;
mod sessions;
mod statements;
mod tenant;
mod tickets;
mod users;
