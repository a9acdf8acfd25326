//! Freeing the room of what has expired. Nothing relies on it: expiry is checked wherever a row is read.

use std::time::Duration;

use model::Timestamp;

use crate::{InternalError, Services};

/// Rows that ended less than this long ago stay, for events and repeats that still speak of them.
const GRACE: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);
/// How many rows of each table one write deletes, so that nobody waits long behind it.
const BATCH: u32 = 500;

/// Deletes what ended a while ago, and events that are older than the tenant keeps them, in short writes. Says how many
/// rows went.
pub async fn sweep(svc: &Services, now: Timestamp) -> Result<u64, InternalError> {
    let tenant = store::settings::tenant(&mut svc.store.read().await?).await?;
    let kept_days = u32::try_from(tenant.log_retention_days).unwrap_or(u32::MAX);
    let (ended_before, events_before) = (now.minus(GRACE), now.minus(DAY * kept_days));
    let mut swept = 0;
    loop {
        let mut tx = svc.store.write().await?;
        let batch = store::expiry::sweep(&mut tx, ended_before, BATCH).await?;
        tx.commit().await?;
        swept += batch;
        if batch < u64::from(BATCH) {
            break;
        }
    }
    Ok(swept + crate::event_seals::sweep(svc, events_before).await?)
}
