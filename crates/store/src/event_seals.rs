//! The seals of the log of events.

use model::Timestamp;

use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    LAST = "SELECT number, last_position, newest, sealed_at, digests, link, checkpoint
            FROM event_seals ORDER BY number DESC LIMIT 1";
    AFTER = "SELECT number, last_position, newest, sealed_at, digests, link, checkpoint
             FROM event_seals WHERE number > $1 ORDER BY number LIMIT $2";
    INSERT = "INSERT INTO event_seals (number, last_position, newest, sealed_at, digests, link)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    SWEEP = "DELETE FROM event_seals WHERE number < $1";
    BEGIN = "UPDATE event_seals SET digests = $2, checkpoint = $3 WHERE number = $1";
}

/// A seal of some events that stand side by side in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSeal {
    /// Counts the seals, from 1.
    pub number: i64,
    /// The position of the last event it is about. The first is the first behind the seal before.
    pub last_position: i64,
    /// The date of the newest event up to here.
    pub newest: Timestamp,
    /// When it was made.
    pub sealed_at: Timestamp,
    /// Those of its events, one behind the other; none once they are swept.
    pub digests: Vec<u8>,
    /// What binds all of that to the seal before.
    pub link: Vec<u8>,
    /// Where its events and all before were swept: what shows that the broker did it.
    pub checkpoint: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct SealRow {
    number: i64,
    last_position: i64,
    newest: i64,
    sealed_at: i64,
    digests: Vec<u8>,
    link: Vec<u8>,
    checkpoint: Option<Vec<u8>>,
}

impl From<SealRow> for EventSeal {
    fn from(row: SealRow) -> Self {
        EventSeal {
            number: row.number,
            last_position: row.last_position,
            newest: Timestamp::from_millis(row.newest),
            sealed_at: Timestamp::from_millis(row.sealed_at),
            digests: row.digests,
            link: row.link,
            checkpoint: row.checkpoint,
        }
    }
}

/// The last one.
pub async fn last(db: &mut impl Read) -> Result<Option<EventSeal>, StoreError> {
    let row: Option<SealRow> = db.fetch_optional(LAST, args![]).await?;
    Ok(row.map(EventSeal::from))
}

/// At most `limit` of those behind this number.
pub async fn after(db: &mut impl Read, number: i64, limit: u32) -> Result<Vec<EventSeal>, StoreError> {
    let rows: Vec<SealRow> = db.fetch_all(AFTER, args![number, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(EventSeal::from).collect())
}

/// Stores a seal. `false` means that another node stored one with this number first, and this one is not kept.
pub async fn insert(tx: &mut WriteTx, seal: &EventSeal) -> Result<bool, StoreError> {
    let args =
        args![seal.number, seal.last_position, seal.newest, seal.sealed_at, seal.digests.clone(), seal.link.clone(),];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// Deletes the seals before this one, whose events are swept, and marks it. Says how many went.
pub async fn begin_at(tx: &mut WriteTx, seal: &EventSeal) -> Result<u64, StoreError> {
    tx.execute(BEGIN, args![seal.number, Vec::<u8>::new(), seal.checkpoint.clone()]).await?;
    tx.execute(SWEEP, args![seal.number]).await
}
