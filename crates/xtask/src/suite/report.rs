//! What a person, and CI, reads at the end.

use super::Outcome;
use super::counts::Counts;

/// The line that ends a step.
pub(super) fn print_step(outcome: &Outcome) {
    let seconds = outcome.time.as_secs_f64();
    match &outcome.failure {
        None => println!("<== {} ok, {seconds:.1} s", outcome.step.name()),
        Some(failure) => println!("<== {} FAILED, {seconds:.1} s: {failure}", outcome.step.name()),
    }
}

/// The table of all steps; its last line is the sum, alone and in a fixed form.
pub(super) fn print(outcomes: &[Outcome]) {
    println!("\n{}", lines(outcomes).join("\n"));
}

fn lines(outcomes: &[Outcome]) -> Vec<String> {
    let mut lines = vec![format!("{:<10}{:>10}{:>8}{:>8}{:>8}", "step", "seconds", "passed", "failed", "skipped")];
    lines.extend(outcomes.iter().map(row));
    lines.push(sum(outcomes));
    lines
}

fn row(outcome: &Outcome) -> String {
    let Counts { passed, failed, skipped } = outcome.counts;
    let (name, seconds) = (outcome.step.name(), outcome.time.as_secs_f64());
    let failure = outcome.failure.as_deref().and_then(|text| text.lines().next()).unwrap_or_default();
    format!("{name:<10}{seconds:>10.1}{passed:>8}{failed:>8}{skipped:>8}  {failure}").trim_end().to_owned()
}

fn sum(outcomes: &[Outcome]) -> String {
    let sum: Counts = outcomes.iter().map(|outcome| outcome.counts).sum();
    format!("{} passed, {} failed, {} skipped", sum.passed, sum.failed, sum.skipped)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use anyhow::anyhow;

    use super::super::Step;
    use super::*;

    #[test]
    fn the_last_line_is_the_sum() {
        let counts = |passed, failed, skipped| Counts { passed, failed, skipped };
        let time = Duration::from_millis(1500);
        let outcomes = [
            Outcome::new(Step::Check, time, counts(0, 0, 0), Ok(())),
            Outcome::new(Step::Unit, time, counts(10, 0, 1), Ok(())),
            Outcome::new(Step::Blackbox, time, counts(2, 1, 0), Err(anyhow!("exit status: 101"))),
            Outcome::new(Step::Node, time, counts(0, 0, 0), Err(anyhow!("cannot start node\nbecause"))),
        ];
        let expected = [
            "step         seconds  passed  failed skipped",
            "check            1.5       0       0       0",
            "unit             1.5      10       0       1",
            "blackbox         1.5       2       1       0  exit status: 101",
            "node             1.5       0       1       0  cannot start node",
            "12 passed, 2 failed, 1 skipped",
        ];
        assert_eq!(lines(&outcomes), expected);
    }
}
