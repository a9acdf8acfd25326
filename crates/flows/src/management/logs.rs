//! The log of security events.

use model::event::Event;
use model::{EventId, UserId};
use protocol::management_scope::ManagementScope;
use store::events::EventFilter;
use store::{Snapshot, StoreError};

use super::paging::Paging;
use super::search::Searched;
use super::{Caller, LONGEST_SEARCH, Listing, Query, QueryInvalid, Refused, Resource, Shape};
use crate::tally::{LONGEST_COUNT, MANY};
use crate::{RequestContext, Services};

const READ: [ManagementScope; 2] = [ManagementScope::ReadLogs, ManagementScope::ReadLogsUsers];
const DEFAULT_TAKE: u32 = 50;
const LARGEST_TAKE: u32 = 100;
const SEARCHED: Searched = Searched {
    parameter: "q",
    field: store::events::field,
    usual: &["type", "user_id", "user_name", "client_id", "client_name", "connection", "ip", "description"],
};

/// Some events.
pub struct LogPage {
    /// They themselves.
    pub listing: Listing<Event>,
    /// How to ask for those that follow; only of a reader who goes from event to event.
    pub next: Option<NextEvents>,
}

/// What a reader who goes from event to event asks next.
pub struct NextEvents {
    /// The last event it has seen, or what it asked with where nothing has happened since.
    pub from: String,
    /// How many events it wants at once.
    pub take: u32,
}

/// Events. With `from` or `take` those that follow an event, oldest first; else a page of those that `q` selects, the
/// newest first. Among many, the length of the whole log is that of at most a minute ago.
pub async fn list(svc: &Services, cx: &RequestContext, caller: &Caller, query: &Query) -> Result<LogPage, Refused> {
    caller.require_any(&READ)?;
    if query.has("from") || query.has("take") { follow(svc, query).await } else { search(svc, cx, query).await }
}

/// A page of the events of one user, the newest first unless `sort` says otherwise. Those of somebody who is gone stay.
pub async fn of_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    query: &Query,
) -> Result<Listing<Event>, Refused> {
    caller.require_any(&READ)?;
    let filter = EventFilter {
        user_ids: vec![id.as_str().to_owned()],
        oldest_first: oldest_first(query)?,
        ..EventFilter::default()
    };
    page(svc, cx, query, &filter).await
}

/// One event.
pub async fn get(svc: &Services, caller: &Caller, id: &EventId) -> Result<Event, Refused> {
    caller.require_any(&READ)?;
    let found = store::events::find(&mut svc.store.read().await?, id).await?;
    found.ok_or(Refused::NotFound(Resource::LogEvent))
}

async fn follow(svc: &Services, query: &Query) -> Result<LogPage, Refused> {
    let from = query.text("from")?.unwrap_or_default();
    if from.len() > 64 || !from.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(QueryInvalid::new("from", "must be a log_id").into());
    }
    let take = query.number("take")?.unwrap_or(DEFAULT_TAKE);
    if !(1..=LARGEST_TAKE).contains(&take) {
        return Err(QueryInvalid::new("take", format!("must be between 1 and {LARGEST_TAKE}")).into());
    }
    let items = crate::events::following(svc, from, take).await?;
    let last = items.last().map_or(from, |event| event.log_id.as_str()).to_owned();
    Ok(LogPage { listing: Listing { items, shape: Shape::Plain }, next: Some(NextEvents { from: last, take }) })
}

async fn search(svc: &Services, cx: &RequestContext, query: &Query) -> Result<LogPage, Refused> {
    Ok(LogPage { listing: page(svc, cx, query, &filter(query)?).await?, next: None })
}

async fn page(
    svc: &Services,
    cx: &RequestContext,
    query: &Query,
    filter: &EventFilter,
) -> Result<Listing<Event>, Refused> {
    let paging = Paging::read_within_reach(query)?;
    let mut db = svc.store.snapshot_within(LONGEST_SEARCH).await?;
    let rows = store::events::list(&mut db, filter, &paging.page()).await?;
    let total = paging.total(rows.len(), async || total(svc, cx, db, filter).await).await?;
    Ok(paging.listing(rows, total, |event| (event.date, event.log_id.as_str().to_owned())))
}

/// How many there are. What a search finds, and what one user did, is counted each time.
async fn total(svc: &Services, cx: &RequestContext, mut db: Snapshot, filter: &EventFilter) -> Result<u64, StoreError> {
    if !filter.is_everything() {
        return store::events::count(&mut db, filter).await;
    }
    let everything = EventFilter::default();
    let counted = store::events::count_up_to(&mut db, &everything, MANY).await?;
    drop(db);
    if counted < u64::from(MANY) {
        return Ok(counted);
    }
    let count = async || store::events::count(&mut svc.store.snapshot_within(LONGEST_COUNT).await?, &everything).await;
    svc.tallies.events.get(cx.now, count).await
}

fn filter(query: &Query) -> Result<EventFilter, QueryInvalid> {
    // Auth0's documents call it `q`, its schema `search`.
    let q = query.text("q")?.or(query.text("search")?);
    let search = q.map(|q| SEARCHED.condition(q)).transpose()?;
    Ok(EventFilter { oldest_first: oldest_first(query)?, search, ..EventFilter::default() })
}

fn oldest_first(query: &Query) -> Result<bool, QueryInvalid> {
    match query.text("sort")? {
        None | Some("date:-1") => Ok(false),
        Some("date:1") => Ok(true),
        Some(_) => Err(QueryInvalid::new("sort", "must be date:-1 or date:1")),
    }
}
