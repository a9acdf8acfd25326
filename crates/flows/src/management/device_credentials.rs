//! Refresh tokens in the older shape, as credentials of a device. There are no others: nobody registers public keys.

use model::{ClientId, FamilyId, UserId};
use protocol::management_scope::ManagementScope;
use store::Page;
use store::held_refresh_tokens::Held;

use super::paging::Paging;
use super::refresh_tokens::{ShownRefreshToken, revoke_each, shown};
use super::{Caller, Listing, Query, QueryInvalid, Refused};
use crate::{RequestContext, Services};

/// How many refresh tokens of one person are looked at.
const MOST: Page = Page::Offset { skip: 0, limit: 1000 };

/// A page of the refresh tokens of the person whom `user_id` names, oldest first; `client_id` and `type` narrow the
/// list.
pub async fn list(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    query: &Query,
) -> Result<Listing<ShownRefreshToken>, Refused> {
    caller.require(ManagementScope::ReadDeviceCredentials)?;
    let paging = Paging::read(query)?;
    let is_wanted = wanted_type(query)?;
    let user_id = query.text("user_id")?.ok_or_else(|| QueryInvalid::new("user_id", "is missing"))?;
    let client_id = query.text("client_id")?.map(ClientId::new);
    let wanted = Held { now: cx.now, family_id: None, user_id: Some(UserId::new(user_id)), client_id };
    let mut db = svc.store.read().await?;
    let held = store::held_refresh_tokens::list(&mut db, &wanted, &MOST).await?;
    let all = shown(&mut db, held).await?.into_iter().filter(is_wanted).collect();
    Ok(paging.cut(all, |token| (token.held.family.created_at, token.held.family.id.as_str().to_owned())))
}

fn wanted_type(query: &Query) -> Result<fn(&ShownRefreshToken) -> bool, QueryInvalid> {
    Ok(match query.text("type")? {
        None => |_| true,
        Some("refresh_token") => |token| !token.is_rotating,
        Some("rotating_refresh_token") => |token| token.is_rotating,
        Some("public_key") => |_| false,
        Some(_) => {
            return Err(QueryInvalid::new("type", "must be public_key, refresh_token or rotating_refresh_token"));
        }
    })
}

/// Ends a refresh token; one that is over already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &FamilyId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteDeviceCredentials)?;
    revoke_each(svc, cx, caller, std::slice::from_ref(id), "delete_device_credential").await
}
