//! How often something may be asked: a token bucket as a pure function over one number and the moment.
//!
//! The number is the moment at which the bucket is full again, so that a bucket which nobody uses needs no record.
//! Whoever keeps it, in memory or elsewhere, decides the same.

use std::num::NonZeroU32;
use std::time::Duration;

const MICROS_PER_SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * MICROS_PER_SECOND;

/// So many calls a minute, of which all may come at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit(NonZeroU32);

/// How a caller stands with a limit after a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// How many calls the limit allows at once.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// When one more is left than now, in seconds since 1970.
    pub reset_at: i64,
}

/// A call too many. It took nothing from the bucket: whoever goes on asking is not shut out for longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// How the caller stands.
    pub standing: Standing,
    /// How long until a call is taken again.
    pub wait: Duration,
}

impl Limited {
    /// The wait in whole seconds, after which the call is taken.
    pub fn wait_seconds(&self) -> u64 {
        self.wait.as_secs() + u64::from(self.wait.subsec_nanos() > 0)
    }
}

impl RateLimit {
    /// Takes up to 60 million calls a minute, one in each microsecond; more are no limit at all.
    pub fn per_minute(calls: NonZeroU32) -> Self {
        const MOST: NonZeroU32 = NonZeroU32::new(60_000_000).expect("it is not zero");
        RateLimit(calls.min(MOST))
    }

    /// Takes one call from a bucket that is full at `full_at`. The answer begins with when it now is.
    ///
    /// Moments are microseconds since 1970; a bucket without a record was full at any moment past.
    pub fn take(self, full_at: i64, now: i64) -> (i64, Result<Standing, Limited>) {
        // No bucket is emptier than empty, whatever another node's clock says.
        let full_at = full_at.clamp(now, now + self.span());
        let after = full_at + self.interval();
        let overdrawn = after - (now + self.span());
        if overdrawn > 0 {
            let wait = Duration::from_micros(overdrawn.unsigned_abs());
            return (full_at, Err(Limited { standing: self.standing(full_at, now), wait }));
        }
        (after, Ok(self.standing(after, now)))
    }

    /// How somebody stands who has not called, or is not limited.
    pub fn untouched(self, now: i64) -> Standing {
        self.standing(now, now)
    }

    fn standing(self, full_at: i64, now: i64) -> Standing {
        let left = (now + self.span() - full_at) / self.interval();
        // The part of a call that flows back next.
        let next = match (full_at - now) % self.interval() {
            0 if full_at > now => self.interval(),
            rest => rest,
        };
        Standing {
            limit: self.0.get(),
            remaining: u32::try_from(left).expect("no bucket holds more than its limit"),
            reset_at: (now + next + MICROS_PER_SECOND - 1).div_euclid(MICROS_PER_SECOND),
        }
    }

    /// How long one call takes to flow back, in microseconds.
    pub fn interval(self) -> i64 {
        MINUTE / i64::from(self.0.get())
    }

    /// How long an empty bucket takes to fill, in microseconds.
    pub fn span(self) -> i64 {
        self.interval() * i64::from(self.0.get())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_800_000_000 * MICROS_PER_SECOND;

    fn limit(calls: u32) -> RateLimit {
        RateLimit::per_minute(NonZeroU32::new(calls).unwrap())
    }

    /// Calls at these seconds, and what is left after each; `None` for one too many.
    #[track_caller]
    fn check(calls: u32, seconds: &[i64], expected: &[Option<u32>]) {
        let mut full_at = 0;
        let mut left = Vec::new();
        for second in seconds {
            let (after, taken) = limit(calls).take(full_at, NOW + second * MICROS_PER_SECOND);
            full_at = after;
            left.push(taken.ok().map(|standing| standing.remaining));
        }
        assert_eq!(left, expected, "{calls} a minute at {seconds:?}");
    }

    #[test]
    fn the_calls_of_a_minute_may_come_at_once() {
        check(3, &[0, 0, 0, 0], &[Some(2), Some(1), Some(0), None]);
    }

    #[test]
    fn calls_flow_back_evenly() {
        check(
            3,
            &[0, 0, 0, 19, 20, 20, 60, 60, 60],
            &[Some(2), Some(1), Some(0), None, Some(0), None, Some(1), Some(0), None],
        );
    }

    #[test]
    fn a_call_too_many_takes_nothing() {
        check(1, &[0, 59, 60, 119, 120], &[Some(0), None, Some(0), None, Some(0)]);
    }

    #[test]
    fn whoever_is_limited_hears_when_to_come_back() {
        let (full_at, _) = limit(2).take(0, NOW);
        let (full_at, last) = limit(2).take(full_at, NOW + 10 * MICROS_PER_SECOND);
        assert_eq!(last, Ok(Standing { limit: 2, remaining: 0, reset_at: 1_800_000_030 }));
        let (_, refused) = limit(2).take(full_at, NOW + 15 * MICROS_PER_SECOND);
        let standing = Standing { limit: 2, remaining: 0, reset_at: 1_800_000_030 };
        assert_eq!(refused, Err(Limited { standing, wait: Duration::from_secs(15) }));
    }

    #[test]
    fn a_clock_that_was_ahead_shuts_nobody_out_for_longer_than_a_call_takes_to_flow_back() {
        let (_, refused) = limit(60).take(NOW + 3600 * MICROS_PER_SECOND, NOW);
        assert_eq!(refused.unwrap_err().wait, Duration::from_secs(1));
    }

    #[test]
    fn nobody_stands_better_than_untouched() {
        let expected = Standing { limit: 5, remaining: 5, reset_at: 1_800_000_000 };
        assert_eq!(limit(5).untouched(NOW), expected);
    }

    proptest! {
        #[test]
        fn no_minute_has_more_than_twice_the_limit(calls in 1_u32..200, gaps in prop::collection::vec(0_i64..2_000_000, 1..600)) {
            let (mut full_at, mut now) = (0, NOW);
            let mut taken_at = Vec::new();
            for gap in gaps {
                now += gap;
                let (after, taken) = limit(calls).take(full_at, now);
                full_at = after;
                if taken.is_ok() {
                    taken_at.push(now);
                }
            }
            for (index, first) in taken_at.iter().enumerate() {
                let within = taken_at[index..].iter().take_while(|moment| **moment < first + MINUTE).count();
                prop_assert!(within <= 2 * calls as usize);
            }
        }

        #[test]
        fn no_limit_and_no_moment_is_too_much(calls in 1_u32.., full_at in any::<i64>(), seconds in 0_i64..10_000_000_000) {
            let _ = limit(calls).take(full_at, seconds * 100);
        }
    }
}
