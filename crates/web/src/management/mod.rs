//! The Management API v2, in Auth0's paths and shapes. A token travels in the `Authorization` header and nowhere else.

mod answer;
mod blocks;
mod call;
mod client_credentials;
mod client_grants;
mod clients;
mod connections;
mod device_credentials;
mod grants;
mod jobs;
mod logs;
mod refresh_tokens;
mod resource_servers;
mod sessions;
mod signing_keys;
mod stats;
mod tenant_settings;
mod tickets;
mod upload;
mod users;
pub(crate) mod users_download;

use axum::Router;
use axum::routing::{delete, get, post, put};

use crate::errors::management::{Failure, Unread};
use crate::state::AppState;

/// Every route, to be nested below `/api/v2`.
pub(crate) fn router() -> Router<AppState> {
    Router::new()
        .route("/clients", get(clients::list).post(clients::create))
        .route("/clients/{id}", get(clients::get).patch(clients::update).delete(clients::delete))
        .route("/clients/{id}/rotate-secret", post(clients::rotate_secret))
        .route("/clients/{id}/credentials", get(client_credentials::list).post(client_credentials::create))
        .route(
            "/clients/{id}/credentials/{credential_id}",
            get(client_credentials::get).patch(client_credentials::update).delete(client_credentials::delete),
        )
        .route("/client-grants", get(client_grants::list).post(client_grants::create))
        .route(
            "/client-grants/{id}",
            get(client_grants::get).patch(client_grants::update).delete(client_grants::delete),
        )
        .route("/grants", get(grants::list).delete(grants::delete_of_user))
        .route("/grants/{id}", delete(grants::delete))
        .route("/resource-servers", get(resource_servers::list).post(resource_servers::create))
        .route(
            "/resource-servers/{id}",
            get(resource_servers::get).patch(resource_servers::update).delete(resource_servers::delete),
        )
        .route("/connections", get(connections::list).post(connections::create))
        .route("/connections/{id}", get(connections::get).patch(connections::update).delete(connections::delete))
        .route("/connections/{id}/clients", get(connections::list_clients).patch(connections::update_clients))
        .route("/connections/{id}/status", get(connections::status))
        .route("/connections/{id}/users", delete(connections::delete_users))
        .route("/users", get(users::list).post(users::create))
        .route("/users/{id}", get(users::get).patch(users::update).delete(users::delete))
        .route("/users-by-email", get(users::by_email))
        .route("/logs", get(logs::list))
        .route("/logs/{id}", get(logs::get))
        .route("/keys/signing", get(signing_keys::list))
        .route("/keys/signing/{kid}", get(signing_keys::get))
        .route("/keys/signing/rotate", post(signing_keys::rotate))
        .route("/keys/signing/{kid}/revoke", put(signing_keys::revoke))
        .route("/sessions/{id}", get(sessions::get).delete(sessions::delete))
        .route("/sessions/{id}/revoke", post(sessions::revoke))
        .route("/users/{id}/sessions", get(sessions::of_user).delete(sessions::delete_of_user))
        .route("/users/{id}/revoke-access", post(sessions::revoke_access))
        .route("/users/{id}/logs", get(logs::of_user))
        .route("/refresh-tokens", get(refresh_tokens::list))
        .route("/refresh-tokens/revoke", post(refresh_tokens::revoke))
        .route("/refresh-tokens/{id}", get(refresh_tokens::get).delete(refresh_tokens::delete))
        .route("/users/{id}/refresh-tokens", get(refresh_tokens::of_user).delete(refresh_tokens::delete_of_user))
        .route("/device-credentials", get(device_credentials::list))
        .route("/device-credentials/{id}", delete(device_credentials::delete))
        .route("/user-blocks", get(blocks::of_identifier).delete(blocks::release_identifier))
        .route("/user-blocks/{id}", get(blocks::of_user).delete(blocks::release_user))
        .route("/anomaly/blocks/ips/{ip}", get(blocks::of_address).delete(blocks::release_address))
        .route("/stats/daily", get(stats::daily))
        .route("/stats/active-users", get(stats::active_users))
        .route("/jobs/verification-email", post(jobs::verification_email))
        .route("/tickets/email-verification", post(tickets::email_verification))
        .route("/tickets/password-change", post(tickets::password_change))
        .route("/jobs/users-imports", post(jobs::import_users))
        .route("/jobs/users-exports", post(jobs::export_users))
        .route("/jobs/{id}", get(jobs::get))
        .route("/jobs/{id}/errors", get(jobs::errors))
        .route("/tenants/settings", get(tenant_settings::get).patch(tenant_settings::update))
        .fallback(|| async { Failure::from(Unread::NoSuchPath) })
        .method_not_allowed_fallback(|| async { Failure::from(Unread::NoSuchMethod) })
}
