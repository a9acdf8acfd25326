//! `/user-blocks` and `/anomaly/blocks/ips` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::BlocksBody;
use crate::management::users::docs::of_one as of_one_user;
use crate::openapi::{Operation, Schemas, body};

const READ: &[ManagementScope] = &[ManagementScope::ReadUsers];
const UPDATE: &[ManagementScope] = &[ManagementScope::UpdateUsers];

pub(crate) fn of_identifier(schemas: &mut Schemas) -> Operation {
    by_identifier("Show to which addresses the accounts of a name are closed", READ)
        .describe("After too many wrong passwords an account is closed to the address that they came from.")
        .answers(StatusCode::OK, &schemas.of::<BlocksBody>(), &example())
}

pub(crate) fn release_identifier(_: &mut Schemas) -> Operation {
    by_identifier("Open the accounts of a name again", UPDATE).answers_nothing(StatusCode::NO_CONTENT)
}

pub(crate) fn of_user(schemas: &mut Schemas) -> Operation {
    of_one_user("Show to which addresses the account of a user is closed", READ)
        .answers(StatusCode::OK, &schemas.of::<BlocksBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn release_user(_: &mut Schemas) -> Operation {
    of_one_user("Open the account of a user again", UPDATE).answers_nothing(StatusCode::NO_CONTENT).refuses(&[404])
}

pub(crate) fn of_address(_: &mut Schemas) -> Operation {
    by_address("Ask whether any account is closed to an address", &[ManagementScope::ReadAnomalyBlocks])
        .answers_nothing(StatusCode::OK)
        .refuses(&[404])
}

pub(crate) fn release_address(_: &mut Schemas) -> Operation {
    by_address("Open every account to an address again", &[ManagementScope::DeleteAnomalyBlocks])
        .answers_nothing(StatusCode::NO_CONTENT)
}

fn by_identifier(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    let name = "An address or a user name.";
    Operation::management(summary, scopes).required_query("identifier", body::text(), name, "ann@example.com")
}

fn by_address(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("ip", "The IP address.", "203.0.113.7")
}

fn example() -> Value {
    json!({ "blocked_for": [{ "identifier": "ann@example.com", "ip": "203.0.113.7" }] })
}
