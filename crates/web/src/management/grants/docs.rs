//! `/grants` in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::json;

use super::GrantBody;
use crate::management::Length;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::{Operation, Schemas, body};

const ID: &str = "6c0e2d415f2b8c4e9d1a7f3b";
const DELETE: &[ManagementScope] = &[ManagementScope::DeleteGrants];

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    let example = json!({
        "id": ID,
        "clientID": "shop",
        "user_id": USER_ID,
        "audience": "https://api.example/",
        "scope": ["read:orders"],
    });
    Operation::management("List what users have allowed applications", &[ManagementScope::ReadGrants])
        .describe("By number, pages reach the first 1000 grants; `from` and `take` reach all.")
        .query("user_id", body::texts(), "Only grants of these users; repeated for each.")
        .query("client_id", body::texts(), "Only grants to these clients; repeated for each.")
        .query("audience", body::texts(), "Only grants for these APIs; repeated for each.")
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<GrantBody>("grants", Length::Hidden), &json!([example]))
}

pub(crate) fn delete_of_user(_: &mut Schemas) -> Operation {
    Operation::management("Take back everything that a user has allowed", DELETE)
        .describe("Every token that came of it goes with it.")
        .required_query("user_id", body::text(), "The id of the user.", USER_ID)
        .answers_nothing(StatusCode::NO_CONTENT)
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    Operation::management("Take back what a user has allowed", DELETE)
        .describe("Every token that came of it goes with it.")
        .path("id", "The id of the grant.", ID)
        .answers_nothing(StatusCode::NO_CONTENT)
}
