//! What jobs tell of the rows they did not take.

use model::JobId;

use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    INSERT = "INSERT INTO job_errors (job_id, after_rows, errors_sealed) VALUES ($1, $2, $3)";
    OF_JOB = "SELECT after_rows, errors_sealed FROM job_errors WHERE job_id = $1 ORDER BY after_rows";
}

/// Some of a job's errors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JobErrors {
    /// How many rows had been dealt with, the last of these included. Names this part of the job's errors.
    pub after_rows: i64,
    /// The errors, sealed for the job's id.
    pub errors_sealed: Vec<u8>,
}

/// Adds to a job's errors.
pub async fn insert(tx: &mut WriteTx, job_id: &JobId, errors: JobErrors) -> Result<(), StoreError> {
    tx.execute(INSERT, args![job_id, errors.after_rows, errors.errors_sealed]).await.map(|_| ())
}

/// All of a job's errors, in the order of the rows.
pub async fn of_job(db: &mut impl Read, job_id: &JobId) -> Result<Vec<JobErrors>, StoreError> {
    let rows: Vec<(i64, Vec<u8>)> = db.fetch_all(OF_JOB, args![job_id]).await?;
    Ok(rows.into_iter().map(|(after_rows, errors_sealed)| JobErrors { after_rows, errors_sealed }).collect())
}
