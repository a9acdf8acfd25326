//! Deleting the users of a connection, in one order for all, so that two writes never wait for each other.

use std::collections::BTreeSet;

use model::ConnectionId;
use model::address::FoldedEmail;
use model::user::User;
use protocol::management_scope::ManagementScope;
use store::users::UserFilter;
use store::{Page, WriteTx};

use super::super::{Caller, Query, QueryInvalid, Refused};
use super::find;
use crate::{InternalError, RequestContext, Services};

/// How many users go in one write, so that others get their turn in between.
const BATCH: u32 = 200;

/// Deletes a batch of the connection's users, has the applications told in which they were signed in, and says how many
/// there were; zero means that there are none left.
pub(super) async fn delete_some(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    id: &ConnectionId,
) -> Result<u64, InternalError> {
    let found: BTreeSet<_> = store::users::of_connection(tx, id, BATCH).await?.into_iter().collect();
    let mut deleted = 0;
    for user_id in &found {
        deleted += u64::from(super::super::users::erase(svc, cx, tx, user_id).await?);
    }
    Ok(deleted)
}

/// Deletes the connection's user with this address; nobody by that address is fine.
pub async fn delete_by_email(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &ConnectionId,
    query: &Query,
) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteUsers)?;
    let email = query.text("email")?.ok_or_else(|| QueryInvalid::new("email", "is missing"))?;
    let filter = UserFilter { email: Some(FoldedEmail::of(email)), ..UserFilter::default() };
    let mut tx = svc.store.write().await?;
    find(&mut tx, id).await?;
    let found = store::users::list(&mut tx, &filter, &Page::Offset { skip: 0, limit: BATCH }).await?;
    let is_own = |user: &User| user.identities.first().is_some_and(|own| own.connection_id == *id);
    let found: BTreeSet<_> = found.into_iter().filter(is_own).map(|user| user.user_id).collect();
    for user_id in &found {
        super::super::users::delete_in(svc, cx, caller, &mut tx, user_id).await?;
    }
    tx.commit().await?;
    Ok(())
}
