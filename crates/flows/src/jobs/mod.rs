//! Work that is done later: inserted by the write that causes it, begun at least once, and tried again for most of a
//! day.
//!
//! A kind of work is a variant of [`Work`] and the function that does it. It may be begun twice, after the end of a
//! process for one, so it is written to be repeated.

mod retry;
pub mod users_import;

use std::time::Duration;

use model::event::EventType;
use model::{JobId, JsonObject, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use store::jobs::{ClaimedJob, NewJob};
use store::{StoreError, WriteTx};
use zeroize::Zeroizing;

use crate::backchannel_logout::{self, LogoutNews};
use crate::error::OrInternal;
use crate::events::event;
use crate::mail::Mail;
use crate::tickets::password_reset::{self, ResetAsked};
use crate::{InternalError, RequestContext, Services};
pub use users_import::UsersImport;
pub(crate) use users_import::UsersImportProgress;

/// For how long a job is held.
const LEASE: Duration = Duration::from_mins(2);
/// How long one attempt may take: less than the lease, so that two never overlap.
const PATIENCE: Duration = Duration::from_secs(90);
/// For how long a job that is done is told of, where anybody was told of it.
const DONE_KEPT: Duration = Duration::from_hours(24);
/// For how long a job that was given up stays to be seen.
const FAILED_KEPT: Duration = Duration::from_hours(30 * 24);
const PURPOSE: &str = "job";
const MAIL: &str = "mail";
const PASSWORD_RESET: &str = "password_reset";
/// The kind of [`Work::UsersImport`].
pub(crate) const USERS_IMPORT: &str = "users_import";
const BACKCHANNEL_LOGOUT: &str = "backchannel_logout";

/// Every kind. A process has somebody who works for each of them alone, so that none has to wait for the others.
pub const KINDS: [&str; 4] = [MAIL, PASSWORD_RESET, USERS_IMPORT, BACKCHANNEL_LOGOUT];

/// What is to be done, and the facts it is done with. Kept sealed.
#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// A mail is to be sent.
    Mail(Mail),
    /// Somebody has asked for a link to choose a new password with.
    PasswordReset(ResetAsked),
    /// People are to be imported.
    UsersImport(UsersImport),
    /// An application is to be told of the end of a session.
    BackchannelLogout(LogoutNews),
}

/// Why an attempt did not do the work.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkFailed {
    /// It may go better later. The text names no person and no secret: it is kept beside the job.
    #[error("{0}")]
    Later(String),
    /// It will never be done.
    #[error("{0}")]
    Never(String),
    /// The work could not be done for a reason of our own.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for WorkFailed {
    fn from(error: StoreError) -> Self {
        WorkFailed::Internal(error.into())
    }
}

impl Work {
    fn kind(&self) -> &'static str {
        match self {
            Work::Mail(_) => MAIL,
            Work::PasswordReset(_) => PASSWORD_RESET,
            Work::UsersImport(_) => USERS_IMPORT,
            Work::BackchannelLogout(_) => BACKCHANNEL_LOGOUT,
        }
    }

    /// The person it is about: a job goes with them.
    fn user_id(&self) -> Option<&UserId> {
        match self {
            Work::Mail(mail) => mail.user_id.as_ref(),
            // Applications are told of somebody's deletion, too.
            Work::PasswordReset(_) | Work::UsersImport(_) | Work::BackchannelLogout(_) => None,
        }
    }

    async fn run(&self, svc: &Services, cx: &RequestContext, job: &ClaimedJob) -> Result<(), WorkFailed> {
        match self {
            Work::Mail(mail) => crate::mail::send(svc, cx, mail).await,
            Work::PasswordReset(asked) => Ok(Box::pin(password_reset::answer(svc, cx, asked)).await?),
            Work::UsersImport(import) => Box::pin(import.run(svc, cx, job)).await,
            Work::BackchannelLogout(news) => backchannel_logout::tell(svc, cx, news).await,
        }
    }
}

/// Inserts work into the write that causes it. Nobody is told of it.
pub async fn enqueue(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    work: &Work,
) -> Result<JobId, InternalError> {
    insert(svc, cx, tx, work, None).await
}

/// Inserts work that somebody may ask about by its id, and is told `report` with how far it is.
pub async fn enqueue_reported(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    work: &Work,
    report: &JsonObject,
) -> Result<JobId, InternalError> {
    insert(svc, cx, tx, work, Some(report)).await
}

async fn insert(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    work: &Work,
    report: Option<&JsonObject>,
) -> Result<JobId, InternalError> {
    let id = JobId::from_random(svc.random());
    let payload = Zeroizing::new(serde_json::to_vec(work).or_internal("writing a job's facts")?);
    let payload_sealed = svc.sealer.seal(&*svc.entropy, PURPOSE, id.as_str(), &payload);
    let (kind, user_id) = (work.kind(), work.user_id());
    store::jobs::insert(tx, NewJob { id: &id, kind, user_id, payload_sealed, report, due_at: cx.now }).await?;
    Ok(id)
}

/// Makes one attempt at the job that is due longest, of this kind or of any. False where none is due.
pub async fn run_next(svc: &Services, cx: &RequestContext, kind: Option<&str>) -> Result<bool, InternalError> {
    let Some(job) = claim(svc, kind, cx.now).await? else { return Ok(false) };
    let outcome = attempt(svc, cx, &job).await;
    let result = if outcome.is_ok() { "done" } else { "failed" };
    metrics::counter!("landbridge_jobs_total", "kind" => job.kind.clone(), "result" => result).increment(1);
    let mut tx = svc.store.write().await?;
    settle(svc, cx, &mut tx, &job, outcome).await?;
    tx.commit().await?;
    Ok(true)
}

/// Measures how many jobs wait.
pub async fn measure(svc: &Services) -> Result<(), InternalError> {
    let waiting = store::jobs::waiting(&mut svc.store.read().await?).await?;
    metrics::gauge!("landbridge_jobs_waiting").set(u32::try_from(waiting).unwrap_or(u32::MAX));
    Ok(())
}

async fn claim(svc: &Services, kind: Option<&str>, now: Timestamp) -> Result<Option<ClaimedJob>, InternalError> {
    // Looked at first, so that an idle broker writes nothing.
    if !store::jobs::is_any_due(&mut svc.store.read().await?, kind, now).await? {
        return Ok(None);
    }
    let mut tx = svc.store.write().await?;
    let claimed = store::jobs::claim(&mut tx, kind, now, now.plus(LEASE)).await?;
    tx.commit().await?;
    Ok(claimed)
}

async fn attempt(svc: &Services, cx: &RequestContext, job: &ClaimedJob) -> Result<(), WorkFailed> {
    if retry::is_exhausted(job.attempts) {
        return Err(WorkFailed::Never("no attempt came to an end".to_owned()));
    }
    let work = opened(svc, job)?;
    let too_long = |_| Err(WorkFailed::Later("it took too long".to_owned()));
    tokio::time::timeout(PATIENCE, work.run(svc, cx, job)).await.unwrap_or_else(too_long)
}

fn opened(svc: &Services, job: &ClaimedJob) -> Result<Work, WorkFailed> {
    let payload = svc.sealer.open(PURPOSE, job.id.as_str(), &job.payload_sealed);
    let payload = payload.map_err(|broken| WorkFailed::Never(broken.to_string()))?;
    serde_json::from_slice(&payload).map_err(|_| WorkFailed::Never("its facts cannot be read".to_owned()))
}

/// Where the lease was lost meanwhile, whoever has it now decides, and nothing is written.
async fn settle(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    job: &ClaimedJob,
    outcome: Result<(), WorkFailed>,
) -> Result<(), InternalError> {
    let Err(failed) = outcome else {
        if store::jobs::complete(tx, job, cx.now.plus(DONE_KEPT)).await? && job.kind == USERS_IMPORT {
            users_import::tell_of_end(svc, cx, tx, &job.id).await?;
        }
        return Ok(());
    };
    let words = failed.to_string();
    let pause = retry::pause_after(job.attempts).filter(|_| !matches!(failed, WorkFailed::Never(_)));
    let cause = std::error::Error::source(&failed).map(ToString::to_string);
    let gives_up = pause.is_none();
    tracing::warn!(job = %job.id, kind = job.kind, attempts = job.attempts, gives_up, error = words, cause, "a job failed");
    match pause {
        Some(pause) => {
            store::jobs::postpone(tx, job, cx.now.plus(pause), &words).await?;
            Ok(())
        }
        None => give_up(svc, cx, tx, job, &words).await,
    }
}

async fn give_up(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    job: &ClaimedJob,
    words: &str,
) -> Result<(), InternalError> {
    if !store::jobs::fail(tx, job, cx.now.plus(FAILED_KEPT), words).await? {
        return Ok(());
    }
    let code = match job.kind.as_str() {
        USERS_IMPORT => EventType::UsersImportFailed,
        BACKCHANNEL_LOGOUT => EventType::BackchannelLogoutFailed,
        _ => EventType::NotificationFailed,
    };
    let mut given_up = event(svc, cx, code)
        .describe(words)
        .detail("job_id", job.id.as_str())
        .detail("kind", job.kind.as_str())
        .detail("attempts", job.attempts);
    if let Some(user_id) = &job.user_id {
        given_up = given_up.user_id(user_id);
    }
    given_up.record(tx).await?;
    if job.kind == USERS_IMPORT { users_import::tell_of_end(svc, cx, tx, &job.id).await } else { Ok(()) }
}
