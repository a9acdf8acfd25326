//! How many there are of what may be very many.
//!
//! SDKs ask for the length of the list with each page. To count a million people takes twenty times as long as to read a
//! page of them, so where there are many, the number is one that was counted lately
//! ([ADR 0014](../../../docs/adr/0014-totals-among-many.md)).

use std::time::Duration;

use model::Timestamp;
use store::StoreError;
use tokio::sync::Mutex;

/// From here on an answer does not count anew: where there are more than pages by number reach, so that nobody who goes
/// through them sees more than there are said to be.
pub(crate) const MANY: u32 = 1_001;

/// How old a number may be, and for how long nobody counts again what could not be counted in time.
const AGE: Duration = Duration::from_mins(1);

/// How long the database may count, for one of all who ask.
pub(crate) const LONGEST_COUNT: Duration = Duration::from_secs(10);

/// One number for each question that is asked of everything.
#[derive(Default)]
pub(crate) struct Tallies {
    pub(crate) users: Tally,
    pub(crate) active_users: Tally,
    pub(crate) events: Tally,
}

/// A number that one counts for all.
#[derive(Default)]
pub(crate) struct Tally(Mutex<Option<Counted>>);

struct Counted {
    /// None where there was not enough time.
    number: Option<u64>,
    at: Timestamp,
}

impl Tally {
    /// The number of at most a minute ago. While somebody counts, the others wait; if it could not be counted in time, it is
    /// [`StoreError::OutOfTime`] for all of them, and for whoever comes soon after.
    pub(crate) async fn get(
        &self,
        now: Timestamp,
        count: impl AsyncFnOnce() -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        // Whoever counts may be dropped meanwhile. Then the next one does.
        let mut counted = self.0.lock().await;
        if let Some(Counted { number, .. }) = counted.as_ref().filter(|counted| counted.serves(now)) {
            return number.ok_or(StoreError::OutOfTime);
        }
        let answer = count().await;
        match &answer {
            Ok(number) => *counted = Some(Counted { number: Some(*number), at: now }),
            Err(StoreError::OutOfTime) => *counted = Some(Counted { number: None, at: now }),
            Err(_) => {}
        }
        answer
    }
}

impl Counted {
    /// No more where the clock was put back by as much.
    fn serves(&self, now: Timestamp) -> bool {
        now.distance(self.at) < AGE
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::{pending, ready};

    use tokio::sync::Notify;

    use super::*;

    fn at(second: u64) -> Timestamp {
        Timestamp::from_millis(1_800_000_000_000).plus_seconds(second)
    }

    /// What an answer of this second says, and whether it counted, where counting would bring that.
    async fn ask(tally: &Tally, second: u64, counted: Result<u64, StoreError>) -> (Option<u64>, bool) {
        let asked = Cell::new(false);
        let count = async || {
            asked.set(true);
            counted
        };
        (tally.get(at(second), count).await.ok(), asked.get())
    }

    #[tokio::test]
    async fn a_number_serves_for_a_minute() {
        let tally = Tally::default();
        for (second, counted, expected) in [
            (100, 1, (Some(1), true)),
            (159, 2, (Some(1), false)),
            (160, 3, (Some(3), true)),
            (100, 4, (Some(4), true)),
        ] {
            assert_eq!(ask(&tally, second, Ok(counted)).await, expected, "{second}");
        }
    }

    #[tokio::test]
    async fn what_takes_too_long_is_not_tried_again_in_a_rush() {
        let tally = Tally::default();
        ask(&tally, 0, Ok(1)).await;
        assert_eq!(ask(&tally, 60, Err(StoreError::OutOfTime)).await, (None, true), "what is old is not told");
        assert_eq!(ask(&tally, 119, Ok(2)).await, (None, false));
        assert_eq!(ask(&tally, 120, Ok(2)).await, (Some(2), true));
    }

    #[tokio::test]
    async fn another_error_is_for_whoever_met_it() {
        let tally = Tally::default();
        let refused = tally.get(at(0), async || Err(StoreError::Unreachable("it is away".to_owned()))).await;
        assert!(matches!(refused, Err(StoreError::Unreachable(_))), "{refused:?}");
        assert_eq!(ask(&tally, 0, Ok(1)).await, (Some(1), true));
    }

    /// One counts until it is told to go on; two ask meanwhile, of whom nobody counts.
    async fn meanwhile(tally: &Tally, second: u64, counted: Result<u64, StoreError>) -> [Option<u64>; 3] {
        let go_on = Notify::new();
        let counting = tally.get(at(second), async || {
            go_on.notified().await;
            counted
        });
        let ask = async || tally.get(at(second), async || unreachable!("one counts")).await.ok();
        let release = async { go_on.notify_one() };
        let (one, other, third, ()) = tokio::join!(counting, ask(), ask(), release);
        [one.ok(), other, third]
    }

    #[tokio::test]
    async fn one_counts_for_all() {
        let tally = Tally::default();
        assert_eq!(meanwhile(&tally, 0, Err(StoreError::OutOfTime)).await, [None; 3]);
        assert_eq!(meanwhile(&tally, 60, Ok(5)).await, [Some(5); 3]);
        assert_eq!(meanwhile(&tally, 120, Ok(6)).await, [Some(6); 3], "nobody is told the old one");
    }

    #[tokio::test]
    async fn where_the_one_who_counts_is_dropped_the_next_counts() {
        let tally = Tally::default();
        ask(&tally, 0, Ok(1)).await;
        let mut dropped = Box::pin(tally.get(at(60), async || pending().await));
        tokio::select! {
            biased;
            _ = &mut dropped => panic!("it never ends"),
            () = ready(()) => {}
        }
        let drop_it = async move { drop(dropped) };
        assert_eq!(tokio::join!(ask(&tally, 60, Ok(2)), drop_it).0, (Some(2), true));
    }
}
