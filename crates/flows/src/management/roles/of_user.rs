//! The roles of a person.

use std::collections::BTreeSet;

use model::role::Role;
use model::{RoleId, UserId};
use protocol::management_scope::ManagementScope;
use serde_json::json;

use super::super::paging::Paging;
use super::super::text::check_some;
use super::super::users::check_exists;
use super::super::{Body, BodyInvalid, Caller, Listing, Query, Refused};
use super::{MOST_ROLES, position};
use crate::events::EventBuilder;
use crate::{RequestContext, Services};

const LARGEST_TAKE: u32 = 100;

/// A page of a person's roles, oldest role first.
pub async fn of_user(svc: &Services, caller: &Caller, id: &UserId, query: &Query) -> Result<Listing<Role>, Refused> {
    caller.require_any(&[ManagementScope::ReadUsers, ManagementScope::ReadRoleMembers])?;
    caller.require_any(&[ManagementScope::ReadRoles, ManagementScope::ReadRoleMembers])?;
    cut(svc, id, &Paging::read(query)?).await
}

/// The same in the one style of paging that newer lists have.
pub async fn effective(svc: &Services, caller: &Caller, id: &UserId, query: &Query) -> Result<Listing<Role>, Refused> {
    caller.require(ManagementScope::ReadUserEffectiveRoles)?;
    cut(svc, id, &Paging::checkpoint(query, LARGEST_TAKE)?).await
}

async fn cut(svc: &Services, id: &UserId, paging: &Paging) -> Result<Listing<Role>, Refused> {
    let mut db = svc.store.read().await?;
    check_exists(&mut db, id).await?;
    Ok(paging.cut(store::roles::of_user(&mut db, id).await?, position))
}

/// Gives a person roles, all of which must be there.
pub async fn assign_to_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require_any(&[ManagementScope::UpdateUsers, ManagementScope::CreateRoleMembers])?;
    let roles = named(body)?;
    let mut tx = svc.store.write().await?;
    for role in &roles {
        super::keep(&mut tx, role).await?;
    }
    if super::assign(&mut tx, id, &roles, cx.now).await? {
        event(svc, cx, caller, "assign_user_roles", id, &roles).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Takes roles from a person; those that they do not have are fine.
pub async fn take_from_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require_any(&[ManagementScope::UpdateUsers, ManagementScope::DeleteRoleMembers])?;
    let roles = named(body)?;
    let mut tx = svc.store.write().await?;
    check_exists(&mut tx, id).await?;
    let mut is_less = false;
    for role in &roles {
        is_less |= store::roles::take(&mut tx, id, role).await?;
    }
    if is_less {
        event(svc, cx, caller, "remove_user_roles", id, &roles).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn named(body: &Body) -> Result<BTreeSet<RoleId>, BodyInvalid> {
    let mut fields = body.object()?;
    let roles: Vec<String> = fields.require("roles")?;
    fields.finish()?;
    check_some("roles", &roles, usize::try_from(MOST_ROLES).expect("a few roles"))?;
    Ok(roles.into_iter().map(RoleId::new).collect())
}

fn event(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    operation: &'static str,
    id: &UserId,
    roles: &BTreeSet<RoleId>,
) -> EventBuilder {
    let roles: Vec<_> = roles.iter().map(RoleId::as_str).collect();
    caller.event(svc, cx, operation, id.as_str()).user_id(id).detail("roles", json!(roles))
}
