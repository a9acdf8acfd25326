//! The log of security events.

use model::event::{Event, EventType};
use model::{EventId, Timestamp, UserId};

use crate::columns::{from_json, to_json};
use crate::db::{Ask, args, statements};
use crate::listing::{Filter, List};
use crate::search::{Condition, Field, Kind};
use crate::{Page, Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT log_id, document FROM events WHERE log_id = $1";
    INSERT = "INSERT INTO events (log_id, date, type, client_id, user_id, document) VALUES ($1, $2, $3, $4, $5, $6)";
    // The order is the index's, so that Postgres never looks for them elsewhere, and those without a position are in it
    // as one short key.
    FIRST_UNNUMBERED = "SELECT log_id FROM events WHERE position IS NULL ORDER BY position LIMIT 1";
    RESERVE = "UPDATE event_numbering SET reserved = reserved + $1 RETURNING reserved";
    NUMBER = "UPDATE events SET position = $1 + numbered.place
              FROM (SELECT log_id, ROW_NUMBER() OVER (ORDER BY log_id) AS place
                    FROM (SELECT log_id FROM events WHERE position IS NULL ORDER BY position LIMIT $2) AS arrived
                   ) AS numbered
              WHERE events.log_id = numbered.log_id";
    POSITION = "SELECT position FROM events WHERE log_id = $1";
    BEFORE_LATER_IDS = "SELECT MIN(position) - 1 AS position FROM
                        (SELECT position FROM events WHERE log_id > $1 ORDER BY log_id LIMIT 1000) AS later";
    AFTER = "SELECT log_id, document FROM events WHERE position > $1 ORDER BY position LIMIT $2";
    DAILY = "SELECT date / 86400000 AS day, type, COUNT(*) AS events FROM events
             WHERE type IN ($1, $2, $3) AND date >= $4 AND date < $5
             GROUP BY date / 86400000, type ORDER BY 1, 2";
    ROWS = "SELECT log_id, position, date, type, client_id, user_id, document, erasure FROM events
            WHERE position > $1 AND position <= $2 ORDER BY position LIMIT $3";
    ROWS_OF_USER = "SELECT log_id, position, date, type, client_id, user_id, document, erasure FROM events
                    WHERE user_id = $1 AND log_id > $2 ORDER BY log_id LIMIT $3";
    BEHIND = "SELECT COUNT(*) AS events FROM events WHERE position IS NULL OR position > $1";
    REWRITE = "UPDATE events SET document = $2, erasure = $3 WHERE log_id = $1";
    SWEEP = "DELETE FROM events WHERE position <= $1";
}

/// The row of an event as it is stored, to tell whether it was altered.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct EventRow {
    /// The event's id.
    pub log_id: String,
    /// Its place in the order in which events became visible, once it has [one](number).
    pub position: Option<i64>,
    /// When it happened, in milliseconds since 1970.
    pub date: i64,
    /// The code of its type.
    #[sqlx(rename = "type")]
    pub code: String,
    /// The client.
    pub client_id: Option<String>,
    /// The user.
    pub user_id: Option<String>,
    /// The whole event.
    pub document: String,
    /// Where something was taken out of the document: what stands in for the digest of the row before.
    pub erasure: Option<Vec<u8>>,
}

impl EventRow {
    /// The event that it tells of.
    pub fn event(&self) -> Result<Event, StoreError> {
        from_json("events", &self.log_id, &self.document)
    }

    /// The same row, telling this.
    #[must_use]
    pub fn telling(&self, event: &Event) -> Self {
        EventRow { document: to_json(event), ..self.clone() }
    }
}

/// Which events are wanted; empty lists mean no condition.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// With these type codes.
    pub types: Vec<String>,
    /// Of these users.
    pub user_ids: Vec<String>,
    /// For which this holds, of [`field`]s.
    pub search: Option<Condition>,
    /// The oldest first instead of the newest.
    pub oldest_first: bool,
}

impl EventFilter {
    /// Whether it leaves nothing out.
    pub fn is_everything(&self) -> bool {
        let EventFilter { types, user_ids, search, oldest_first: _ } = self;
        types.is_empty() && user_ids.is_empty() && search.as_ref().is_none_or(Condition::is_of_all)
    }

    pub(crate) fn list(&self) -> List {
        let filters = [Filter::one_of("type", &self.types), Filter::one_of("user_id", &self.user_ids)];
        List {
            table: "events",
            columns: "log_id, document",
            order: ("date", "log_id"),
            newest_first: !self.oldest_first,
            filters: filters.into_iter().flatten().collect(),
            search: self.search.clone(),
            ..List::default()
        }
    }
}

/// Fields that only stand in the document.
pub(crate) const MEMBERS: [&str; 11] = [
    "audience",
    "client_name",
    "connection",
    "connection_id",
    "description",
    "hostname",
    "ip",
    "strategy",
    "strategy_type",
    "user_agent",
    "user_name",
];

/// The field of this name, by which events can be searched.
pub fn field(name: &str) -> Option<Field> {
    Some(match name {
        "log_id" => Field::filled(Kind::Text, "log_id"),
        "date" => Field::filled(Kind::Moment, "date"),
        "type" => Field::filled(Kind::Text, "type"),
        "client_id" => Field::column(Kind::Text, "client_id"),
        "user_id" => Field::column(Kind::Text, "user_id"),
        _ => Field::member(Kind::Text, "document", MEMBERS.into_iter().find(|member| *member == name)?),
    })
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

/// How many there are, or `most` where there are more, which is known without counting all of them.
pub async fn count_up_to(db: &mut impl Read, filter: &EventFilter, most: u32) -> Result<u64, StoreError> {
    filter.list().count_up_to(db, most).await
}

/// How many events of each of three types there were, by days since 1970 (UTC), from one moment until before another.
pub async fn daily(
    db: &mut impl Read,
    types: [EventType; 3],
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<(i64, String, i64)>, StoreError> {
    let [a, b, c] = types.map(EventType::code);
    db.fetch_all(DAILY, args![a, b, c, from, until]).await
}

/// Whether there are events that have no place yet in the order in which a reader goes from one to the next.
pub async fn has_unnumbered(db: &mut impl Read) -> Result<bool, StoreError> {
    let first: Option<(String,)> = db.fetch_optional(FIRST_UNNUMBERED, args![]).await?;
    Ok(first.is_some())
}

/// Gives at most `limit` events their places, by their ids and behind all that have one, and says how many.
///
/// Of two that do this at once the second waits for the first and then sees what it did, so that no place is given before
/// one that a reader has passed. Writes that record events wait for neither. (The ids of Postgres's transactions would
/// need no second write, but begin anew where a dump is loaded, and a reader would have to stop before the oldest
/// transaction on the whole server.)
pub async fn number(tx: &mut WriteTx, limit: u32) -> Result<u64, StoreError> {
    let limit = i64::from(limit);
    // On Postgres a statement sees what was committed when it began, so the wait has to be a statement of its own.
    let (reserved,): (i64,) = tx.fetch_one(RESERVE, args![limit]).await?;
    tx.execute(NUMBER, args![reserved - limit, limit]).await
}

/// The events that became visible after this one, as far as they have been [numbered](number): each exactly once to
/// whoever goes on after the last. From the first that is kept where `id` is empty. None while the event itself has no
/// place yet.
///
/// Where the id is not there, because its event was swept or somebody made it up from a moment, it goes on with the first
/// to have become visible of the next thousand by id.
pub async fn after(db: &mut impl Read, id: &str, limit: u32) -> Result<Vec<Event>, StoreError> {
    let Some(position) = position_of(db, id).await? else { return Ok(Vec::new()) };
    let rows: Vec<(String, String)> = db.fetch_all(AFTER, args![position, i64::from(limit)]).await?;
    rows.iter().map(read).collect()
}

async fn position_of(db: &mut impl Read, id: &str) -> Result<Option<i64>, StoreError> {
    if id.is_empty() {
        return Ok(Some(0));
    }
    match db.fetch_optional::<(Option<i64>,)>(POSITION, args![id]).await? {
        Some((position,)) => Ok(position),
        None => Ok(db.fetch_one::<(Option<i64>,)>(BEFORE_LATER_IDS, args![id]).await?.0),
    }
}

/// The rows behind one position and up to another, at most `limit` of them, in that order.
pub async fn rows(db: &mut impl Read, after: i64, until: i64, limit: u32) -> Result<Vec<EventRow>, StoreError> {
    db.fetch_all(ROWS, args![after, until, i64::from(limit)]).await
}

/// At most `limit` rows of this user's, by their ids, behind this one.
pub async fn rows_of_user(
    db: &mut impl Read,
    id: &UserId,
    after: &str,
    limit: u32,
) -> Result<Vec<EventRow>, StoreError> {
    db.fetch_all(ROWS_OF_USER, args![id, after, i64::from(limit)]).await
}

/// How many events stand behind this position or have none yet.
pub async fn count_behind(db: &mut impl Read, position: i64) -> Result<u64, StoreError> {
    let (count,): (i64,) = db.fetch_one(BEHIND, args![position]).await?;
    Ok(count.unsigned_abs())
}

/// Replaces what a row tells.
pub async fn rewrite(tx: &mut WriteTx, row: &EventRow) -> Result<(), StoreError> {
    tx.execute(REWRITE, args![&row.log_id, &row.document, row.erasure.clone()]).await.map(|_| ())
}

/// Deletes the events up to this position, and says how many went.
pub async fn sweep(tx: &mut WriteTx, position: i64) -> Result<u64, StoreError> {
    tx.execute(SWEEP, args![position]).await
}
