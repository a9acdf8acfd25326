//! `/roles`, and the roles of users.

pub(crate) mod docs;

use axum::Json;
use axum::response::IntoResponse;
use flows::management::roles;
use http::StatusCode;
use model::role::{Role, RoleMember};
use model::{RoleId, UserId};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, Length, one, page};
use super::call::{Body, Call, Id};
use crate::errors::management::Failure;

/// A role as Auth0 shows it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Role")]
struct RoleBody<'a> {
    id: &'a RoleId,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
}

impl<'a> From<&'a Role> for RoleBody<'a> {
    fn from(role: &'a Role) -> Self {
        RoleBody { id: &role.id, name: &role.name, description: role.description.as_deref() }
    }
}

/// A role that a user has.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "EffectiveRole")]
struct EffectiveRoleBody<'a> {
    id: &'a RoleId,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    /// There are no groups by which a role could come.
    sources: [&'static str; 1],
}

impl<'a> From<&'a Role> for EffectiveRoleBody<'a> {
    fn from(role: &'a Role) -> Self {
        let RoleBody { id, name, description } = role.into();
        EffectiveRoleBody { id, name, description, sources: ["direct"] }
    }
}

/// A user who has a role.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RoleUser")]
struct RoleUserBody<'a> {
    user_id: &'a UserId,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: Option<&'a str>,
}

impl<'a> From<&'a RoleMember> for RoleUserBody<'a> {
    fn from(member: &'a RoleMember) -> Self {
        RoleUserBody {
            user_id: &member.user_id,
            email: member.email.as_deref(),
            name: member.name.as_deref(),
            picture: member.picture.as_deref(),
        }
    }
}

/// `GET /roles`
pub(crate) async fn list(call: Call) -> Answer {
    let listing = roles::list(&call.services, &call.caller, &call.query).await?;
    page("roles", &listing, RoleBody::from, &call.query, Length::Hidden)
}

/// `POST /roles`, which Auth0 answers with 200.
pub(crate) async fn create(call: Call, Body(body): Body) -> Answer {
    let role = roles::create(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(Json(RoleBody::from(&role)).into_response())
}

/// `GET /roles/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let role = roles::get(&call.services, &call.caller, &RoleId::new(id)).await?;
    one(&RoleBody::from(&role), &call.query)
}

/// `PATCH /roles/{id}`
pub(crate) async fn update(call: Call, Id(id): Id, Body(body): Body) -> Answer {
    let role = roles::update(&call.services, &call.cx, &call.caller, &RoleId::new(id), &body).await?;
    one(&RoleBody::from(&role), &call.query)
}

/// `DELETE /roles/{id}`, which Auth0 answers with 200.
pub(crate) async fn delete(call: Call, Id(id): Id) -> Result<StatusCode, Failure> {
    roles::delete(&call.services, &call.cx, &call.caller, &RoleId::new(id)).await?;
    Ok(StatusCode::OK)
}

/// `GET /roles/{id}/users`
pub(crate) async fn users(call: Call, Id(id): Id) -> Answer {
    let listing = roles::users(&call.services, &call.caller, &RoleId::new(id), &call.query).await?;
    page("users", &listing, RoleUserBody::from, &call.query, Length::Hidden)
}

/// `POST /roles/{id}/users`
pub(crate) async fn assign_users(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    roles::assign_users(&call.services, &call.cx, &call.caller, &RoleId::new(id), &body).await?;
    Ok(StatusCode::OK)
}

/// `GET /users/{id}/roles`
pub(crate) async fn of_user(call: Call, Id(id): Id) -> Answer {
    let listing = roles::of_user(&call.services, &call.caller, &UserId::new(id), &call.query).await?;
    page("roles", &listing, RoleBody::from, &call.query, Length::Hidden)
}

/// `POST /users/{id}/roles`
pub(crate) async fn assign_to_user(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    roles::assign_to_user(&call.services, &call.cx, &call.caller, &UserId::new(id), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /users/{id}/roles`, with a body that names them
pub(crate) async fn take_from_user(call: Call, Id(id): Id, Body(body): Body) -> Result<StatusCode, Failure> {
    roles::take_from_user(&call.services, &call.cx, &call.caller, &UserId::new(id), &body).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /users/{id}/effective-roles`
pub(crate) async fn effective(call: Call, Id(id): Id) -> Answer {
    let listing = roles::effective(&call.services, &call.caller, &UserId::new(id), &call.query).await?;
    page("roles", &listing, EffectiveRoleBody::from, &call.query, Length::Hidden)
}
