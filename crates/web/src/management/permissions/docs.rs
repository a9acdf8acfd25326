//! The permissions of roles and of users in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::{EffectivePermissionBody, PermissionBody, UserPermissionBody};
use crate::management::Length;
use crate::management::roles::docs::ID as ROLE_ID;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::{Operation, Schemas, body};

const API: &str = "https://api.example/";

pub(crate) fn of_role(schemas: &mut Schemas) -> Operation {
    role_by_id("List what a role permits", &[ManagementScope::ReadRoles])
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<PermissionBody>("permissions", Length::Hidden), &json!([example()]))
        .refuses(&[404])
}

pub(crate) fn give_to_role(_: &mut Schemas) -> Operation {
    role_by_id("Let a role permit more", &[ManagementScope::UpdateRoles])
        .describe("All of it or, where an API does not offer one of the scopes, nothing.")
        .takes(&named(), &one_named())
        .answers_nothing(StatusCode::CREATED)
        .refuses(&[404])
}

pub(crate) fn take_from_role(_: &mut Schemas) -> Operation {
    role_by_id("Let a role permit less", &[ManagementScope::UpdateRoles])
        .takes(&named(), &one_named())
        .answers_nothing(StatusCode::OK)
        .refuses(&[404])
}

pub(crate) fn of_user(schemas: &mut Schemas) -> Operation {
    let mut permission = example();
    permission["sources"] = json!([
        { "source_id": "", "source_name": "", "source_type": "DIRECT" },
        { "source_id": ROLE_ID, "source_name": "Clerk", "source_type": "ROLE" },
    ]);
    user_by_id("List what a user is permitted", &[ManagementScope::ReadUsers])
        .paged_from()
        .answers(
            StatusCode::OK,
            &schemas.page::<UserPermissionBody>("permissions", Length::Hidden),
            &json!([permission]),
        )
        .refuses(&[404])
}

pub(crate) fn give_to_user(_: &mut Schemas) -> Operation {
    user_by_id("Permit a user more", &[ManagementScope::UpdateUsers])
        .describe("All of it or, where an API does not offer one of the scopes, nothing.")
        .takes(&named(), &one_named())
        .answers_nothing(StatusCode::CREATED)
        .refuses(&[404])
}

pub(crate) fn take_from_user(_: &mut Schemas) -> Operation {
    user_by_id("Take permissions from a user", &[ManagementScope::UpdateUsers])
        .describe("What roles of the user bring stays.")
        .takes(&named(), &one_named())
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404])
}

pub(crate) fn effective(schemas: &mut Schemas) -> Operation {
    let mut permission = example();
    permission["sources"] = json!(["direct", "roles"]);
    user_by_id("List what a user is permitted at an API", &[ManagementScope::ReadUserEffectivePermissions])
        .required_query("resource_server_identifier", body::text(), "The identifier of the API.", API)
        .checkpoints()
        .choosing()
        .answers(
            StatusCode::OK,
            &schemas.checkpoint::<EffectivePermissionBody>("permissions"),
            &json!({ "permissions": [permission] }),
        )
        .refuses(&[404])
}

fn role_by_id(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the role.", ROLE_ID)
}

fn user_by_id(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the user.", USER_ID)
}

fn named() -> Value {
    let properties = [
        ("resource_server_identifier", body::text(), "The identifier of the API."),
        ("permission_name", body::text(), "A scope that it offers."),
    ];
    let permission = body::object(&["resource_server_identifier", "permission_name"], properties);
    body::object(&["permissions"], [("permissions", body::list(&permission, 1000), "")])
}

fn one_named() -> Value {
    json!({ "permissions": [{ "resource_server_identifier": API, "permission_name": "read:orders" }] })
}

fn example() -> Value {
    json!({
        "resource_server_identifier": API,
        "permission_name": "read:orders",
        "resource_server_name": API,
    })
}
