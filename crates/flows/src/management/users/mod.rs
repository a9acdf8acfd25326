//! People.

mod create;
mod fields;
mod password;
mod update;

use model::UserId;
use model::address::FoldedEmail;
use model::event::EventType;
use model::user::User;
use protocol::management_scope::ManagementScope;
use store::users::UserFilter;
use store::{Page, WriteTx};

pub use create::create;
pub(crate) use fields::check_profile;
pub use update::update;

use super::paging::Paging;
use super::search::term;
use super::{ATTEMPTS, Body, BodyInvalid, Caller, Listing, Query, QueryInvalid, Refused, Resource};
use crate::events::event;
use crate::{RequestContext, Services};

/// How many people one address can have: one for each connection that has it.
const MOST_BY_EMAIL: u32 = 100;

/// A page of users, oldest first; `q` selects by one exact address or id.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<User>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let paging = Paging::read_within_reach(query)?;
    let filter = filter(query)?;
    let mut db = svc.store.read().await?;
    let rows = store::users::list(&mut db, &filter, &paging.page()).await?;
    let total = if paging.wants_total() { store::users::count(&mut db, &filter).await? } else { 0 };
    Ok(paging.listing(rows, total, |user| (user.created_at, user.user_id.as_str().to_owned())))
}

fn filter(query: &Query) -> Result<UserFilter, QueryInvalid> {
    if query.text("sort")?.is_some_and(|sort| sort != "created_at:1") {
        return Err(QueryInvalid::new("sort", "must be created_at:1"));
    }
    let mut filter = UserFilter::default();
    match query.text("q")?.map(|q| term(q, &["email", "user_id"])).transpose()? {
        Some(("email", email)) => filter.email = Some(FoldedEmail::of(&email)),
        Some((_, user_id)) => filter.user_ids.push(user_id),
        None => {}
    }
    Ok(filter)
}

/// The users with this address.
pub async fn by_email(svc: &Services, caller: &Caller, query: &Query) -> Result<Vec<User>, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let email = query.text("email")?.ok_or_else(|| QueryInvalid::new("email", "is missing"))?;
    let filter = UserFilter { email: Some(FoldedEmail::of(email)), user_ids: Vec::new() };
    let page = Page::Offset { skip: 0, limit: MOST_BY_EMAIL };
    Ok(store::users::list(&mut svc.store.read().await?, &filter, &page).await?)
}

/// One user.
pub async fn get(svc: &Services, caller: &Caller, id: &UserId) -> Result<User, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    store::users::find(&mut svc.store.read().await?, id).await?.ok_or(Refused::NotFound(Resource::User))
}

/// Deletes a user with everything that is theirs; one who is gone already is fine. No source brings them back.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteUsers)?;
    let mut tx = svc.store.write().await?;
    delete_in(svc, cx, caller, &mut tx, id).await?;
    tx.commit().await?;
    Ok(())
}

/// The same as a part of another write.
pub(super) async fn delete_in(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    tx: &mut WriteTx,
    id: &UserId,
) -> Result<(), Refused> {
    if store::users::delete(tx, id, cx.now).await? {
        event(svc, cx, EventType::UserDeleted).user_id(id).record(tx).await?;
        caller.event(svc, cx, "delete_user", id.as_str()).user_id(id).record(tx).await?;
    }
    Ok(())
}
