//! Deleting the users of a connection, in one order for all, so that two writes never wait for each other.

use std::collections::BTreeSet;

use model::address::FoldedEmail;
use model::user::User;
use model::{ConnectionId, UserId};
use protocol::management_scope::ManagementScope;
use store::users::UserFilter;
use store::{Page, Read, StoreError, WriteTx};

use super::super::users::Deletion;
use super::super::{Caller, Query, QueryInvalid, Refused};
use super::find;
use crate::{InternalError, RequestContext, Services};

/// How many users go in one write, so that others get their turn in between.
const BATCH: u32 = 200;

/// Makes the deletion of the next batch of the connection's users ready.
pub(super) async fn deletion_of_some<'a>(
    svc: &'a Services,
    cx: &'a RequestContext,
    id: &ConnectionId,
) -> Result<Deletion<'a>, StoreError> {
    let found = some(&mut svc.store.read().await?, id).await?;
    Deletion::of(svc, cx, &found).await
}

/// Deletes a batch of the connection's users, has the applications told in which they were signed in, and says how many
/// there were; zero means that there are none left.
pub(super) async fn delete_some(
    deletion: &Deletion<'_>,
    tx: &mut WriteTx,
    id: &ConnectionId,
) -> Result<u64, InternalError> {
    let mut deleted = 0;
    for user_id in &some(tx, id).await? {
        deleted += u64::from(deletion.carry_out(tx, user_id).await?);
    }
    Ok(deleted)
}

async fn some(db: &mut impl Read, id: &ConnectionId) -> Result<BTreeSet<UserId>, StoreError> {
    Ok(store::users::of_connection(db, id, BATCH).await?.into_iter().collect())
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
    let email = FoldedEmail::of(email);
    let found = with_email(&mut svc.store.read().await?, id, &email).await?;
    let deletion = Deletion::of(svc, cx, &found).await?;
    let mut tx = svc.store.write().await?;
    find(&mut tx, id).await?;
    for user_id in &with_email(&mut tx, id, &email).await? {
        deletion.carry_out_by(caller, &mut tx, user_id).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn with_email(
    db: &mut impl Read,
    id: &ConnectionId,
    email: &FoldedEmail,
) -> Result<BTreeSet<UserId>, StoreError> {
    let filter = UserFilter { email: Some(email.clone()), ..UserFilter::default() };
    let found = store::users::list(db, &filter, &Page::Offset { skip: 0, limit: BATCH }).await?;
    let is_own = |user: &User| user.identities.first().is_some_and(|own| own.connection_id == *id);
    Ok(found.into_iter().filter(is_own).map(|user| user.user_id).collect())
}
