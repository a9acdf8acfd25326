//! How many there are of what may be very many.
//!
//! SDKs ask for the length of the list with each page. To count a million people takes twenty times as long as to read a
//! page of them, so where there are many, the number is one that was counted lately.

use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use model::Timestamp;
use store::StoreError;

/// Up to here each answer counts anew.
pub(crate) const FEW: u32 = 1_000;

/// How old a number may be.
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
pub(crate) struct Tally {
    known: Mutex<Known>,
    counting: tokio::sync::Mutex<()>,
}

#[derive(Clone, Copy, Default)]
struct Known {
    number: Option<u64>,
    counted_at: Option<Timestamp>,
}

impl Tally {
    /// The number of at most a minute ago. While somebody counts, the others take the last one there is, and wait only
    /// where there is none; whoever waited for somebody who failed is refused as out of time.
    pub(crate) async fn get(
        &self,
        now: Timestamp,
        count: impl AsyncFnOnce() -> Result<u64, StoreError>,
    ) -> Result<u64, StoreError> {
        if let Some(number) = self.young(now) {
            return Ok(number);
        }
        let Ok(_counting) = self.counting.try_lock() else { return self.counted_by_another().await };
        // Noted before, because whoever is dropped meanwhile notes nothing afterwards.
        self.known().counted_at = Some(now);
        match count().await {
            Ok(number) => {
                self.known().number = Some(number);
                Ok(number)
            }
            Err(error) => self.known().number.ok_or(error),
        }
    }

    fn young(&self, now: Timestamp) -> Option<u64> {
        let Known { number, counted_at } = *self.known();
        // Also over where the clock was put back by more than that.
        let age = Duration::from_millis(now.millis().abs_diff(counted_at?.millis()));
        number.filter(|_| age < AGE)
    }

    async fn counted_by_another(&self) -> Result<u64, StoreError> {
        if let Some(number) = self.known().number {
            return Ok(number);
        }
        drop(self.counting.lock().await);
        self.known().number.ok_or(StoreError::OutOfTime)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().expect("nothing panics while it holds the lock")
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

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
    async fn an_old_number_is_better_than_none_and_is_not_counted_again_in_a_rush() {
        let tally = Tally::default();
        for _ in 0..2 {
            assert_eq!(ask(&tally, 0, Err(StoreError::OutOfTime)).await, (None, true), "there is none yet");
        }
        ask(&tally, 1, Ok(1)).await;
        assert_eq!(ask(&tally, 61, Err(StoreError::OutOfTime)).await, (Some(1), true));
        assert_eq!(ask(&tally, 62, Ok(2)).await, (Some(1), false));
        assert_eq!(ask(&tally, 121, Ok(2)).await, (Some(2), true));
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
        assert_eq!(meanwhile(&tally, 0, Err(StoreError::OutOfTime)).await, [None, None, None]);
        assert_eq!(meanwhile(&tally, 1, Ok(5)).await, [Some(5); 3], "they wait for the first");
        assert_eq!(meanwhile(&tally, 61, Ok(6)).await, [Some(6), Some(5), Some(5)], "and for no other");
    }

    #[tokio::test]
    async fn whoever_is_dropped_while_counting_keeps_nobody_from_it() {
        let tally = Tally::default();
        tokio::select! {
            biased;
            _ = tally.get(at(0), async || std::future::pending().await) => panic!("it never ends"),
            () = std::future::ready(()) => {}
        }
        assert_eq!(ask(&tally, 0, Ok(1)).await, (Some(1), true));
    }
}
