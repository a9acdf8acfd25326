//! Importing a file of people.

use model::ConnectionId;
use model::connection::Connection;
use model::job::{JobStatus, ReportedJob};
use protocol::management_scope::ManagementScope;
use serde_json::json;

use super::{BodyInvalid, Caller, Refused, Upload};
use crate::jobs::{self, USERS_IMPORT, UsersImport, Work};
use crate::{RequestContext, Services};

/// How many imports there may be at a time, of which each holds its file.
const MOST_AT_ONCE: i64 = 2;

/// How long the caller's own name for a job may be.
const LONGEST_EXTERNAL_ID: usize = 255;

/// Begins an import. A mail tells of its end unless it is asked not to, to the tenant's support address if it has one.
pub async fn start(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    mut upload: Upload,
) -> Result<ReportedJob, Refused> {
    caller.require(ManagementScope::CreateUsers)?;
    let users = upload.file.take().ok_or_else(|| BodyInvalid::Missing { path: "users".to_owned() })?;
    let connection = connection(svc, &mut upload).await?;
    let upsert = upload.flag("upsert")?.unwrap_or(false);
    let external_id = external_id(&mut upload)?;
    let sends_mail = upload.flag("send_completion_email")?.unwrap_or(true);
    upload.finish()?;
    let mut report = json!({
        "type": USERS_IMPORT,
        "connection_id": connection.id,
        "connection": connection.name,
        "upsert": upsert,
        "send_completion_email": sends_mail,
    });
    if let Some(external_id) = external_id {
        report["external_id"] = external_id.into();
    }
    let report = report.as_object().cloned().unwrap_or_default();
    let work = Work::UsersImport(UsersImport::new(connection.name.clone(), upsert, cx.now, &users));
    let mut tx = svc.store.write().await?;
    if store::jobs::unfinished(&mut tx, USERS_IMPORT).await? >= MOST_AT_ONCE {
        return Err(Refused::TooManyImports);
    }
    let id = jobs::enqueue_reported(svc, cx, &mut tx, &work, &report).await?;
    caller.event(svc, cx, "import_users", id.as_str()).connection(&connection).record(&mut tx).await?;
    tx.commit().await?;
    Ok(ReportedJob { id, status: JobStatus::Pending, status_details: None, created_at: cx.now, report })
}

async fn connection(svc: &Services, upload: &mut Upload) -> Result<Connection, Refused> {
    let id = upload.text("connection_id").ok_or_else(|| BodyInvalid::Missing { path: "connection_id".to_owned() })?;
    let found = store::connections::find(&mut svc.store.read().await?, &ConnectionId::new(id)).await?;
    let connection = found.map(|stored| stored.connection).filter(Connection::is_database);
    Ok(connection.ok_or_else(|| BodyInvalid::wrong("connection_id", "must be the id of a database connection"))?)
}

fn external_id(upload: &mut Upload) -> Result<Option<String>, BodyInvalid> {
    let id = upload.text("external_id");
    if id.as_ref().is_some_and(|id| id.chars().count() > LONGEST_EXTERNAL_ID || id.contains('\0')) {
        return Err(BodyInvalid::wrong("external_id", "must have at most 255 characters"));
    }
    Ok(id)
}
