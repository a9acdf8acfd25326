//! The permissions of roles and of users.

pub(crate) mod docs;

use flows::management::permissions::{self, ShownPermission};
use http::StatusCode;
use model::role::PermissionSource;
use model::{RoleId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A permission as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Permission")]
struct PermissionBody<'a> {
    resource_server_identifier: &'a str,
    permission_name: &'a str,
    resource_server_name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> From<&'a ShownPermission> for PermissionBody<'a> {
    fn from(shown: &'a ShownPermission) -> Self {
        PermissionBody {
            resource_server_identifier: &shown.permission.audience,
            permission_name: &shown.permission.name,
            resource_server_name: &shown.api_name,
            description: shown.description.as_deref(),
        }
    }
}

/// A permission of a user.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "UserPermission")]
struct UserPermissionBody<'a> {
    #[serde(flatten)]
    permission: PermissionBody<'a>,
    sources: Vec<SourceBody<'a>>,
}

impl<'a> From<&'a ShownPermission> for UserPermissionBody<'a> {
    fn from(shown: &'a ShownPermission) -> Self {
        UserPermissionBody { permission: shown.into(), sources: shown.sources.iter().map(SourceBody::from).collect() }
    }
}

/// Where a permission comes from. What was given directly comes from nothing that has an id or a name.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PermissionSource")]
struct SourceBody<'a> {
    #[serde(rename = "source_id")]
    id: &'a str,
    #[serde(rename = "source_name")]
    name: &'a str,
    #[serde(rename = "source_type")]
    kind: &'static str,
}

impl<'a> From<&'a PermissionSource> for SourceBody<'a> {
    fn from(source: &'a PermissionSource) -> Self {
        match source {
            PermissionSource::Direct => SourceBody { id: "", name: "", kind: "DIRECT" },
            PermissionSource::Role { id, name } => SourceBody { id: id.as_str(), name, kind: "ROLE" },
        }
    }
}

/// The same in a list whose sources are but words.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EffectivePermission")]
struct EffectivePermissionBody<'a> {
    #[serde(flatten)]
    permission: PermissionBody<'a>,
    sources: Vec<&'static str>,
}

impl<'a> From<&'a ShownPermission> for EffectivePermissionBody<'a> {
    fn from(shown: &'a ShownPermission) -> Self {
        let is_direct = shown.sources.contains(&PermissionSource::Direct);
        let is_by_role = shown.sources.iter().any(|source| *source != PermissionSource::Direct);
        let words = [("direct", is_direct), ("roles", is_by_role)];
        let sources = words.into_iter().filter(|(_, is_so)| *is_so).map(|(word, _)| word).collect();
        EffectivePermissionBody { permission: shown.into(), sources }
    }
}

/// `GET /roles/{id}/permissions`
pub(crate) async fn of_role(call: Call, Id(id): Id) -> Answer {
    let listing = permissions::of_role(&call.services, &call.caller, &RoleId::new(id), &call.query).await?;
    page("permissions", &listing, PermissionBody::from, &call.query, Length::Hidden)
}

/// `POST /roles/{id}/permissions`
pub(crate) async fn give_to_role(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    permissions::give_to_role(&call.services, &call.cx, &call.caller, &RoleId::new(id), &body).await?;
    Ok(StatusCode::CREATED)
}

/// `DELETE /roles/{id}/permissions`, with a body that names them; Auth0 answers with 200.
pub(crate) async fn take_from_role(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    permissions::take_from_role(&call.services, &call.cx, &call.caller, &RoleId::new(id), &body).await?;
    Ok(StatusCode::OK)
}

/// `GET /users/{id}/permissions`
pub(crate) async fn of_user(call: Call, Id(id): Id) -> Answer {
    let listing = permissions::of_user(&call.services, &call.caller, &UserId::new(id), &call.query).await?;
    page("permissions", &listing, UserPermissionBody::from, &call.query, Length::Hidden)
}

/// `POST /users/{id}/permissions`
pub(crate) async fn give_to_user(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    permissions::give_to_user(&call.services, &call.cx, &call.caller, &UserId::new(id), &body).await?;
    Ok(StatusCode::CREATED)
}

/// `DELETE /users/{id}/permissions`, with a body that names them
pub(crate) async fn take_from_user(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    permissions::take_from_user(&call.services, &call.cx, &call.caller, &UserId::new(id), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /users/{id}/effective-permissions`
pub(crate) async fn effective(call: Call, Id(id): Id) -> Answer {
    let listing = permissions::effective(&call.services, &call.caller, &UserId::new(id), &call.query).await?;
    page("permissions", &listing, EffectivePermissionBody::from, &call.query, Length::Hidden)
}
