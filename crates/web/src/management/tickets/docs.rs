//! `/tickets` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::TicketBody;
use crate::management::jobs::docs::whom;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

const CREATE: &[ManagementScope] = &[ManagementScope::CreateUserTickets];
const LONGEST_LIFETIME: u64 = 2_592_000;

pub(crate) fn email_verification(schemas: &mut Schemas) -> Operation {
    let properties = body::object(&["user_id"], whom().into_iter().chain(terms()));
    ticket("Make a link that confirms an address", &properties, schemas)
}

pub(crate) fn password_change(schemas: &mut Schemas) -> Operation {
    let verifies = || [("mark_email_as_verified", body::flag(), "Whether who uses it has proven the address.")];
    let by_id = body::object(&["user_id"], whom().into_iter().chain(terms()).chain(verifies()));
    let own = [
        ("email", body::text(), "The address of the user."),
        ("connection_id", body::text(), "The id of the user's connection."),
    ];
    let by_email = body::object(&["email", "connection_id"], own.into_iter().chain(terms()).chain(verifies()));
    ticket("Make a link to choose a new password", &json!({ "anyOf": [by_id, by_email] }), schemas)
}

fn ticket(summary: &'static str, takes: &Value, schemas: &mut Schemas) -> Operation {
    let example = json!({ "ticket": "https://id.example/u/email-verification?ticket=Vb3kQz9mXc7L#" });
    Operation::management(summary, CREATE)
        .describe("Older ones of that user are worthless from then on.")
        .takes(takes, &json!({ "user_id": USER_ID, "ttl_sec": 3600 }))
        .answers(StatusCode::CREATED, &schemas.of::<TicketBody>(), &example)
        .refuses(&[404])
}

fn terms() -> [Property; 4] {
    [
        ("client_id", body::text(), "The client that the link leads back to."),
        ("result_url", body::text(), "Where the browser goes afterwards."),
        ("includeEmailInRedirect", body::flag(), "Whether the address is told there."),
        ("ttl_sec", body::whole(0, LONGEST_LIFETIME), "How long the link is good. Five days, if nothing is said."),
    ]
}
