//! `/refresh-tokens` and `/users/{id}/refresh-tokens` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::RefreshTokenBody;
use crate::management::users::docs::{ID as USER_ID, of_one as of_one_user};
use crate::openapi::{Operation, Schemas, body};

/// The refresh token of the examples.
pub(crate) const ID: &str = "Qm7tYx2LpVb9KzWc4RdN8fHs";
const READ: &[ManagementScope] = &[ManagementScope::ReadRefreshTokens];
const DELETE: &[ManagementScope] = &[ManagementScope::DeleteRefreshTokens];

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List the refresh tokens of a user", READ)
        .required_query("user_id", body::text(), "The id of the user.", USER_ID)
        .query("client_id", body::text(), "Only those of this client.")
        .checkpoints()
        .choosing()
        .answers(
            StatusCode::OK,
            &schemas.checkpoint::<RefreshTokenBody>("refresh_tokens"),
            &json!({ "refresh_tokens": [example()] }),
        )
        .refuses(&[404])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a refresh token", READ)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<RefreshTokenBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    let metadata = ("refresh_token_metadata", body::or_null(body::free()), "Your own, in place of what was there.");
    one("Note something beside a refresh token", &[ManagementScope::UpdateRefreshTokens])
        .choosing()
        .takes(&body::object(&[], [metadata]), &json!({ "refresh_token_metadata": { "device": "kitchen" } }))
        .answers(StatusCode::OK, &schemas.chosen::<RefreshTokenBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Revoke a refresh token", DELETE).answers_nothing(StatusCode::ACCEPTED)
}

pub(crate) fn revoke(_: &mut Schemas) -> Operation {
    let properties = [
        ("ids", body::list(&body::text(), 100), "Which; then there is nothing else."),
        ("user_id", body::text(), "Whose; without `ids` it must be there."),
        ("client_id", body::text(), "Of the user's, only those of this client."),
        ("audience", body::text(), "Of the user's, only those for this API."),
    ];
    Operation::management("Revoke refresh tokens", DELETE)
        .takes(&body::object(&[], properties), &json!({ "user_id": USER_ID, "client_id": "shop" }))
        .answers_nothing(StatusCode::ACCEPTED)
        .refuses(&[404])
}

pub(crate) fn of_user(schemas: &mut Schemas) -> Operation {
    of_one_user("List the refresh tokens of a user by the user's id", READ)
        .checkpoints()
        .choosing()
        .answers(StatusCode::OK, &schemas.checkpoint::<RefreshTokenBody>("tokens"), &json!({ "tokens": [example()] }))
        .refuses(&[404])
}

pub(crate) fn delete_of_user(_: &mut Schemas) -> Operation {
    of_one_user("Revoke every refresh token of a user", DELETE)
        .describe("Sessions stay.")
        .answers_nothing(StatusCode::ACCEPTED)
        .refuses(&[404])
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the refresh token.", ID)
}

fn example() -> Value {
    json!({
        "id": ID,
        "user_id": USER_ID,
        "client_id": "shop",
        "session_id": "Vb3kQz9mXc7LpT2rYw8HfJ4sNd6gKa1E",
        "rotating": true,
        "created_at": "2026-01-31T12:00:00.000Z",
        "idle_expires_at": "2026-02-15T12:00:00.000Z",
        "expires_at": "2026-03-02T12:00:00.000Z",
        "resource_servers": [{ "audience": "https://api.example/", "scopes": "openid offline_access" }],
    })
}
