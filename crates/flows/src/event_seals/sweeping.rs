//! Letting old events go.

use model::Timestamp;
use store::event_seals::EventSeal;

use super::{chain, digest};
use crate::{InternalError, Services};

/// How many seals one write sweeps at the most, and behind how many events it takes no further seal.
const SEALS: u32 = 100;
const EVENTS: usize = 500;

/// Deletes the events of seals whose newest is older than this, and says how many rows went. The log then begins behind
/// a seal that is marked for it. Events that are not sealed stay until they are.
pub(crate) async fn sweep(svc: &Services, before: Timestamp) -> Result<u64, InternalError> {
    let mut swept = 0;
    while let Some(last) = expired(svc, before).await? {
        let mut tx = svc.store.write().await?;
        swept += store::events::sweep(&mut tx, last.last_position).await?;
        swept += store::event_seals::begin_at(&mut tx, &last).await?;
        tx.commit().await?;
    }
    Ok(swept)
}

/// The last of the seals that one write sweeps. What a seal says of its age counts if it holds, or an intruder could
/// have others do the sweeping; and where any before it does not hold, it is not marked, or the sweeping would hide that.
async fn expired(svc: &Services, before: Timestamp) -> Result<Option<EventSeal>, InternalError> {
    let seals = store::event_seals::after(&mut svc.store.read().await?, 0, SEALS).await?;
    let Some(first) = seals.first() else { return Ok(None) };
    let beginning = chain::beginning(&svc.sealer, first);
    let mut is_whole = beginning.is_some();
    let mut previous = beginning.unwrap_or_else(|| first.clone());
    let behind = previous.number;
    let (mut last, mut events) = (None, 0);
    for seal in seals.into_iter().filter(|seal| seal.number > behind) {
        let holds = chain::follows(&svc.sealer, &previous, &seal);
        is_whole &= holds;
        if (holds && seal.newest >= before) || events >= EVENTS {
            break;
        }
        if holds {
            events += seal.digests.len() / digest::LENGTH;
            let checkpoint = is_whole.then(|| chain::checkpoint(&svc.sealer, &seal));
            last = Some(EventSeal { checkpoint, ..seal.clone() });
        }
        previous = seal;
    }
    if !is_whole {
        tracing::error!("the seals on the log of events were altered; run: landbridge events verify");
    }
    Ok(last)
}
