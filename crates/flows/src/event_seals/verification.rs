//! Telling whether the log is as it was sealed.

use std::fmt;
use std::time::Duration;

use keys::Sealer;
use model::Timestamp;
use store::event_seals::EventSeal;
use store::events::EventRow;
use store::{Snapshot, StoreError};
use thiserror::Error;

use super::digest::{self, Digest};
use super::{Head, chain};
use crate::{InternalError, Services};

/// How many seals are held in memory at a time.
const SEALS: u32 = 100;

/// An event that is sealed later than this after its date was recorded late, or was put in with a date of before.
const LATE: Duration = Duration::from_hours(1);

/// A log that is as it was sealed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many events are sealed.
    pub events: u64,
    /// The date of the first of them.
    pub since: Option<Timestamp>,
    /// Where the log ends; none where nothing was ever sealed.
    pub head: Option<Head>,
    /// How many events are newer than the last seal.
    pub unsealed: u64,
    /// From how many events a person was taken out since they were recorded.
    pub erased: u64,
    /// How many events were sealed more than an hour after their date.
    pub late: u64,
    /// Whether the events up to the head that was kept were swept since, so that it shows nothing any more.
    pub is_kept_head_swept: bool,
}

/// An event and the seal that is about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    log_id: String,
    seal: i64,
    sealed_at: Timestamp,
}

impl Place {
    fn of(seal: &EventSeal, row: &EventRow) -> Self {
        Place { log_id: row.log_id.clone(), seal: seal.number, sealed_at: seal.sealed_at }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "event {} (seal {} of {})", self.log_id.escape_debug(), self.seal, self.sealed_at)
    }
}

/// The first place at which the log is not as it was sealed.
#[derive(Debug, Error)]
pub enum NotWhole {
    /// What comes first is not what the broker had come first.
    #[error("what came before seal {0} was removed, and no broker swept it")]
    BeginningRemoved(i64),
    /// A seal does not fit the one before it.
    #[error("seal {0} was altered, or seals before it were removed")]
    SealAltered(i64),
    /// A row says something else than when it was sealed.
    #[error("{0} was altered")]
    EventAltered(Place),
    /// A row was not there when its place was sealed.
    #[error("{0} was put in after its place was sealed, or moved there")]
    EventInserted(Place),
    /// A row is gone that stood before this one.
    #[error("before {0}, an event was removed or moved elsewhere")]
    EventRemovedBefore(Place),
    /// The last rows of a seal are gone.
    #[error("the last events of seal {0} were removed")]
    LastEventsRemoved(i64),
    /// A row stands before the first that is kept.
    #[error("event {0:?} was put in before the first that is kept")]
    EventBeforeBeginning(String),
    /// The log does not come by the head that was kept.
    #[error("the log does not come by the head {0}: its end was cut off, or it was sealed anew")]
    HeadMissing(Head),
    /// Our side failed.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for NotWhole {
    fn from(error: StoreError) -> Self {
        NotWhole::Internal(error.into())
    }
}

/// Compares the log, as it is at one moment, with its seals. That its end was cut off together with its seals shows by a
/// head that was kept elsewhere, and by nothing else.
pub async fn verify(svc: &Services, kept: Option<&Head>) -> Result<Report, NotWhole> {
    let mut walk = Walk {
        sealer: &svc.sealer,
        db: svc.store.snapshot().await?,
        previous: chain::origin(),
        report: Report::default(),
        kept,
        is_kept_met: false,
    };
    walk.begin().await?;
    while walk.go_on().await? {}
    walk.end().await
}

/// On the way from seal to seal.
struct Walk<'a> {
    sealer: &'a Sealer,
    db: Snapshot,
    previous: EventSeal,
    report: Report,
    kept: Option<&'a Head>,
    is_kept_met: bool,
}

impl Walk<'_> {
    async fn begin(&mut self) -> Result<(), NotWhole> {
        if let Some(first) = store::event_seals::after(&mut self.db, 0, 1).await?.first() {
            self.previous = chain::beginning(self.sealer, first).ok_or(NotWhole::BeginningRemoved(first.number))?;
            self.report.is_kept_head_swept = self.kept.is_some_and(|kept| kept.number < self.previous.number);
            self.meet(&self.previous.clone());
        }
        let before = store::events::rows(&mut self.db, i64::MIN, self.previous.last_position, 1).await?;
        before.into_iter().next().map_or(Ok(()), |row| Err(NotWhole::EventBeforeBeginning(row.log_id)))
    }

    /// `false` where there are no more seals.
    async fn go_on(&mut self) -> Result<bool, NotWhole> {
        let seals = store::event_seals::after(&mut self.db, self.previous.number, SEALS).await?;
        for seal in &seals {
            if !chain::follows(self.sealer, &self.previous, seal) {
                return Err(NotWhole::SealAltered(seal.number));
            }
            self.compare(seal).await?;
            self.meet(seal);
            self.previous = seal.clone();
        }
        Ok(!seals.is_empty())
    }

    async fn compare(&mut self, seal: &EventSeal) -> Result<(), NotWhole> {
        let sealed: Vec<Digest> = seal.digests.as_chunks().0.to_vec();
        // One more than there should be is enough to tell.
        let limit = u32::try_from(sealed.len() + 1).unwrap_or(u32::MAX);
        let rows = store::events::rows(&mut self.db, self.previous.last_position, seal.last_position, limit).await?;
        let found: Vec<_> = rows.iter().map(|row| digest::of(self.sealer, row)).collect();
        if let Some(difference) = difference(seal, &sealed, &rows, &found) {
            return Err(difference);
        }
        self.count(seal, &rows);
        Ok(())
    }

    fn count(&mut self, seal: &EventSeal, rows: &[EventRow]) {
        let is_late = |row: &&EventRow| seal.sealed_at.since(Timestamp::from_millis(row.date)) > LATE;
        let report = &mut self.report;
        report.events += rows.len() as u64;
        report.erased += rows.iter().filter(|row| row.erasure.is_some()).count() as u64;
        report.late += rows.iter().filter(is_late).count() as u64;
        report.since = report.since.or(rows.first().map(|row| Timestamp::from_millis(row.date)));
    }

    fn meet(&mut self, seal: &EventSeal) {
        self.is_kept_met |= self.kept.is_some_and(|kept| *kept == Head::of(seal));
    }

    async fn end(mut self) -> Result<Report, NotWhole> {
        if let Some(kept) = self.kept.filter(|_| !self.is_kept_met && !self.report.is_kept_head_swept) {
            return Err(NotWhole::HeadMissing(kept.clone()));
        }
        self.report.unsealed = store::events::count_behind(&mut self.db, self.previous.last_position).await?;
        self.report.head = (self.previous.number > 0).then(|| Head::of(&self.previous));
        Ok(self.report)
    }
}

/// The first place at which the rows that are there differ from those that were sealed.
fn difference(seal: &EventSeal, sealed: &[Digest], rows: &[EventRow], found: &[Option<Digest>]) -> Option<NotWhole> {
    let length = sealed.len().max(found.len());
    let at = (0..length).find(|at| sealed.get(*at) != found.get(*at).and_then(Option::as_ref))?;
    let Some(row) = rows.get(at) else { return Some(NotWhole::LastEventsRemoved(seal.number)) };
    let place = Place::of(seal, row);
    let is_sealed_later = sealed.iter().skip(at + 1).any(|one| Some(*one) == found[at]);
    let is_found_later = |wanted: &Digest| found.iter().skip(at + 1).any(|one| one.as_ref() == Some(wanted));
    Some(match sealed.get(at) {
        Some(_) if is_sealed_later => NotWhole::EventRemovedBefore(place),
        Some(wanted) if !is_found_later(wanted) => NotWhole::EventAltered(place),
        _ => NotWhole::EventInserted(place),
    })
}
