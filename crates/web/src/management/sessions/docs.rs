//! `/sessions`, `/users/{id}/sessions` and `/users/{id}/revoke-access` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::SessionBody;
use crate::management::users::docs::{ID as USER_ID, of_one as of_one_user};
use crate::openapi::{Operation, Schemas, body};

const ID: &str = "Vb3kQz9mXc7LpT2rYw8HfJ4sNd6gKa1E";
const DELETE: &[ManagementScope] = &[ManagementScope::DeleteSessions];

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a session", &[ManagementScope::ReadSessions])
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<SessionBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    let metadata = ("session_metadata", body::or_null(body::free()), "Your own, in place of what was there.");
    one("Note something beside a session", &[ManagementScope::UpdateSessions])
        .choosing()
        .takes(&body::object(&[], [metadata]), &json!({ "session_metadata": { "device": "kitchen" } }))
        .answers(StatusCode::OK, &schemas.chosen::<SessionBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("End a session", DELETE)
        .describe("Refresh tokens that were granted to outlive it do.")
        .answers_nothing(StatusCode::ACCEPTED)
}

pub(crate) fn revoke(_: &mut Schemas) -> Operation {
    one("End a session with everything that began in it", DELETE)
        .and_scope(&[ManagementScope::DeleteRefreshTokens])
        .answers_nothing(StatusCode::ACCEPTED)
}

pub(crate) fn of_user(schemas: &mut Schemas) -> Operation {
    let example = json!({ "sessions": [example()] });
    of_one_user("List a user's sessions", &[ManagementScope::ReadSessions])
        .checkpoints()
        .choosing()
        .answers(StatusCode::OK, &schemas.checkpoint::<SessionBody>("sessions"), &example)
        .refuses(&[404])
}

pub(crate) fn delete_of_user(_: &mut Schemas) -> Operation {
    of_one_user("End every session of a user", DELETE)
        .describe("Refresh tokens that were granted to outlive them do.")
        .answers_nothing(StatusCode::ACCEPTED)
        .refuses(&[404])
}

pub(crate) fn revoke_access(_: &mut Schemas) -> Operation {
    let properties = [
        ("session_id", body::text(), "Only this session."),
        ("preserve_refresh_tokens", body::flag(), "Whether refresh tokens outlive it."),
    ];
    of_one_user("End a user's sessions and refresh tokens", DELETE)
        .and_scope(&[ManagementScope::DeleteRefreshTokens])
        .takes(&body::object(&[], properties), &json!({ "session_id": ID, "preserve_refresh_tokens": true }))
        .answers_nothing(StatusCode::ACCEPTED)
        .refuses(&[404])
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the session.", ID)
}

fn example() -> Value {
    json!({
        "id": ID,
        "user_id": USER_ID,
        "created_at": "2026-01-31T12:00:00.000Z",
        "updated_at": "2026-01-31T12:30:00.000Z",
        "authenticated_at": "2026-01-31T12:00:00.000Z",
        "last_interacted_at": "2026-01-31T12:30:00.000Z",
        "idle_expires_at": "2026-02-03T12:30:00.000Z",
        "expires_at": "2026-02-07T12:00:00.000Z",
        "clients": [{ "client_id": "shop" }],
        "authentication": { "methods": [{ "name": "pwd", "timestamp": "2026-01-31T12:00:00.000Z" }] },
    })
}
