//! `/jobs`.

use flows::management::jobs;
use model::job::{JobStatus, ReportedJob};
use model::{JobId, JsonObject, Timestamp};
use serde::Serialize;

use super::answer::{Answer, created, one};
use super::call::{Body, Call, Id};

/// A job as Auth0 shows it: what its kind tells of itself, `type` among it, stands beside the rest.
#[derive(Serialize)]
struct JobBody<'a> {
    id: &'a JobId,
    status: JobStatus,
    created_at: Timestamp,
    #[serde(flatten)]
    report: &'a JsonObject,
}

impl<'a> From<&'a ReportedJob> for JobBody<'a> {
    fn from(job: &'a ReportedJob) -> Self {
        JobBody { id: &job.id, status: job.status, created_at: job.created_at, report: &job.report }
    }
}

/// `GET /jobs/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let job = jobs::get(&call.services, &call.cx, &call.caller, &JobId::new(id)).await?;
    one(&JobBody::from(&job), &call.query)
}

/// `POST /jobs/verification-email`
pub(crate) async fn verification_email(call: Call, Body(body): Body) -> Answer {
    let job = jobs::verification_email(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&JobBody::from(&job)))
}
