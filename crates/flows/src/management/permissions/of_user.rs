//! What a person is permitted.

use model::UserId;
use model::role::HeldPermission;
use protocol::management_scope::ManagementScope;
use store::Read;

use super::super::paging::Paging;
use super::super::users::check_exists;
use super::super::{Body, Caller, Listing, Query, QueryInvalid, Refused, Resource};
use super::{ShownPermission, check_bound, check_offered, named, position, shown, told};
use crate::{RequestContext, Services};

const LARGEST_TAKE: u32 = 100;

/// A page of what a person is permitted, directly or by roles, by API.
pub async fn of_user(
    svc: &Services,
    caller: &Caller,
    id: &UserId,
    query: &Query,
) -> Result<Listing<ShownPermission>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let paging = Paging::read(query)?;
    let mut db = svc.store.read().await?;
    check_exists(&mut db, id).await?;
    let held = store::permissions::of_user(&mut db, id).await?;
    page(&mut db, &paging, held).await
}

/// A page of what a person is permitted at the API that `resource_server_identifier` names.
pub async fn effective(
    svc: &Services,
    caller: &Caller,
    id: &UserId,
    query: &Query,
) -> Result<Listing<ShownPermission>, Refused> {
    caller.require(ManagementScope::ReadUserEffectivePermissions)?;
    let paging = Paging::checkpoint(query, LARGEST_TAKE)?;
    let name = "resource_server_identifier";
    let audience = query.text(name)?.ok_or_else(|| QueryInvalid::new(name, "is missing"))?;
    let mut db = svc.store.read().await?;
    check_exists(&mut db, id).await?;
    let mut held = store::permissions::of_user(&mut db, id).await?;
    held.retain(|held| held.permission.audience == audience);
    page(&mut db, &paging, held).await
}

async fn page(
    db: &mut impl Read,
    paging: &Paging,
    held: Vec<HeldPermission>,
) -> Result<Listing<ShownPermission>, Refused> {
    let page = paging.cut(held, |held| position(&held.permission));
    Ok(shown(db, page.map(|held| (held.permission, held.sources))).await?)
}

/// Permits a person more, all of which must be offered.
pub async fn give_to_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateUsers)?;
    let permissions = named(body)?;
    let mut tx = svc.store.write().await?;
    if !store::users::hold(&mut tx, id).await? {
        return Err(Refused::NotFound(Resource::User));
    }
    check_offered(&mut tx, &permissions).await?;
    if store::permissions::give_to_user(&mut tx, id, &permissions).await? {
        check_bound(store::permissions::count_of_user(&mut tx, id).await?)?;
        let given = caller.event(svc, cx, "add_user_permissions", id.as_str()).user_id(id);
        given.detail("permissions", told(&permissions)).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Takes from a person what they are directly permitted; what they are not is fine, and what roles bring stays.
pub async fn take_from_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    body: &Body,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateUsers)?;
    let permissions = named(body)?;
    let mut tx = svc.store.write().await?;
    check_exists(&mut tx, id).await?;
    if store::permissions::take_from_user(&mut tx, id, &permissions).await? {
        let taken = caller.event(svc, cx, "remove_user_permissions", id.as_str()).user_id(id);
        taken.detail("permissions", told(&permissions)).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}
