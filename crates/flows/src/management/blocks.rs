//! Accounts that are closed to an address after too many wrong passwords, and addresses to which any account is.

use std::net::IpAddr;

use model::UserId;
use model::address::FoldedEmail;
use model::event::EventType;
use model::user::User;
use protocol::management_scope::ManagementScope;
use store::failed_logins::Closing;

use super::{Caller, Query, QueryInvalid, Refused, Resource};
use crate::events::event;
use crate::limits::network_of;
use crate::login::attempts::{self, Account};
use crate::{RequestContext, Services};

/// An account that is closed to an address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The name that was asked for, or by which the person signs in.
    pub identifier: String,
    /// The address; of IPv6 its network.
    pub address: String,
    /// The connection where the name is the person's.
    pub connection: Option<String>,
}

/// To which addresses the accounts of this name are closed.
pub async fn of_identifier(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    query: &Query,
) -> Result<Vec<Block>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let identifier = identifier(query)?;
    let mut db = svc.store.read().await?;
    let mut blocks = Vec::new();
    for (id, connection) in store::users::with_name(&mut db, &FoldedEmail::of(identifier)).await? {
        let account = Account::of_id(&id);
        for address in store::failed_logins::closed(&mut db, account.name(), closing(svc), cx.now).await? {
            let connection = Some(connection.clone());
            blocks.push(Block { identifier: identifier.to_owned(), address, connection });
        }
    }
    Ok(blocks)
}

/// To which addresses a person's account is closed.
pub async fn of_user(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<Vec<Block>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let mut db = svc.store.read().await?;
    let user = store::users::find(&mut db, id).await?.ok_or(Refused::NotFound(Resource::User))?;
    let closed = store::failed_logins::closed(&mut db, Account::of(&user).name(), closing(svc), cx.now).await?;
    let of_address = |address| Block { identifier: name_of(&user), address, connection: None };
    Ok(closed.into_iter().map(of_address).collect())
}

/// Opens the accounts of this name; nobody's is fine.
pub async fn release_identifier(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    query: &Query,
) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateUsers)?;
    let folded = FoldedEmail::of(identifier(query)?);
    let people = store::users::with_name(&mut svc.store.read().await?, &folded).await?;
    for (id, _) in people {
        release(svc, cx, caller, &id).await?;
    }
    Ok(())
}

/// Opens a person's account.
pub async fn release_user(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<(), Refused> {
    caller.require(ManagementScope::UpdateUsers)?;
    release(svc, cx, caller, id).await
}

/// Says whether any account is closed to this address.
pub async fn of_address(svc: &Services, cx: &RequestContext, caller: &Caller, address: &str) -> Result<(), Refused> {
    caller.require(ManagementScope::ReadAnomalyBlocks)?;
    let not_blocked = || Refused::NotFound(Resource::AddressBlock);
    let address = read(address).ok_or_else(not_blocked)?;
    let mut db = svc.store.read().await?;
    let is_blocked = store::failed_logins::is_any_closed_to(&mut db, &address, closing(svc), cx.now).await?;
    is_blocked.then_some(()).ok_or_else(not_blocked)
}

/// Opens every account to this address.
pub async fn release_address(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    address: &str,
) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteAnomalyBlocks)?;
    let Some(address) = read(address) else { return Ok(()) };
    let mut tx = svc.store.write().await?;
    if store::failed_logins::clear_address(&mut tx, &address).await? {
        caller.event(svc, cx, "delete_ip_block", &address).record(&mut tx).await?;
    }
    Ok(tx.commit().await?)
}

async fn release(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<(), Refused> {
    let mut tx = svc.store.write().await?;
    let user = store::users::find(&mut tx, id).await?.ok_or(Refused::NotFound(Resource::User))?;
    attempts::forget(&mut tx, &Account::of(&user)).await?;
    event(svc, cx, EventType::BlockReleased).user(&user).record(&mut tx).await?;
    caller.event(svc, cx, "delete_user_blocks", id.as_str()).user_id(id).record(&mut tx).await?;
    Ok(tx.commit().await?)
}

fn closing(svc: &Services) -> Closing {
    Closing { failures: svc.settings.max_failed_logins, window: svc.settings.failed_login_window }
}

fn identifier(query: &Query) -> Result<&str, QueryInvalid> {
    query.text("identifier")?.ok_or_else(|| QueryInvalid::new("identifier", "is missing"))
}

fn name_of(user: &User) -> String {
    user.profile.email.clone().or_else(|| user.profile.username.clone()).unwrap_or_default()
}

/// An address as failures are counted by it.
fn read(address: &str) -> Option<String> {
    // What is listed of IPv6 is a network.
    let address = address.strip_suffix("/64").unwrap_or(address);
    address.parse::<IpAddr>().ok().map(|address| network_of(Some(address)))
}
