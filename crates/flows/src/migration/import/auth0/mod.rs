//! The three files Auth0 reads and writes.

mod custom_password_hash;
mod encoding;
pub(super) mod export;
pub(super) mod hashes;
pub(super) mod profile;
pub(super) mod user_id;
pub(super) mod users_import;
