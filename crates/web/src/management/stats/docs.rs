//! `/stats` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::DailyBody;
use crate::openapi::{Operation, Schemas};

const READ: &[ManagementScope] = &[ManagementScope::ReadStats];

pub(crate) fn daily(schemas: &mut Schemas) -> Operation {
    let example = json!({
        "date": "2026-01-31T00:00:00.000Z",
        "logins": 120,
        "signups": 7,
        "leaked_passwords": 0,
        "created_at": "2026-01-31T00:00:00.000Z",
        "updated_at": "2026-01-31T12:00:00.000Z",
    });
    Operation::management("Count sign-ins and sign-ups by day", READ)
        .describe("Only days on which anything happened, as far back as the log reaches.")
        .query("from", day(), "The first day. 30 days before the last, if nothing is said.")
        .query("to", day(), "The last day. Today, if nothing is said.")
        .choosing()
        .answers(StatusCode::OK, &schemas.all::<DailyBody>(), &json!([example]))
}

pub(crate) fn active_users(_: &mut Schemas) -> Operation {
    let count = json!({ "type": "integer", "minimum": 0 });
    Operation::management("Count who signed in within 30 days", READ)
        .describe("Among more than 1000 users, as of at most a minute ago.")
        .answers(StatusCode::OK, &count, &json!(1234))
}

fn day() -> Value {
    json!({ "type": "string", "pattern": "^[0-9]{8}$" })
}
