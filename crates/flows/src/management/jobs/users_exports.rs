//! Exporting people. Nothing is written ahead: a link is good for one download, which reads the directory as it goes.

use std::time::Duration;

use keys::{OpaqueToken, TokenKind};
use model::connection::Connection;
use model::job::{JobStatus, ReportedJob};
use model::user::User;
use model::{ConnectionId, JobId, JsonObject, Timestamp};
use protocol::management_scope::ManagementScope;
use serde_json::{Value, json};
use store::users::PeopleUntil;

use super::{Body, BodyInvalid, Caller, Refused};
use crate::{InternalError, RequestContext, Services};

pub use super::export_fields::{ExportField, ExportFormat};

const USERS_EXPORT: &str = "users_export";

/// For how long a job is told of, and links are given out.
const KEPT: Duration = Duration::from_hours(24);

/// For how long a link is good.
const LINK_LIFETIME: Duration = Duration::from_mins(1);

/// How many people are read at a time.
const PAGE: u32 = 500;

/// Begins an export.
pub async fn start(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<ReportedJob, Refused> {
    caller.require(ManagementScope::ReadUsers)?;
    let mut body = body.object()?;
    let format: Option<String> = body.take("format")?;
    let format = format.as_deref().map_or(Some(ExportFormat::Json), ExportFormat::named);
    let format = format.ok_or_else(|| body.wrong("format", "must be json or csv"))?;
    let limit: Option<u32> = body.take("limit")?;
    let fields = ExportField::take_all(&mut body)?;
    let connection_id: Option<String> = body.take("connection_id")?;
    body.finish()?;
    let mut report = json!({"type": USERS_EXPORT, "format": format.as_str()});
    if let Some(id) = connection_id {
        let connection = connection(svc, id).await?;
        report["connection_id"] = connection.id.as_str().into();
        report["connection"] = connection.name.into();
    }
    if let Some(limit) = limit {
        report["limit"] = limit.into();
    }
    if !fields.is_empty() {
        report["fields"] = fields.iter().map(ExportField::tell).collect();
    }
    let report = report.as_object().cloned().unwrap_or_default();
    let id = JobId::from_random(svc.random());
    let mut tx = svc.store.write().await?;
    store::jobs::insert_done(&mut tx, &id, USERS_EXPORT, &report, cx.now, cx.now.plus(KEPT)).await?;
    caller.event(svc, cx, "export_users", id.as_str()).record(&mut tx).await?;
    tx.commit().await?;
    Ok(ReportedJob { id, status: JobStatus::Pending, status_details: None, created_at: cx.now, report })
}

async fn connection(svc: &Services, id: String) -> Result<Connection, Refused> {
    let found = store::connections::find(&mut svc.store.read().await?, &ConnectionId::new(id)).await?;
    let connection = found.map(|stored| stored.connection);
    Ok(connection.ok_or_else(|| BodyInvalid::wrong("connection_id", "must be the id of a connection"))?)
}

pub(super) fn is_one(job: &ReportedJob) -> bool {
    job.report.get("type").is_some_and(|kind| kind == USERS_EXPORT)
}

/// A new link, good once and for a minute. It says nothing but a secret.
pub(super) async fn link(svc: &Services, cx: &RequestContext, id: &JobId) -> Result<String, InternalError> {
    let token = OpaqueToken::from_random(svc.random());
    let mut tx = svc.store.write().await?;
    let digest = token.digest(TokenKind::Download);
    store::job_downloads::insert(&mut tx, &digest, id, cx.now.plus(LINK_LIFETIME)).await?;
    tx.commit().await?;
    Ok(format!("{}downloads/{}", svc.settings.issuer, &*token.text()))
}

/// People on their way to whoever used a link.
#[derive(Clone, Debug)]
pub struct Download {
    /// How they are written down.
    pub format: ExportFormat,
    /// What is shown of each of them.
    pub fields: Vec<ExportField>,
    until: PeopleUntil,
    left: u64,
}

/// Uses a link. None where there is none, or it is good for nothing any more.
pub async fn open(svc: &Services, cx: &RequestContext, token: &str) -> Result<Option<Download>, InternalError> {
    let Some(token) = OpaqueToken::parse(token) else { return Ok(None) };
    let mut tx = svc.store.write().await?;
    let job_id = store::job_downloads::take(&mut tx, &token.digest(TokenKind::Download), cx.now).await?;
    tx.commit().await?;
    let Some(id) = job_id else { return Ok(None) };
    let job = store::jobs::find_reported(&mut svc.store.read().await?, &id, cx.now).await?;
    Ok(job.map(|job| Download::of(&job.report, job.created_at)))
}

impl Download {
    fn of(report: &JsonObject, created_at: Timestamp) -> Self {
        let text = |name: &str| report.get(name).and_then(Value::as_str);
        Download {
            format: text("format").and_then(ExportFormat::named).unwrap_or(ExportFormat::Json),
            fields: ExportField::told(report.get("fields")),
            until: PeopleUntil { created_at, connection_id: text("connection_id").map(ConnectionId::new), after: None },
            left: report.get("limit").and_then(Value::as_u64).unwrap_or(u64::MAX),
        }
    }

    /// Who comes next; nobody after the last person. The directory may change meanwhile: whoever came after the export
    /// was asked for is not in it.
    pub async fn next(&mut self, svc: &Services) -> Result<Vec<User>, InternalError> {
        let limit = u32::try_from(self.left).unwrap_or(PAGE).min(PAGE);
        let people = store::users::until(&mut svc.store.read().await?, &self.until, limit).await?;
        self.left = self.left.saturating_sub(people.len() as u64);
        if let Some(last) = people.last() {
            self.until.after = Some((last.created_at, last.user_id.clone()));
        }
        Ok(people)
    }
}
