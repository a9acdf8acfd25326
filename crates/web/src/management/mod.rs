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
mod permissions;
mod refresh_tokens;
mod resource_servers;
mod roles;
mod sessions;
mod signing_keys;
mod stats;
mod tenant_settings;
mod tickets;
mod upload;
mod users;
pub(crate) mod users_download;

use axum::Router;

pub(crate) use answer::Length;

use crate::errors::management::{Failure, Unread};
use crate::openapi::Routes;
use crate::state::AppState;

/// Where this API stands.
pub(crate) const PREFIX: &str = "/api/v2";

/// Everything below [`PREFIX`].
pub(crate) fn router() -> Router<AppState> {
    routes()
        .into_paths(|methods| methods)
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .fallback(|| async { Failure::from(Unread::NoSuchPath) })
        .method_not_allowed_fallback(|| async { Failure::from(Unread::NoSuchMethod) })
}

/// Every route: path, handler, and the function in the handler's `docs` module that describes it for the OpenAPI
/// document. The tests send the example of each to a tenant in which it is real (`tests/management/documented/world.rs`).
pub(crate) fn routes() -> Routes {
    of_roles()
        .get("/clients", clients::list, clients::docs::list)
        .post("/clients", clients::create, clients::docs::create)
        .get("/clients/{id}", clients::get, clients::docs::get)
        .patch("/clients/{id}", clients::update, clients::docs::update)
        .delete("/clients/{id}", clients::delete, clients::docs::delete)
        .post("/clients/{id}/rotate-secret", clients::rotate_secret, clients::docs::rotate_secret)
        .get("/clients/{id}/credentials", client_credentials::list, client_credentials::docs::list)
        .post("/clients/{id}/credentials", client_credentials::create, client_credentials::docs::create)
        .get("/clients/{id}/credentials/{credential_id}", client_credentials::get, client_credentials::docs::get)
        .patch(
            "/clients/{id}/credentials/{credential_id}",
            client_credentials::update,
            client_credentials::docs::update,
        )
        .delete(
            "/clients/{id}/credentials/{credential_id}",
            client_credentials::delete,
            client_credentials::docs::delete,
        )
        .get("/client-grants", client_grants::list, client_grants::docs::list)
        .post("/client-grants", client_grants::create, client_grants::docs::create)
        .get("/client-grants/{id}", client_grants::get, client_grants::docs::get)
        .patch("/client-grants/{id}", client_grants::update, client_grants::docs::update)
        .delete("/client-grants/{id}", client_grants::delete, client_grants::docs::delete)
        .get("/grants", grants::list, grants::docs::list)
        .delete("/grants", grants::delete_of_user, grants::docs::delete_of_user)
        .delete("/grants/{id}", grants::delete, grants::docs::delete)
        .get("/resource-servers", resource_servers::list, resource_servers::docs::list)
        .post("/resource-servers", resource_servers::create, resource_servers::docs::create)
        .get("/resource-servers/{id}", resource_servers::get, resource_servers::docs::get)
        .patch("/resource-servers/{id}", resource_servers::update, resource_servers::docs::update)
        .delete("/resource-servers/{id}", resource_servers::delete, resource_servers::docs::delete)
        .get("/connections", connections::list, connections::docs::list)
        .post("/connections", connections::create, connections::docs::create)
        .get("/connections/{id}", connections::get, connections::docs::get)
        .patch("/connections/{id}", connections::update, connections::docs::update)
        .delete("/connections/{id}", connections::delete, connections::docs::delete)
        .get("/connections/{id}/clients", connections::list_clients, connections::docs::list_clients)
        .patch("/connections/{id}/clients", connections::update_clients, connections::docs::update_clients)
        .get("/connections/{id}/status", connections::status, connections::docs::status)
        .delete("/connections/{id}/users", connections::delete_users, connections::docs::delete_users)
        .get("/users", users::list, users::docs::list)
        .post("/users", users::create, users::docs::create)
        .get("/users/{id}", users::get, users::docs::get)
        .patch("/users/{id}", users::update, users::docs::update)
        .delete("/users/{id}", users::delete, users::docs::delete)
        .get("/users-by-email", users::by_email, users::docs::by_email)
        .get("/logs", logs::list, logs::docs::list)
        .get("/logs/{id}", logs::get, logs::docs::get)
        .get("/keys/signing", signing_keys::list, signing_keys::docs::list)
        .get("/keys/signing/{kid}", signing_keys::get, signing_keys::docs::get)
        .post("/keys/signing/rotate", signing_keys::rotate, signing_keys::docs::rotate)
        .put("/keys/signing/{kid}/revoke", signing_keys::revoke, signing_keys::docs::revoke)
        .get("/sessions/{id}", sessions::get, sessions::docs::get)
        .patch("/sessions/{id}", sessions::update, sessions::docs::update)
        .delete("/sessions/{id}", sessions::delete, sessions::docs::delete)
        .post("/sessions/{id}/revoke", sessions::revoke, sessions::docs::revoke)
        .get("/users/{id}/sessions", sessions::of_user, sessions::docs::of_user)
        .delete("/users/{id}/sessions", sessions::delete_of_user, sessions::docs::delete_of_user)
        .post("/users/{id}/revoke-access", sessions::revoke_access, sessions::docs::revoke_access)
        .get("/users/{id}/logs", logs::of_user, logs::docs::of_user)
        .get("/refresh-tokens", refresh_tokens::list, refresh_tokens::docs::list)
        .post("/refresh-tokens/revoke", refresh_tokens::revoke, refresh_tokens::docs::revoke)
        .get("/refresh-tokens/{id}", refresh_tokens::get, refresh_tokens::docs::get)
        .patch("/refresh-tokens/{id}", refresh_tokens::update, refresh_tokens::docs::update)
        .delete("/refresh-tokens/{id}", refresh_tokens::delete, refresh_tokens::docs::delete)
        .get("/users/{id}/refresh-tokens", refresh_tokens::of_user, refresh_tokens::docs::of_user)
        .delete("/users/{id}/refresh-tokens", refresh_tokens::delete_of_user, refresh_tokens::docs::delete_of_user)
        .get("/device-credentials", device_credentials::list, device_credentials::docs::list)
        .delete("/device-credentials/{id}", device_credentials::delete, device_credentials::docs::delete)
        .get("/user-blocks", blocks::of_identifier, blocks::docs::of_identifier)
        .delete("/user-blocks", blocks::release_identifier, blocks::docs::release_identifier)
        .get("/user-blocks/{id}", blocks::of_user, blocks::docs::of_user)
        .delete("/user-blocks/{id}", blocks::release_user, blocks::docs::release_user)
        .get("/anomaly/blocks/ips/{ip}", blocks::of_address, blocks::docs::of_address)
        .delete("/anomaly/blocks/ips/{ip}", blocks::release_address, blocks::docs::release_address)
        .get("/stats/daily", stats::daily, stats::docs::daily)
        .get("/stats/active-users", stats::active_users, stats::docs::active_users)
        .post("/jobs/verification-email", jobs::verification_email, jobs::docs::verification_email)
        .post("/jobs/users-imports", jobs::import_users, jobs::docs::import_users)
        .post("/jobs/users-exports", jobs::export_users, jobs::docs::export_users)
        .get("/jobs/{id}", jobs::get, jobs::docs::get)
        .get("/jobs/{id}/errors", jobs::errors, jobs::docs::errors)
        .post("/tickets/email-verification", tickets::email_verification, tickets::docs::email_verification)
        .post("/tickets/password-change", tickets::password_change, tickets::docs::password_change)
        .get("/tenants/settings", tenant_settings::get, tenant_settings::docs::get)
        .patch("/tenants/settings", tenant_settings::update, tenant_settings::docs::update)
}

fn of_roles() -> Routes {
    Routes::default()
        .get("/roles", roles::list, roles::docs::list)
        .post("/roles", roles::create, roles::docs::create)
        .get("/roles/{id}", roles::get, roles::docs::get)
        .patch("/roles/{id}", roles::update, roles::docs::update)
        .delete("/roles/{id}", roles::delete, roles::docs::delete)
        .get("/roles/{id}/permissions", permissions::of_role, permissions::docs::of_role)
        .post("/roles/{id}/permissions", permissions::give_to_role, permissions::docs::give_to_role)
        .delete("/roles/{id}/permissions", permissions::take_from_role, permissions::docs::take_from_role)
        .get("/roles/{id}/users", roles::users, roles::docs::users)
        .post("/roles/{id}/users", roles::assign_users, roles::docs::assign_users)
        .get("/users/{id}/roles", roles::of_user, roles::docs::of_user)
        .post("/users/{id}/roles", roles::assign_to_user, roles::docs::assign_to_user)
        .delete("/users/{id}/roles", roles::take_from_user, roles::docs::take_from_user)
        .get("/users/{id}/effective-roles", roles::effective, roles::docs::effective)
        .get("/users/{id}/permissions", permissions::of_user, permissions::docs::of_user)
        .post("/users/{id}/permissions", permissions::give_to_user, permissions::docs::give_to_user)
        .delete("/users/{id}/permissions", permissions::take_from_user, permissions::docs::take_from_user)
        .get("/users/{id}/effective-permissions", permissions::effective, permissions::docs::effective)
}
