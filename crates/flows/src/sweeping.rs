//! Freeing the room of what has expired. Nothing relies on it: expiry is checked wherever a row is read.

use std::time::Duration;

use model::Timestamp;

use crate::{InternalError, Services};

/// Rows that ended less than this long ago stay, for events and repeats that still speak of them.
const GRACE: Duration = Duration::from_hours(1);
/// How many rows of each table one write deletes, so that nobody waits long behind it.
const BATCH: u32 = 500;

/// Deletes what ended a while ago, in short writes, and says how many rows went.
pub async fn sweep(svc: &Services, now: Timestamp) -> Result<u64, InternalError> {
    let mut swept = 0;
    loop {
        let mut tx = svc.store.write().await?;
        let batch = store::expiry::sweep(&mut tx, now.minus(GRACE), BATCH).await?;
        tx.commit().await?;
        swept += batch;
        if batch < u64::from(BATCH) {
            return Ok(swept);
        }
    }
}
