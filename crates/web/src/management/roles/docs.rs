//! `/roles`, and the roles of users, in the OpenAPI document.

use http::StatusCode;
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};

use super::{EffectiveRoleBody, RoleBody, RoleUserBody};
use crate::management::Length;
use crate::management::users::docs::ID as USER_ID;
use crate::openapi::body::{self, Property};
use crate::openapi::{Operation, Schemas};

pub(in crate::management) const ID: &str = "rol_3WqZ8nKc1Lx7TbVm";
const READ: &[ManagementScope] = &[ManagementScope::ReadRoles];
const UPDATE: &[ManagementScope] = &[ManagementScope::UpdateRoles];

pub(crate) fn list(schemas: &mut Schemas) -> Operation {
    Operation::management("List roles", READ)
        .query("name_filter", body::text(), "Only roles with this anywhere in their name.")
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<RoleBody>("roles", Length::Hidden), &json!([example()]))
}

pub(crate) fn create(schemas: &mut Schemas) -> Operation {
    let sent = json!({ "name": "Packer", "description": "Packs what was ordered" });
    Operation::management("Create a role", &[ManagementScope::CreateRoles])
        .takes(&body::object(&["name"], properties()), &sent)
        .answers(StatusCode::OK, &schemas.of::<RoleBody>(), &json!({ "id": ID, "name": "Packer" }))
        .refuses(&[409])
}

pub(crate) fn get(schemas: &mut Schemas) -> Operation {
    one("Show a role", READ)
        .choosing()
        .answers(StatusCode::OK, &schemas.chosen::<RoleBody>(), &example())
        .refuses(&[404])
}

pub(crate) fn update(schemas: &mut Schemas) -> Operation {
    one("Change a role", UPDATE)
        .choosing()
        .takes(&body::object(&[], properties()), &json!({ "description": "Reads orders" }))
        .answers(StatusCode::OK, &schemas.chosen::<RoleBody>(), &example())
        .refuses(&[404, 409])
}

pub(crate) fn delete(_: &mut Schemas) -> Operation {
    one("Delete a role", &[ManagementScope::DeleteRoles])
        .describe("Whoever had it has it no more.")
        .answers_nothing(StatusCode::OK)
}

pub(crate) fn users(schemas: &mut Schemas) -> Operation {
    let example = json!([{ "user_id": USER_ID, "email": "ann@example.com" }]);
    one("List the users who have a role", &[ManagementScope::ReadUsers])
        .describe("By number, pages reach the first 1000 users; `from` and `take` reach all.")
        .and_scope(READ)
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<RoleUserBody>("users", Length::Hidden), &example)
        .refuses(&[404])
}

pub(crate) fn assign_users(_: &mut Schemas) -> Operation {
    let users = body::list(&body::text(), 100);
    one("Give a role to users", UPDATE)
        .describe("To all of them or, where one is not there, to none.")
        .takes(&body::object(&["users"], [("users", users, "Their ids.")]), &json!({ "users": [USER_ID] }))
        .answers_nothing(StatusCode::OK)
        .refuses(&[404])
}

pub(crate) fn of_user(schemas: &mut Schemas) -> Operation {
    of_user_by_id("List a user's roles", &[ManagementScope::ReadUsers, ManagementScope::ReadRoleMembers])
        .and_scope(&[ManagementScope::ReadRoles, ManagementScope::ReadRoleMembers])
        .paged_from()
        .answers(StatusCode::OK, &schemas.page::<RoleBody>("roles", Length::Hidden), &json!([example()]))
        .refuses(&[404])
}

pub(crate) fn assign_to_user(_: &mut Schemas) -> Operation {
    of_user_by_id("Give roles to a user", &[ManagementScope::UpdateUsers, ManagementScope::CreateRoleMembers])
        .describe("All of them or, where one is not there, none.")
        .takes(&roles(), &json!({ "roles": [ID] }))
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404])
}

pub(crate) fn take_from_user(_: &mut Schemas) -> Operation {
    of_user_by_id("Take roles from a user", &[ManagementScope::UpdateUsers, ManagementScope::DeleteRoleMembers])
        .takes(&roles(), &json!({ "roles": [ID] }))
        .answers_nothing(StatusCode::NO_CONTENT)
        .refuses(&[404])
}

pub(crate) fn effective(schemas: &mut Schemas) -> Operation {
    let mut role = example();
    role["sources"] = json!(["direct"]);
    of_user_by_id("List a user's roles with where they come from", &[ManagementScope::ReadUserEffectiveRoles])
        .checkpoints()
        .choosing()
        .answers(StatusCode::OK, &schemas.checkpoint::<EffectiveRoleBody>("roles"), &json!({ "roles": [role] }))
        .refuses(&[404])
}

fn one(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the role.", ID)
}

fn of_user_by_id(summary: &'static str, scopes: &'static [ManagementScope]) -> Operation {
    Operation::management(summary, scopes).path("id", "The id of the user.", USER_ID)
}

fn roles() -> Value {
    body::object(&["roles"], [("roles", body::list(&body::text(), 50), "Their ids.")])
}

fn properties() -> [Property; 2] {
    [
        ("name", body::text_of(1, 255), "A name that no other role has."),
        ("description", body::or_null(body::text_of(0, 255)), "What it is for."),
    ]
}

fn example() -> Value {
    json!({ "id": ID, "name": "Clerk", "description": "Reads orders" })
}
