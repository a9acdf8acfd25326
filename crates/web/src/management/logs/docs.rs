//! `/logs` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::EventBody;
use crate::management::Length;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::{Operation, Schemas, body};

const ID: &str = "90020260131120000000000000000000000000000000000000000001";
const READ: &[ManagementScope] = &[ManagementScope::ReadLogs, ManagementScope::ReadLogsUsers];

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("Read the log", READ)
        .describe(
            "With `from` or `take` the entries that follow one, oldest first, and in the `Link` header where to go \
             on. Else a page, the newest first, within the first 1000 entries. The total of more than 1000 without a \
             search is that of at most a minute ago.",
        )
        .query("q", body::text(), "A search in Auth0's syntax.")
        .query("search", body::text(), "Another name of `q`.")
        .query("sort", body::one_of(&["date:-1", "date:1"]), "The newest or the oldest first.")
        .query("from", json!({ "type": "string", "pattern": "^[0-9]{0,64}$" }), "The `log_id` of an entry.")
        .query("take", body::whole(1, 100), "How many to show from there. 50, if nothing is said.")
        .paged()
        .answers(StatusCode::OK, &schemas.page::<EventBody>("logs", Length::Shown), &json!([example()]))
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    Operation::management("Show an entry of the log", READ)
        .path("id", "The `log_id` of the entry.", ID)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<EventBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn of_user(schemas: &mut Schemas) -> Operation {
    Operation::management("Read the log of a user", READ)
        .path("id", "The id of the user.", USER_ID)
        .query("sort", body::one_of(&["date:-1", "date:1"]), "The newest or the oldest first.")
        .paged()
        .answers(StatusCode::OK, &schemas.page::<EventBody>("logs", Length::Shown), &json!([example()]))
}

fn example() -> Value {
    json!({
        "_id": ID,
        "log_id": ID,
        "date": "2026-01-31T12:00:00.000Z",
        "type": "s",
        "connection": "Username-Password-Authentication",
        "client_id": "shop",
        "client_name": "Shop",
        "ip": "203.0.113.7",
        "user_id": USER_ID,
        "details": {},
    })
}
