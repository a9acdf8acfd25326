//! A file of people that was uploaded through the Management API.

use std::io::Cursor;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use model::job::JobStatus;
use model::{JobId, JsonObject, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::job_errors::JobErrors;
use store::jobs::ClaimedJob;
use store::{StoreError, WriteTx};

use super::{LEASE, Work, WorkFailed};
use crate::error::OrInternal;
use crate::mail::{ImportTold, Mail, Message};
use crate::migration::import::{self, Existing, Format, ImportRefused, ImportRequest, RefusedRow, Summary};
use crate::{InternalError, RequestContext, Services};

/// After it, Auth0 gives an import up too.
const LONGEST: Duration = Duration::from_hours(2);

const ERRORS_PURPOSE: &str = "job errors";

/// What is to be imported. It holds password hashes, and is gone when the job ends.
#[derive(Serialize, Deserialize)]
pub struct UsersImport {
    /// Name of the database connection.
    pub connection: String,
    /// Whether people who are there already are brought up to date; otherwise their rows are refused.
    pub upsert: bool,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// The file, in base64.
    users: String,
}

impl UsersImport {
    /// What is to be imported from this file.
    pub fn new(connection: String, upsert: bool, requested_at: Timestamp, users: &[u8]) -> Self {
        UsersImport { connection, upsert, requested_at, users: STANDARD.encode(users) }
    }

    pub(super) async fn run(&self, svc: &Services, cx: &RequestContext, job: &ClaimedJob) -> Result<(), WorkFailed> {
        if self.requested_at.plus(LONGEST) < cx.now {
            return Err(WorkFailed::Never("it took longer than two hours".to_owned()));
        }
        let users =
            STANDARD.decode(&self.users).map_err(|_| WorkFailed::Never("the file cannot be read".to_owned()))?;
        let existing = if self.upsert { Existing::Update } else { Existing::Refuse };
        let connection = self.connection.clone();
        let format = Some(Format::Auth0Import);
        let request = ImportRequest { connection, format, existing, ..ImportRequest::default() };
        let progress = UsersImportProgress { svc, cx, job };
        let summary = import::resume(svc, cx, &request, Cursor::new(users), &progress).await;
        summary.map(drop).map_err(failed)
    }
}

fn failed(refused: ImportRefused) -> WorkFailed {
    match refused {
        ImportRefused::Internal(error) => WorkFailed::Internal(error),
        ImportRefused::Overtaken => WorkFailed::Later(refused.to_string()),
        ImportRefused::UnknownConnection(_) => WorkFailed::Never("the connection is gone".to_owned()),
        ImportRefused::Compressed => WorkFailed::Never("the file is compressed".to_owned()),
        refused => WorkFailed::Never(refused.to_string()),
    }
}

/// Keeps, with every batch, how far an import is and what it refused.
pub(crate) struct UsersImportProgress<'a> {
    svc: &'a Services,
    cx: &'a RequestContext,
    job: &'a ClaimedJob,
}

impl UsersImportProgress<'_> {
    /// What earlier attempts counted.
    pub(crate) fn before(&self) -> Summary {
        let summary = self.job.report.as_ref().and_then(|report| report.get("summary"));
        let count = |name: &str| summary.and_then(|summary| summary[name].as_u64()).unwrap_or_default();
        let (inserted, updated, refused) = (count("inserted"), count("updated"), count("failed"));
        Summary { read: inserted + updated + refused, inserted, updated, refused, ..Summary::default() }
    }

    /// False where another process holds the job by now.
    pub(crate) async fn note(
        &self,
        tx: &mut WriteTx,
        so_far: &Summary,
        refused: &[RefusedRow],
    ) -> Result<bool, StoreError> {
        let UsersImportProgress { svc, cx, job } = self;
        if !refused.is_empty() {
            let errors = refused.iter().map(row_errors).collect::<Value>().to_string();
            let errors_sealed = svc.sealer.seal(&*svc.entropy, ERRORS_PURPOSE, job.id.as_str(), errors.as_bytes());
            let after_rows = so_far.read.cast_signed();
            store::job_errors::insert(tx, &job.id, JobErrors { after_rows, errors_sealed }).await?;
        }
        let report = told(job.report.clone().unwrap_or_default(), so_far);
        store::jobs::replace(tx, job, job.payload_sealed.clone(), Some(&report), cx.now.plus(LEASE)).await
    }
}

/// In Auth0's words, which know no row that changes nothing.
fn told(mut report: JsonObject, so_far: &Summary) -> JsonObject {
    let Summary { total, read, inserted, updated, unchanged, refused, .. } = so_far;
    report.insert("percentage_done".to_owned(), (read * 100).checked_div(*total).unwrap_or(100).into());
    let summary = json!({"failed": refused, "updated": updated + unchanged, "inserted": inserted, "total": total});
    report.insert("summary".to_owned(), summary);
    report
}

/// Leaves a mail to the tenant's support address where whoever began the import asked for one. Where there is no such
/// address, nobody can be told: a deployment has no owners with addresses of their own.
pub(super) async fn tell_of_end(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    id: &JobId,
) -> Result<(), InternalError> {
    let Some(job) = store::jobs::find_reported(tx, id, cx.now).await? else { return Ok(()) };
    let is_asked_for = job.report.get("send_completion_email") == Some(&Value::Bool(true));
    let Some(to) = store::settings::tenant(tx).await?.support_email.filter(|_| is_asked_for) else { return Ok(()) };
    let told = import_told(&job.report);
    let message =
        if job.status == JobStatus::Failed { Message::UsersImportFailed(told) } else { Message::UsersImported(told) };
    let mail = Mail { to, user_id: None, languages: Vec::new(), message, expires_at: None };
    super::enqueue(svc, cx, tx, &Work::Mail(mail)).await?;
    Ok(())
}

fn import_told(report: &JsonObject) -> ImportTold {
    let count = |name: &str| report.get("summary").and_then(|summary| summary[name].as_u64()).unwrap_or_default();
    ImportTold {
        connection: report.get("connection").and_then(Value::as_str).unwrap_or_default().to_owned(),
        inserted: count("inserted"),
        updated: count("updated"),
        failed: count("failed"),
        total: count("total"),
    }
}

fn row_errors(row: &RefusedRow) -> Value {
    json!({"user": row.user.clone().unwrap_or_default(), "errors": row.errors})
}

/// What an import refused, a row after another, in Auth0's shape.
pub(crate) async fn errors(svc: &Services, job: &JobId) -> Result<Vec<Value>, InternalError> {
    let mut errors = Vec::new();
    for part in store::job_errors::of_job(&mut svc.store.read().await?, job).await? {
        let opened = svc.sealer.open(ERRORS_PURPOSE, job.as_str(), &part.errors_sealed);
        let opened = opened.or_internal("opening a job's errors")?;
        errors.extend(serde_json::from_slice::<Vec<Value>>(&opened).or_internal("reading a job's errors")?);
    }
    Ok(errors)
}
