//! When a job that failed is begun again.

use std::time::Duration;

/// How often a job is begun before it is given up: for nineteen hours in all.
const MOST_ATTEMPTS: i64 = 12;
const FIRST: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_hours(4);

/// How long to wait after this many attempts: ten seconds, then three times as long each time, and at most four hours.
/// None after the last.
pub(super) fn pause_after(attempts: i64) -> Option<Duration> {
    let earlier = u32::try_from(attempts.max(1) - 1).ok()?;
    let pause = FIRST.saturating_mul(3_u32.saturating_pow(earlier)).min(LONGEST);
    (attempts < MOST_ATTEMPTS).then_some(pause)
}

/// Whether a job was begun more often than it may be: then no attempt at it came to an end that could be noted, as
/// where each ends the process.
pub(super) fn is_exhausted(attempts: i64) -> bool {
    attempts > MOST_ATTEMPTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_four_hours_and_then_it_is_given_up() {
        let pauses: Vec<_> = (1..20).map_while(pause_after).map(|pause| pause.as_secs()).collect();
        assert_eq!(pauses, [10, 30, 90, 270, 810, 2430, 7290, 14_400, 14_400, 14_400, 14_400]);
    }
}
