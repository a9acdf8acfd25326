//! Making seals.

use model::Timestamp;
use store::event_seals::EventSeal;
use store::events::EventRow;

use super::{Head, chain, digest};
use crate::{InternalError, Services};

/// How many events one seal is about at the most.
const BATCH: u32 = 500;

/// Seals every event that can be seen and is not sealed yet, and says where the log ends then; None where there was
/// nothing to seal, or another node was at it.
///
/// Nothing is computed while a write is open. Two nodes may compute the same seal, and one of them is kept.
pub async fn seal(svc: &Services, now: Timestamp) -> Result<Option<Head>, InternalError> {
    crate::events::number_visible(svc).await?;
    let mut head = None;
    loop {
        let (previous, rows) = unsealed(svc).await?;
        let Some(seal) = seal_of(svc, &previous, &rows, now) else { break };
        let mut tx = svc.store.write().await?;
        if !store::event_seals::insert(&mut tx, &seal).await? {
            break;
        }
        tx.commit().await?;
        head = Some(Head::of(&seal));
    }
    if let Some(head) = &head {
        tracing::info!(%head, "sealed the log of events");
    }
    Ok(head)
}

async fn unsealed(svc: &Services) -> Result<(EventSeal, Vec<EventRow>), InternalError> {
    let mut db = svc.store.read().await?;
    let previous = store::event_seals::last(&mut db).await?.unwrap_or_else(chain::origin);
    let rows = store::events::rows(&mut db, previous.last_position, i64::MAX, BATCH).await?;
    Ok((previous, rows))
}

fn seal_of(svc: &Services, previous: &EventSeal, rows: &[EventRow], now: Timestamp) -> Option<EventSeal> {
    let last_position = rows.last()?.position?;
    // The clock of some node may be ahead; what it recorded shall not be kept for longer than the rest.
    let newest = rows.iter().map(|row| row.date).max()?.min(now.millis());
    // An erasure that does not hold is none of ours, and the seal is to say so.
    let digests = rows.iter().flat_map(|row| digest::of(&svc.sealer, row).unwrap_or_default()).collect();
    let seal = EventSeal {
        number: previous.number.saturating_add(1),
        last_position,
        newest: previous.newest.max(Timestamp::from_millis(newest)),
        sealed_at: now,
        digests,
        link: Vec::new(),
        checkpoint: None,
    };
    Some(chain::bound(&svc.sealer, previous, seal))
}
