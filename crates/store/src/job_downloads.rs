//! Links to what jobs give, each good once.

use model::grant::Digest;
use model::{JobId, Timestamp};

use crate::db::{Ask, args, statements};
use crate::{StoreError, WriteTx};

statements! {
    INSERT = "INSERT INTO job_downloads (digest, job_id, expires_at) VALUES ($1, $2, $3)";
    TAKE = "DELETE FROM job_downloads WHERE digest = $1 AND expires_at > $2 RETURNING job_id";
}

/// Stores a new link.
pub async fn insert(
    tx: &mut WriteTx,
    digest: &Digest,
    job_id: &JobId,
    expires_at: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(INSERT, args![digest, job_id, expires_at]).await.map(|_| ())
}

/// Uses a link and says whose it was. None where there is none, it was used before, or it has expired.
pub async fn take(tx: &mut WriteTx, digest: &Digest, now: Timestamp) -> Result<Option<JobId>, StoreError> {
    let row: Option<(String,)> = tx.fetch_optional(TAKE, args![digest, now]).await?;
    Ok(row.map(|(id,)| JobId::new(id)))
}
