//! What people have allowed applications.

use model::GrantId;
use model::grant::{Grant, RevokedReason};
use protocol::management_scope::ManagementScope;
use store::grants::GrantFilter;
use store::{Page, WriteTx};

use super::paging::Paging;
use super::{Caller, LONGEST_SEARCH, Listing, Query, QueryInvalid, Refused};
use crate::{RequestContext, Services};

/// A person allows few applications anything: all of it fits into one write.
const ALL: Page = Page::Offset { skip: 0, limit: u32::MAX };

/// A page of grants, oldest first; `user_id`, `client_id` and `audience` narrow the list.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<Grant>, Refused> {
    caller.require(ManagementScope::ReadGrants)?;
    let paging = Paging::read_within_reach(query)?;
    let filter = GrantFilter {
        user_ids: query.repeated("user_id")?,
        client_ids: query.repeated("client_id")?,
        audiences: query.repeated("audience")?,
    };
    let mut db = svc.store.snapshot_within(LONGEST_SEARCH).await?;
    let rows = store::grants::list(&mut db, &filter, &paging.page()).await?;
    let total = paging.total(rows.len(), async || store::grants::count(&mut db, &filter).await).await?;
    Ok(paging.listing(rows, total, |grant| (grant.created_at, grant.id.as_str().to_owned())))
}

/// Takes back what a person has allowed, with every token that came of it; one that is gone already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &GrantId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteGrants)?;
    let mut tx = svc.store.write().await?;
    let Some(grant) = store::grants::find(&mut tx, id).await? else { return Ok(()) };
    take_back(svc, cx, caller, &mut tx, &grant).await?;
    tx.commit().await?;
    Ok(())
}

/// The same for everything that a person has allowed. The query names them.
pub async fn delete_of_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    query: &Query,
) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteGrants)?;
    let user_ids = query.repeated("user_id")?;
    if user_ids.len() != 1 {
        return Err(QueryInvalid::new("user_id", "must be given once").into());
    }
    let filter = GrantFilter { user_ids, ..GrantFilter::default() };
    let mut tx = svc.store.write().await?;
    for grant in store::grants::list(&mut tx, &filter, &ALL).await? {
        take_back(svc, cx, caller, &mut tx, &grant).await?;
    }
    tx.commit().await?;
    Ok(())
}

async fn take_back(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    tx: &mut WriteTx,
    grant: &Grant,
) -> Result<(), Refused> {
    store::grants::delete(tx, &grant.id).await?;
    let userinfo = svc.settings.userinfo_audience();
    store::families::revoke_granted(tx, grant, &userinfo, RevokedReason::Administrator, cx.now).await?;
    let deleted = caller.event(svc, cx, "delete_grant", grant.id.as_str()).user_id(&grant.user_id);
    deleted.detail("client_id", grant.client_id.as_str()).record(tx).await?;
    Ok(())
}
