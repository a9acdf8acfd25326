//! The people who have a role.

use std::collections::BTreeSet;

use model::role::RoleMember;
use model::{RoleId, UserId};
use protocol::management_scope::ManagementScope;
use serde_json::json;

use super::super::paging::Paging;
use super::super::text::check_some;
use super::super::{Body, BodyInvalid, Caller, LONGEST_SEARCH, Listing, Query, Refused};
use crate::{RequestContext, Services};

/// How many people are given a role at once.
const MOST_USERS: usize = 100;

/// A page of those who have a role, whoever was given it first coming first.
pub async fn users(
    svc: &Services,
    caller: &Caller,
    id: &RoleId,
    query: &Query,
) -> Result<Listing<RoleMember>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    caller.require(ManagementScope::ReadRoles)?;
    let paging = Paging::read_within_reach(query)?;
    let mut db = svc.store.snapshot_within(LONGEST_SEARCH).await?;
    super::find(&mut db, id).await?;
    let rows = store::roles::members(&mut db, id, &paging.page()).await?;
    let total = paging.total(rows.len(), async || store::roles::count_members(&mut db, id).await).await?;
    Ok(paging.listing(rows, total, |member| (member.assigned_at, member.user_id.as_str().to_owned())))
}

/// Gives a role to people, all of whom must be there.
pub async fn assign_users(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &RoleId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateRoles)?;
    let users = named(body)?;
    let mut tx = svc.store.write().await?;
    super::keep(&mut tx, id).await?;
    let mut is_new = false;
    for user_id in &users {
        is_new |= super::assign(&mut tx, user_id, [id], cx.now).await?;
    }
    if is_new {
        let users: Vec<_> = users.iter().map(UserId::as_str).collect();
        let assigned = caller.event(svc, cx, "assign_role_users", id.as_str());
        assigned.detail("users", json!(users)).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// In one order for all, so that two writes never wait for each other.
fn named(body: &Body) -> Result<BTreeSet<UserId>, BodyInvalid> {
    let mut fields = body.object()?;
    let users: Vec<String> = fields.require("users")?;
    fields.finish()?;
    check_some("users", &users, MOST_USERS)?;
    Ok(users.into_iter().map(UserId::new).collect())
}
