//! Reads how many tests passed from what the test runners print.

use std::iter::Sum;
use std::ops::AddAssign;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Counts {
    pub(super) passed: u64,
    pub(super) failed: u64,
    pub(super) skipped: u64,
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skipped += other.skipped;
    }
}

impl Sum for Counts {
    fn sum<I: Iterator<Item = Counts>>(counts: I) -> Counts {
        counts.fold(Counts::default(), |mut sum, counts| {
            sum += counts;
            sum
        })
    }
}

/// What one line of `cargo test` adds: each test program ends with a line of the form
/// `test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.01s`.
pub(super) fn of_cargo(line: &str) -> Option<Counts> {
    let (_verdict, numbers) = line.strip_prefix("test result: ")?.split_once(". ")?;
    let mut counts = Counts::default();
    for field in numbers.split("; ") {
        let (number, name) = field.split_once(' ')?;
        match name {
            "passed" => counts.passed = number.parse().ok()?,
            "failed" => counts.failed = number.parse().ok()?,
            "ignored" => counts.skipped = number.parse().ok()?,
            _ => {}
        }
    }
    Some(counts)
}

/// The summary at the end of `node --test`: a line for each number, such as `ℹ pass 3` (or `# pass 3` in TAP).
#[derive(Default)]
pub(super) struct NodeSummary {
    passed: u64,
    failed: u64,
    cancelled: u64,
    skipped: u64,
    todo: u64,
}

impl NodeSummary {
    /// Takes in one more line and returns the counts so far. A number that is said twice replaces the earlier one: a
    /// test can print anything, but the summary comes last.
    pub(super) fn read(&mut self, line: &str) -> Counts {
        if let Some((field, number)) = self.field(line) {
            *field = number;
        }
        Counts { passed: self.passed, failed: self.failed + self.cancelled, skipped: self.skipped + self.todo }
    }

    fn field(&mut self, line: &str) -> Option<(&mut u64, u64)> {
        let (name, number) = line.strip_prefix("ℹ ").or_else(|| line.strip_prefix("# "))?.split_once(' ')?;
        let field = match name {
            "pass" => &mut self.passed,
            "fail" => &mut self.failed,
            "cancelled" => &mut self.cancelled,
            "skipped" => &mut self.skipped,
            "todo" => &mut self.todo,
            _ => return None,
        };
        Some((field, number.parse().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(passed: u64, failed: u64, skipped: u64) -> Counts {
        Counts { passed, failed, skipped }
    }

    #[track_caller]
    fn check_cargo(line: &str, expected: Option<Counts>) {
        assert_eq!(of_cargo(line), expected);
    }

    #[test]
    fn each_test_program_says_its_numbers() {
        let ok = "test result: ok. 12 passed; 0 failed; 3 ignored; 0 measured; 7 filtered out; finished in 0.02s";
        check_cargo(ok, Some(counts(12, 0, 3)));
        let failed =
            "test result: FAILED. 1 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.00s";
        check_cargo(failed, Some(counts(1, 2, 0)));
    }

    #[test]
    fn other_lines_count_nothing() {
        check_cargo("running 3 tests", None);
        check_cargo("test result_is_kept ... ok", None);
        check_cargo("test result: ok. many passed", None);
        check_cargo("    test result: ok. 1 passed; 0 failed", None);
    }

    #[track_caller]
    fn check_node(lines: &[&str], expected: Counts) {
        let mut summary = NodeSummary::default();
        assert_eq!(lines.iter().map(|line| summary.read(line)).last(), Some(expected));
    }

    #[test]
    fn the_summary_of_node_is_read_in_both_reporters_spelling() {
        check_node(
            &[
                "✔ signs in (3.2ms)",
                "ℹ tests 9",
                "ℹ suites 0",
                "ℹ pass 3",
                "ℹ fail 1",
                "ℹ cancelled 2",
                "ℹ skipped 1",
                "ℹ todo 2",
                "ℹ duration_ms 47.8",
            ],
            counts(3, 3, 3),
        );
        check_node(&["ok 1 - signs in", "# tests 1", "# pass 1", "# fail 0"], counts(1, 0, 0));
    }

    #[test]
    fn what_a_test_prints_is_outdone_by_the_summary() {
        check_node(&["ℹ pass 90", "ℹ fail 90", "ℹ pass 1", "ℹ fail 0"], counts(1, 0, 0));
        check_node(&["ℹ pass through", "# of things"], counts(0, 0, 0));
    }
}
