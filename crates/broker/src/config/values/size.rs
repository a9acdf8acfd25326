//! Sizes of memory.

use std::fmt;
use std::str::FromStr;

use super::{Malformed, number_and_unit, text_setting};

/// The largest first, so that a size is shown in the unit that divides it.
const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];

/// A size with its unit, such as `19MiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

text_setting!(Size, { "type": "string", "pattern": "^[0-9]+(KiB|MiB|GiB)$" });

impl Size {
    /// This many MiB.
    pub const fn mib(count: u64) -> Self {
        Size(count << 20)
    }

    /// Whole KiB.
    pub fn kib(self) -> u64 {
        self.0 >> 10
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, bytes) =
            UNITS.into_iter().find(|(_, bytes)| self.0.is_multiple_of(*bytes)).expect("sizes are whole KiB");
        write!(f, "{}{unit}", self.0 / bytes)
    }
}

impl FromStr for Size {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        number_and_unit(text)
            .and_then(|(number, unit)| number.checked_mul(UNITS.into_iter().find(|(name, _)| *name == unit)?.1))
            .filter(|bytes| *bytes > 0)
            .map(Size)
            .ok_or_else(|| Malformed::new(format!("{text:?} is not a size such as 64KiB, 19MiB or 1GiB")))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn a_size_carries_its_unit() {
        for text in ["64KiB", "19MiB", "1GiB", "1025KiB"] {
            check_taken::<Size>(text);
        }
        assert_eq!("19MiB".parse::<Size>().unwrap().kib(), 19_456);
        for text in ["", "19", "MiB", "19MB", "19 MiB", "-1MiB", "0MiB", "99999999999999GiB"] {
            check_refused::<Size>(text, &format!("{text:?} is not a size such as 64KiB, 19MiB or 1GiB"));
        }
    }
}
