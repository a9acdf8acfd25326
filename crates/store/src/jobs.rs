//! Work to be done later. Whoever claims a job holds it under a lease; a job whose lease has run out is anybody's, so
//! that the end of a process costs a delay and no work.

use model::job::{JobStatus, ReportedJob};
use model::{JobId, JsonObject, Timestamp, UserId};

use crate::columns::{from_json, to_json_opt};
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx, settings};

statements! {
    INSERT = "INSERT INTO jobs (id, kind, user_id, payload_sealed, report, attempts, due_at, created_at)
              VALUES ($1, $2, $3, $4, $5, 0, $6, $6)";
    ANY_DUE = "SELECT id FROM jobs WHERE outcome IS NULL AND due_at <= $1
               AND (leased_until IS NULL OR leased_until <= $1) LIMIT 1";
    // Apart from the one above, since each has an index of its own.
    ANY_DUE_OF_KIND = "SELECT id FROM jobs WHERE outcome IS NULL AND due_at <= $1
                       AND (leased_until IS NULL OR leased_until <= $1) AND kind = $2 LIMIT 1";
    CLAIM = "UPDATE jobs SET leased_until = $2, attempts = attempts + 1
             WHERE id = (SELECT id FROM jobs WHERE outcome IS NULL AND due_at <= $1
                         AND (leased_until IS NULL OR leased_until <= $1) ORDER BY due_at, id LIMIT 1)
             AND outcome IS NULL AND (leased_until IS NULL OR leased_until <= $1)
             RETURNING id, kind, user_id, payload_sealed, report, attempts";
    CLAIM_OF_KIND = "UPDATE jobs SET leased_until = $2, attempts = attempts + 1
                     WHERE id = (SELECT id FROM jobs WHERE outcome IS NULL AND due_at <= $1
                                 AND (leased_until IS NULL OR leased_until <= $1) AND kind = $3
                                 ORDER BY due_at, id LIMIT 1)
                     AND outcome IS NULL AND (leased_until IS NULL OR leased_until <= $1)
                     RETURNING id, kind, user_id, payload_sealed, report, attempts";
    REPLACE = "UPDATE jobs SET payload_sealed = $3, report = $4, leased_until = $5
               WHERE id = $1 AND attempts = $2 AND outcome IS NULL";
    POSTPONE = "UPDATE jobs SET leased_until = NULL, due_at = $3, last_error = $4
                WHERE id = $1 AND attempts = $2 AND outcome IS NULL";
    DELETE = "DELETE FROM jobs WHERE id = $1 AND attempts = $2 AND outcome IS NULL";
    COMPLETE = "UPDATE jobs SET outcome = 'done', leased_until = NULL, payload_sealed = $3, expires_at = $4
                WHERE id = $1 AND attempts = $2 AND outcome IS NULL";
    FAIL = "UPDATE jobs SET outcome = 'failed', leased_until = NULL, payload_sealed = $5, last_error = $3,
            expires_at = $4 WHERE id = $1 AND attempts = $2 AND outcome IS NULL";
    REPORTED = "SELECT id, report, outcome, leased_until, last_error, created_at FROM jobs WHERE id = $1 AND report IS NOT NULL";
    UNFINISHED = "SELECT COUNT(*) AS unfinished FROM jobs WHERE kind = $1 AND outcome IS NULL";
    INSERT_DONE = "INSERT INTO jobs (id, kind, payload_sealed, report, attempts, due_at, outcome, created_at, expires_at)
                   VALUES ($1, $2, $3, $4, 0, $5, 'done', $5, $6)";
    WAITING = "SELECT COUNT(*) AS waiting FROM jobs WHERE outcome IS NULL";
}

/// A job on its way in.
pub struct NewJob<'a> {
    /// Its id.
    pub id: &'a JobId,
    /// What is to be done, in one word.
    pub kind: &'a str,
    /// The person it is about, with whom it goes.
    pub user_id: Option<&'a UserId>,
    /// The facts, sealed for this id.
    pub payload_sealed: Vec<u8>,
    /// What the Management API tells of it; none for a job nobody asks about.
    pub report: Option<&'a JsonObject>,
    /// When it may begin, at the earliest.
    pub due_at: Timestamp,
}

/// A job that somebody holds.
#[derive(Clone, Debug)]
pub struct ClaimedJob {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub kind: String,
    /// The person it is about.
    pub user_id: Option<UserId>,
    /// The facts, sealed for this id.
    pub payload_sealed: Vec<u8>,
    /// What the Management API tells of it.
    pub report: Option<JsonObject>,
    /// How often it has been begun, this time included. Names the holder: who has lost the lease has an older number.
    pub attempts: i64,
}

#[derive(sqlx::FromRow)]
struct ClaimedRow {
    id: String,
    kind: String,
    user_id: Option<String>,
    payload_sealed: Vec<u8>,
    report: Option<String>,
    attempts: i64,
}

impl ClaimedRow {
    fn into_job(self) -> Result<ClaimedJob, StoreError> {
        Ok(ClaimedJob {
            report: self.report.map(|report| from_json("jobs", &self.id, &report)).transpose()?,
            id: JobId::new(self.id),
            kind: self.kind,
            user_id: self.user_id.map(UserId::new),
            payload_sealed: self.payload_sealed,
            attempts: self.attempts,
        })
    }
}

#[derive(sqlx::FromRow)]
struct ReportedRow {
    id: String,
    report: String,
    outcome: Option<String>,
    leased_until: Option<i64>,
    last_error: Option<String>,
    created_at: i64,
}

impl ReportedRow {
    fn into_job(self, now: Timestamp) -> Result<ReportedJob, StoreError> {
        let status = match self.outcome.as_deref() {
            Some("done") => JobStatus::Completed,
            Some("failed") => JobStatus::Failed,
            Some(_) => return Err(StoreError::corrupt("jobs", &self.id, "no such outcome")),
            None if self.leased_until.is_some_and(|until| now.millis() < until) => JobStatus::Processing,
            None => JobStatus::Pending,
        };
        let created_at = Timestamp::from_millis(self.created_at);
        Ok(ReportedJob {
            report: from_json("jobs", &self.id, &self.report)?,
            status_details: self.last_error.filter(|_| status == JobStatus::Failed),
            id: JobId::new(self.id),
            status,
            created_at,
        })
    }
}

/// Inserts a job, in the write that causes it.
pub async fn insert(tx: &mut WriteTx, job: NewJob<'_>) -> Result<(), StoreError> {
    let args = args![job.id, job.kind, job.user_id, job.payload_sealed, to_json_opt(job.report), job.due_at];
    tx.execute(INSERT, args).await.map(|_| ())
}

/// Whether there is something to claim, of this kind or of any, without a write.
pub async fn is_any_due(db: &mut impl Read, kind: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
    let (asked, args) = match kind {
        None => (ANY_DUE, args![now]),
        Some(kind) => (ANY_DUE_OF_KIND, args![now, kind]),
    };
    Ok(db.fetch_optional::<(String,)>(asked, args).await?.is_some())
}

/// Takes the job that is due longest, of this kind or of any, for as long as the lease lasts. None also where another
/// process was faster.
pub async fn claim(
    tx: &mut WriteTx,
    kind: Option<&str>,
    now: Timestamp,
    leased_until: Timestamp,
) -> Result<Option<ClaimedJob>, StoreError> {
    let (asked, args) = match kind {
        None => (CLAIM, args![now, leased_until]),
        Some(kind) => (CLAIM_OF_KIND, args![now, leased_until, kind]),
    };
    let row: Option<ClaimedRow> = tx.fetch_optional(asked, args).await?;
    row.map(ClaimedRow::into_job).transpose()
}

/// Notes what is left to do, and holds the job for longer. False where it is held by another by now.
pub async fn replace(
    tx: &mut WriteTx,
    job: &ClaimedJob,
    payload_sealed: Vec<u8>,
    report: Option<&JsonObject>,
    leased_until: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![&job.id, job.attempts, payload_sealed, to_json_opt(report), leased_until];
    Ok(tx.execute(REPLACE, args).await? == 1)
}

/// The job is done. One with a report stays until `expires_at`, without its facts; every other goes. False where it is
/// held by another by now.
pub async fn complete(tx: &mut WriteTx, job: &ClaimedJob, expires_at: Timestamp) -> Result<bool, StoreError> {
    let changed = match &job.report {
        Some(_) => tx.execute(COMPLETE, args![&job.id, job.attempts, Vec::new(), expires_at]).await?,
        None => tx.execute(DELETE, args![&job.id, job.attempts]).await?,
    };
    Ok(changed == 1)
}

/// The job is to be begun again, not before `due_at`. False where it is held by another by now.
pub async fn postpone(
    tx: &mut WriteTx,
    job: &ClaimedJob,
    due_at: Timestamp,
    last_error: &str,
) -> Result<bool, StoreError> {
    Ok(tx.execute(POSTPONE, args![&job.id, job.attempts, due_at, last_error]).await? == 1)
}

/// The job is given up. It stays until `expires_at`, for people to see, without its facts. False where it is held by another by now.
pub async fn fail(
    tx: &mut WriteTx,
    job: &ClaimedJob,
    expires_at: Timestamp,
    last_error: &str,
) -> Result<bool, StoreError> {
    Ok(tx.execute(FAIL, args![&job.id, job.attempts, last_error, expires_at, Vec::new()]).await? == 1)
}

/// What is told of a job. None also for a job that nobody was told of.
pub async fn find_reported(db: &mut impl Read, id: &JobId, now: Timestamp) -> Result<Option<ReportedJob>, StoreError> {
    let row: Option<ReportedRow> = db.fetch_optional(REPORTED, args![id]).await?;
    row.map(|row| row.into_job(now)).transpose()
}

/// How many jobs are not done yet and not given up.
pub async fn waiting(db: &mut impl Read) -> Result<i64, StoreError> {
    Ok(db.fetch_one::<(i64,)>(WAITING, args![]).await?.0)
}

/// How many jobs of this kind are not done yet and not given up. Of several writes that ask, one goes on at a time, so
/// that the number holds until this one commits.
pub async fn unfinished(tx: &mut WriteTx, kind: &str) -> Result<i64, StoreError> {
    settings::take_turn(tx).await?;
    Ok(tx.fetch_one::<(i64,)>(UNFINISHED, args![kind]).await?.0)
}

/// Inserts what nobody has to do any more: it is told of until `expires_at`.
pub async fn insert_done(
    tx: &mut WriteTx,
    id: &JobId,
    kind: &str,
    report: &JsonObject,
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    let args = args![id, kind, Vec::<u8>::new(), to_json_opt(Some(report)), now, expires_at];
    tx.execute(INSERT_DONE, args).await.map(|_| ())
}
