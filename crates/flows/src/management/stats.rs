//! How much the place is used, as far back as the log reaches.

use std::collections::BTreeMap;
use std::time::Duration;

use model::Timestamp;
use model::event::EventType;
use protocol::management_scope::ManagementScope;
use store::users::UserFilter;

use super::{Caller, LONGEST_SEARCH, Query, QueryInvalid, Refused};
use crate::tally::{LONGEST_COUNT, MANY};
use crate::{RequestContext, Services};

const DAY: Duration = Duration::from_hours(24);
/// How far back people count as active, and days are counted where nothing else is asked.
const USUAL_DAYS: u32 = 30;

/// What happened in a day, which begins at midnight UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Daily {
    /// When the day began.
    pub date: Timestamp,
    /// How often anybody signed in.
    pub logins: i64,
    /// How many signed up.
    pub signups: i64,
    /// How often somebody came with a password that is known from a breach.
    pub leaked_passwords: i64,
}

/// How many people signed in within the last thirty days; among many, as of at most a minute ago.
pub async fn active_users(svc: &Services, cx: &RequestContext, caller: &Caller) -> Result<u64, Refused> {
    caller.require(ManagementScope::ReadStats)?;
    let mut db = svc.store.snapshot_within(LONGEST_COUNT).await?;
    let since = cx.now.minus(DAY * USUAL_DAYS);
    if store::users::count_up_to(&mut db, &UserFilter::default(), MANY).await? < u64::from(MANY) {
        return Ok(store::users::count_active(&mut db, since).await?);
    }
    drop(db);
    let count = async || store::users::count_active(&mut svc.store.snapshot_within(LONGEST_COUNT).await?, since).await;
    Ok(svc.tallies.active_users.get(cx.now, count).await?)
}

/// The days on which anything happened, from `from` to `to` (`YYYYMMDD`), both included.
pub async fn daily(svc: &Services, cx: &RequestContext, caller: &Caller, query: &Query) -> Result<Vec<Daily>, Refused> {
    caller.require(ManagementScope::ReadStats)?;
    let to = day(query, "to")?.unwrap_or(cx.now);
    let from = day(query, "from")?.unwrap_or_else(|| to.minus(DAY * USUAL_DAYS));
    let types = [EventType::LoginSucceeded, EventType::SignupSucceeded, EventType::BreachedPassword];
    let mut db = svc.store.snapshot_within(LONGEST_SEARCH).await?;
    let counted = store::events::daily(&mut db, types, from, to.plus(DAY)).await?;
    let mut days: BTreeMap<i64, Daily> = BTreeMap::new();
    for (day, code, count) in counted {
        let date = Timestamp::from_millis(day * DAY_MILLIS);
        let day = days.entry(day).or_insert(Daily { date, logins: 0, signups: 0, leaked_passwords: 0 });
        match types.into_iter().find(|kind| kind.code() == code) {
            Some(EventType::SignupSucceeded) => day.signups = count,
            Some(EventType::BreachedPassword) => day.leaked_passwords = count,
            _ => day.logins = count,
        }
    }
    Ok(days.into_values().collect())
}

const DAY_MILLIS: i64 = 86_400_000;

fn day(query: &Query, name: &'static str) -> Result<Option<Timestamp>, QueryInvalid> {
    let read = |text: &str| {
        let [year, month, day] = [text.get(..4)?, text.get(4..6)?, text.get(6..)?];
        Timestamp::parse(&format!("{year}-{month}-{day}T00:00:00Z"))
    };
    let invalid = || QueryInvalid::new(name, "must be a date, written YYYYMMDD");
    query.text(name)?.map(|text| read(text).ok_or_else(invalid)).transpose()
}
