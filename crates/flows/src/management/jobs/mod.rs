//! Work that was asked for, and how far it is.

mod export_fields;
mod upload;
pub mod users_exports;
pub mod users_imports;
pub mod verification_email;

use model::JobId;
use model::job::{JobStatus, ReportedJob};
use protocol::management_scope::ManagementScope;
use serde_json::Value;

pub use upload::Upload;

use super::{Body, BodyInvalid, Caller, Refused, Resource};
use crate::jobs::users_import;
use crate::{RequestContext, Services};

/// How far a job is. One that nobody was told of is not there, nor one that was done a day ago. Whoever may read users
/// is given a link to what an export gives.
pub async fn get(svc: &Services, cx: &RequestContext, caller: &Caller, id: &JobId) -> Result<ReportedJob, Refused> {
    let mut job = find(svc, cx, caller, id).await?;
    if users_exports::is_one(&job) && caller.has(ManagementScope::ReadUsers) {
        job.report.insert("location".to_owned(), users_exports::link(svc, cx, id).await?.into());
    }
    Ok(job)
}

/// What a job could not do.
#[derive(Clone, Debug)]
pub enum JobErrors {
    /// The job as a whole.
    All(ReportedJob),
    /// These rows, each with what is wrong with it; none, so far, where there are none.
    Rows(Vec<Value>),
}

/// What a job could not do.
pub async fn errors(svc: &Services, cx: &RequestContext, caller: &Caller, id: &JobId) -> Result<JobErrors, Refused> {
    let job = find(svc, cx, caller, id).await?;
    if job.status == JobStatus::Failed {
        return Ok(JobErrors::All(job));
    }
    Ok(JobErrors::Rows(users_import::errors(svc, id).await?))
}

async fn find(svc: &Services, cx: &RequestContext, caller: &Caller, id: &JobId) -> Result<ReportedJob, Refused> {
    caller.require_any(&[ManagementScope::CreateUsers, ManagementScope::ReadUsers])?;
    let found = store::jobs::find_reported(&mut svc.store.read().await?, id, cx.now).await?;
    found.ok_or(Refused::NotFound(Resource::Job))
}
