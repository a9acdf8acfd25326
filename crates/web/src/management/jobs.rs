//! `/jobs`.

pub(crate) mod docs;

use axum::Json;
use axum::response::IntoResponse;
use flows::management::jobs::{self, JobErrors, users_exports, users_imports};
use http::StatusCode;
use model::job::{JobStatus, ReportedJob};
use model::{JobId, JsonObject, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{Answer, created, one};
use super::call::{Body, Call, Id};
use super::upload::UsersUpload;

/// A job as Auth0 shows it: what its kind tells of itself, `type` among it, stands beside the rest.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Job")]
struct JobBody<'a> {
    id: &'a JobId,
    status: JobStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    status_details: Option<&'a str>,
    created_at: Timestamp,
    #[serde(flatten)]
    report: &'a JsonObject,
}

impl<'a> From<&'a ReportedJob> for JobBody<'a> {
    fn from(job: &'a ReportedJob) -> Self {
        let ReportedJob { id, status, status_details, created_at, report } = job;
        let (status, created_at) = (*status, *created_at);
        JobBody { id, status, status_details: status_details.as_deref(), created_at, report }
    }
}

/// `GET /jobs/{id}`
pub(crate) async fn get(call: Call, Id(id): Id) -> Answer {
    let job = jobs::get(&call.services, &call.cx, &call.caller, &JobId::new(id)).await?;
    one(&JobBody::from(&job), &call.query)
}

/// `POST /jobs/verification-email`
pub(crate) async fn verification_email(call: Call, Body(body): Body) -> Answer {
    let job = jobs::verification_email::start(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(created(&JobBody::from(&job)))
}

/// `GET /jobs/{id}/errors`
pub(crate) async fn errors(call: Call, Id(id): Id) -> Answer {
    let errors = jobs::errors(&call.services, &call.cx, &call.caller, &JobId::new(id)).await?;
    Ok(match &errors {
        JobErrors::All(job) => Json(JobBody::from(job)).into_response(),
        JobErrors::Rows(rows) if rows.is_empty() => StatusCode::NO_CONTENT.into_response(),
        JobErrors::Rows(rows) => Json(rows).into_response(),
    })
}

/// `POST /jobs/users-imports`
pub(crate) async fn import_users(call: Call, UsersUpload(upload): UsersUpload) -> Answer {
    let job = users_imports::start(&call.services, &call.cx, &call.caller, upload).await?;
    Ok((StatusCode::ACCEPTED, Json(JobBody::from(&job))).into_response())
}

/// `POST /jobs/users-exports`
pub(crate) async fn export_users(call: Call, Body(body): Body) -> Answer {
    let job = users_exports::start(&call.services, &call.cx, &call.caller, &body).await?;
    Ok(Json(JobBody::from(&job)).into_response())
}
