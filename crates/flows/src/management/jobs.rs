//! Work that was asked for, and how far it is.

use model::JobId;
use model::job::ReportedJob;
use protocol::management_scope::ManagementScope;

use super::{Caller, Refused, Resource};
use crate::{RequestContext, Services};

/// How far a job is. One that nobody was told of is not there, nor one that was done a day ago.
pub async fn get(svc: &Services, cx: &RequestContext, caller: &Caller, id: &JobId) -> Result<ReportedJob, Refused> {
    caller.require_any(&[ManagementScope::CreateUsers, ManagementScope::ReadUsers])?;
    let found = store::jobs::find_reported(&mut svc.store.read().await?, id, cx.now).await?;
    found.ok_or(Refused::NotFound(Resource::Job))
}
