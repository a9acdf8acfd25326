//! What many ask for, and is enough to do now and then.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use model::Timestamp;

/// How far apart two turns are at the least.
const PERIOD: Duration = Duration::from_secs(1);

/// Tells whose turn it is.
pub(crate) struct Seldom {
    /// When the last one was, in milliseconds.
    last: AtomicI64,
}

impl Default for Seldom {
    fn default() -> Self {
        Seldom { last: AtomicI64::new(i64::MIN) }
    }
}

impl Seldom {
    /// Whether it is this caller's turn: the first one's after a period, and nobody's before the next. A clock that was
    /// put back holds nobody up.
    pub(crate) fn is_due(&self, now: Timestamp) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        let is_over = now.distance(Timestamp::from_millis(last)) >= PERIOD;
        is_over && self.last.compare_exchange(last, now.millis(), Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    #[test]
    fn one_has_a_turn_in_each_period() {
        let (seldom, almost) = (Seldom::default(), PERIOD.saturating_sub(Duration::from_millis(1)));
        for (now, expected) in [
            (NOW, true),
            (NOW, false),
            (NOW.plus(almost), false),
            (NOW.plus(PERIOD), true),
            (NOW.plus(PERIOD), false),
            (NOW.minus(PERIOD), true),
        ] {
            assert_eq!(seldom.is_due(now), expected, "{now}");
        }
    }
}
