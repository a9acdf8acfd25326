//! Spans of time.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::{Malformed, number_and_unit, text_setting};

const DAY: u64 = 24 * 60 * 60 * 1000;

/// Units in milliseconds, the largest first, so that a span is shown in the unit that divides it.
const UNITS: [(&str, u64); 5] = [("d", DAY), ("h", 60 * 60 * 1000), ("m", 60 * 1000), ("s", 1000), ("ms", 1)];

/// Longer than anything here waits; a bound for arithmetic with instants.
const LONGEST: u64 = 3650 * DAY;

/// A span of time with its unit, such as `30s`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(u64);

text_setting!(Span, { "type": "string", "pattern": "^[0-9]+(ms|s|m|h|d)$" });

impl Span {
    /// This many seconds.
    pub const fn seconds(count: u64) -> Self {
        Span(count * 1000)
    }

    /// As the standard library has it.
    pub fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, millis) =
            UNITS.into_iter().find(|(_, millis)| self.0.is_multiple_of(*millis)).expect("one divides every number");
        write!(f, "{}{unit}", self.0 / millis)
    }
}

impl FromStr for Span {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        number_and_unit(text)
            .and_then(|(number, unit)| number.checked_mul(UNITS.into_iter().find(|(name, _)| *name == unit)?.1))
            .filter(|millis| (1..=LONGEST).contains(millis))
            .map(Span)
            .ok_or_else(|| Malformed::new(format!("{text:?} is not a span of time such as 500ms, 30s, 15m, 2h or 7d")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn a_span_carries_its_unit() {
        for text in ["500ms", "30s", "15m", "2h", "7d", "90s"] {
            check_taken::<Span>(text);
        }
        assert_eq!("90s".parse::<Span>().unwrap().duration(), Duration::from_secs(90));
        for text in ["", "30", "s", "30 s", "-1s", "0s", "1.5h", "30S", "1w", "99999999999999999999d", "9999d"] {
            let expected = format!("{text:?} is not a span of time such as 500ms, 30s, 15m, 2h or 7d");
            check_refused::<Span>(text, &expected);
        }
    }
}
