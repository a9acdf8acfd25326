//! The log of security events.

use model::event::Event;
use model::{EventId, Timestamp, UserId};

use crate::columns::{from_json, to_json};
use crate::db::{Ask, args, statements};
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT log_id, document FROM events WHERE log_id = $1";
    INSERT = "INSERT INTO events (log_id, date, type, client_id, user_id, document) VALUES ($1, $2, $3, $4, $5, $6)";
    AFTER = "SELECT log_id, document FROM events WHERE log_id > $1 ORDER BY log_id LIMIT $2";
    SWEEP = "DELETE FROM events WHERE log_id IN (SELECT log_id FROM events WHERE date < $1 LIMIT $2)";
}

/// Which events are wanted; empty lists mean no condition.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// With these type codes.
    pub types: Vec<String>,
    /// Of these clients.
    pub client_ids: Vec<String>,
    /// Of these users.
    pub user_ids: Vec<String>,
    /// The oldest first instead of the newest.
    pub oldest_first: bool,
}

impl EventFilter {
    fn list(&self) -> List {
        let filters = [
            Filter::one_of("type", &self.types),
            Filter::one_of("client_id", &self.client_ids),
            Filter::one_of("user_id", &self.user_ids),
        ];
        List {
            table: "events",
            columns: "log_id, document",
            order: ("date", "log_id"),
            newest_first: !self.oldest_first,
            filters: filters.into_iter().flatten().collect(),
        }
    }
}

fn read((log_id, document): &(String, String)) -> Result<Event, StoreError> {
    from_json("events", log_id, document)
}

/// Records an event.
pub async fn insert(tx: &mut WriteTx, event: &Event) -> Result<(), StoreError> {
    let args = args![
        &event.log_id,
        event.date,
        &event.code,
        event.client_id.as_ref(),
        event.user_id.as_ref().map(UserId::as_str),
        to_json(event),
    ];
    tx.execute(INSERT, args).await.map(|_| ())
}

/// The event with this id.
pub async fn find(db: &mut impl Read, id: &EventId) -> Result<Option<Event>, StoreError> {
    let row: Option<(String, String)> = db.fetch_optional(FIND, args![id]).await?;
    row.as_ref().map(read).transpose()
}

/// A page of events.
pub async fn list(db: &mut impl Read, filter: &EventFilter, page: &Page) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<(String, String)> = filter.list().rows(db, page).await?;
    rows.iter().map(read).collect()
}

/// How many there are.
pub async fn count(db: &mut impl Read, filter: &EventFilter) -> Result<u64, StoreError> {
    filter.list().count(db).await
}

/// The events recorded after this one, oldest first.
pub async fn after(db: &mut impl Read, id: &str, limit: u32) -> Result<Vec<Event>, StoreError> {
    let rows: Vec<(String, String)> = db.fetch_all(AFTER, args![id, i64::from(limit)]).await?;
    rows.iter().map(read).collect()
}

/// Deletes at most `limit` events from before this moment, and says how many went.
pub async fn sweep(tx: &mut WriteTx, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    tx.execute(SWEEP, args![before, i64::from(limit)]).await
}
