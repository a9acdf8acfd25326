//! What a role permits.

use model::RoleId;
use protocol::management_scope::ManagementScope;

use super::super::paging::Paging;
use super::super::{Body, Caller, Listing, Query, Refused, Resource, roles};
use super::{ShownPermission, check_bound, check_offered, named, position, shown, told};
use crate::{RequestContext, Services};

/// A page of what a role permits, by API.
pub async fn of_role(
    svc: &Services,
    caller: &Caller,
    id: &RoleId,
    query: &Query,
) -> Result<Listing<ShownPermission>, Refused> {
    caller.require(ManagementScope::ReadRoles)?;
    let paging = Paging::read(query)?;
    let mut db = svc.store.read().await?;
    roles::find(&mut db, id).await?;
    let held = store::permissions::of_role(&mut db, id).await?;
    let page = paging.cut(held, position).map(|permission| (permission, Vec::new()));
    Ok(shown(&mut db, page).await?)
}

/// Lets a role permit more, all of which must be offered.
pub async fn give_to_role(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &RoleId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateRoles)?;
    let permissions = named(body)?;
    let mut tx = svc.store.write().await?;
    if !store::roles::hold(&mut tx, id).await? {
        return Err(Refused::NotFound(Resource::Role));
    }
    check_offered(&mut tx, &permissions).await?;
    if store::permissions::give_to_role(&mut tx, id, &permissions).await? {
        check_bound(store::permissions::count_of_role(&mut tx, id).await?)?;
        let given = caller.event(svc, cx, "add_role_permissions", id.as_str());
        given.detail("permissions", told(&permissions)).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Lets a role permit less; what it does not permit is fine.
pub async fn take_from_role(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &RoleId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateRoles)?;
    let permissions = named(body)?;
    let mut tx = svc.store.write().await?;
    roles::find(&mut tx, id).await?;
    if store::permissions::take_from_role(&mut tx, id, &permissions).await? {
        let taken = caller.event(svc, cx, "remove_role_permissions", id.as_str());
        taken.detail("permissions", told(&permissions)).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
