//! Roles, and who has them.

mod of_user;
mod users;

use model::role::Role;
use model::{RoleId, Timestamp, UserId};
use protocol::management_scope::ManagementScope;
use store::roles::Changed;
use store::{Read, WriteTx};

pub use of_user::{assign_to_user, effective, of_user, take_from_user};
pub use users::{assign_users, users};

use super::body::Fields;
use super::paging::{Paging, Position};
use super::text::check_length;
use super::{ATTEMPTS, Body, BodyInvalid, Caller, Listing, Query, Refused, Resource};
use crate::{RequestContext, Services};

/// How many roles one person can have, as at Auth0.
const MOST_ROLES: u64 = 50;

/// A page of roles, oldest first; `name_filter` keeps those with it anywhere in their name.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<Role>, Refused> {
    caller.require(ManagementScope::ReadRoles)?;
    let paging = Paging::read(query)?;
    let name = query.text("name_filter")?;
    let mut db = svc.store.read().await?;
    let rows = store::roles::list(&mut db, name, &paging.page()).await?;
    let total = paging.total(rows.len(), async || store::roles::count(&mut db, name).await).await?;
    Ok(paging.listing(rows, total, position))
}

/// One role.
pub async fn get(svc: &Services, caller: &Caller, id: &RoleId) -> Result<Role, Refused> {
    caller.require(ManagementScope::ReadRoles)?;
    find(&mut svc.store.read().await?, id).await
}

/// Creates a role, which permits nothing.
pub async fn create(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<Role, Refused> {
    caller.require(ManagementScope::CreateRoles)?;
    let mut fields = body.object()?;
    let name = fields.require("name")?;
    let id = RoleId::from_random(svc.random());
    let mut role = Role { id, name, description: None, created_at: cx.now, version: 1 };
    apply(&mut role, fields)?;
    let mut tx = svc.store.write().await?;
    if !store::roles::insert(&mut tx, &role).await? {
        return Err(Refused::Exists(Resource::Role));
    }
    caller.event(svc, cx, "create_role", role.id.as_str()).record(&mut tx).await?;
    tx.commit().await?;
    Ok(role)
}

/// Changes name and description of a role.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &RoleId,
    body: &Body,
) -> Result<Role, Refused> {
    caller.require(ManagementScope::UpdateRoles)?;
    let fields = body.object()?;
    for _ in 0..ATTEMPTS {
        let mut role = find(&mut svc.store.read().await?, id).await?;
        apply(&mut role, fields.clone())?;
        let mut tx = svc.store.write().await?;
        match store::roles::update(&mut tx, &role).await? {
            Changed::Done => {
                caller.event(svc, cx, "update_role", id.as_str()).record(&mut tx).await?;
                tx.commit().await?;
                return Ok(role);
            }
            Changed::NameTaken => return Err(Refused::Exists(Resource::Role)),
            Changed::Stale => {}
        }
    }
    Err(Refused::Contended(Resource::Role))
}

/// Deletes a role; whoever had it has it no more. One that is gone already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &RoleId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteRoles)?;
    let mut tx = svc.store.write().await?;
    if store::roles::delete(&mut tx, id).await? {
        caller.event(svc, cx, "delete_role", id.as_str()).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

pub(super) async fn find(db: &mut impl Read, id: &RoleId) -> Result<Role, Refused> {
    store::roles::find(db, id).await?.ok_or(Refused::NotFound(Resource::Role))
}

/// Goes on only if the role is there, and stays there until the write ends.
async fn keep(tx: &mut WriteTx, id: &RoleId) -> Result<(), Refused> {
    if store::roles::keep(tx, id).await? { Ok(()) } else { Err(Refused::NotFound(Resource::Role)) }
}

fn position(role: &Role) -> Position {
    (role.created_at, role.id.as_str().to_owned())
}

fn apply(role: &mut Role, mut fields: Fields) -> Result<(), BodyInvalid> {
    fields.set("name", &mut role.name)?;
    fields.set_or_clear("description", &mut role.description)?;
    fields.finish()?;
    check_length("name", &role.name, 1..=255)?;
    check_length("description", role.description.as_deref().unwrap_or_default(), 0..=255)
}

/// Gives a person roles, all of which are [kept](keep). `false` means that they have all of them.
async fn assign(
    tx: &mut WriteTx,
    user_id: &UserId,
    roles: impl IntoIterator<Item = &RoleId>,
    now: Timestamp,
) -> Result<bool, Refused> {
    if !store::users::hold(tx, user_id).await? {
        return Err(Refused::NotFound(Resource::User));
    }
    let mut is_new = false;
    for role in roles {
        is_new |= store::roles::assign(tx, user_id, role, now).await?;
    }
    if store::roles::count_of_user(tx, user_id).await? > MOST_ROLES {
        return Err(BodyInvalid::wrong("roles", format!("would give {user_id} more than {MOST_ROLES}")).into());
    }
    Ok(is_new)
}
