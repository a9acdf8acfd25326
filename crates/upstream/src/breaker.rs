//! The circuit breaker of one source: a pure state machine over instants that come in as arguments.

use std::time::Duration;

use model::Timestamp;

/// The longest a source can make us leave it alone by `Retry-After`.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// How patient a breaker is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Failures in a row that open it; zero is taken as one.
    pub(crate) failures: u32,
    /// How long it stays open.
    pub(crate) open_for: Duration,
    /// How long one question may take, which is how long a probe holds the door.
    pub(crate) call_for: Duration,
}

/// Why a question is not put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Open,
    /// The source asked to be left alone for this much longer.
    Paused(Duration),
}

/// The right to put one question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "the outcome of the question belongs back into the breaker"]
pub(crate) enum Pass {
    Regular,
    /// The one question that tells whether an open breaker may close.
    Probe,
}

/// Where a breaker stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BreakerPosition {
    /// Questions are put.
    Closed,
    /// No questions are put.
    Open,
    /// One question is put to see whether the source is back.
    HalfOpen,
}

#[derive(Debug)]
pub(crate) struct Breaker {
    state: State,
    pause: Option<Span>,
}

#[derive(Debug)]
enum State {
    Closed {
        failures: u32,
    },
    /// `shut` is the span in which nobody gets in. A probe is let in by starting a new span: if it is never
    /// heard of again, the span ends by itself and the next probe follows.
    Open {
        shut: Span,
        probing: bool,
    },
}

/// A span of time that also ends when the clock is set back by more than its length.
#[derive(Clone, Copy, Debug)]
struct Span {
    since: Timestamp,
    length: Duration,
}

impl Span {
    fn rest(self, now: Timestamp) -> Option<Duration> {
        self.length.checked_sub(now.distance(self.since)).filter(|rest| !rest.is_zero())
    }
}

impl Breaker {
    pub(crate) fn new() -> Self {
        Breaker { state: State::Closed { failures: 0 }, pause: None }
    }

    /// Why a question would not be put now. Changes nothing.
    pub(crate) fn refusal(&self, now: Timestamp) -> Option<Refusal> {
        match self.state {
            State::Open { shut, .. } if shut.rest(now).is_some() => Some(Refusal::Open),
            _ => self.pause.and_then(|pause| pause.rest(now)).map(Refusal::Paused),
        }
    }

    /// Lets one question through, or says why not. Of those that come while it is half open, one gets in.
    pub(crate) fn admit(&mut self, limits: Limits, now: Timestamp) -> Result<Pass, Refusal> {
        if let Some(refusal) = self.refusal(now) {
            return Err(refusal);
        }
        let State::Open { shut, probing } = &mut self.state else { return Ok(Pass::Regular) };
        *shut = Span { since: now, length: limits.open_for.max(limits.call_for) };
        *probing = true;
        Ok(Pass::Probe)
    }

    /// The source gave an answer, whatever it was.
    pub(crate) fn answered(&mut self, pass: Pass) {
        if self.listens_to(pass) {
            self.state = State::Closed { failures: 0 };
        }
    }

    /// The source failed.
    pub(crate) fn failed(&mut self, pass: Pass, limits: Limits, now: Timestamp) {
        if !self.listens_to(pass) {
            return;
        }
        self.state = match self.state {
            State::Closed { failures } if failures.saturating_add(1) < limits.failures => {
                State::Closed { failures: failures + 1 }
            }
            _ => State::Open { shut: Span { since: now, length: limits.open_for }, probing: false },
        };
    }

    /// The source answered that it wants to be left alone.
    pub(crate) fn throttled(&mut self, pass: Pass, retry_after: Option<Duration>, now: Timestamp) {
        self.answered(pass);
        if let Some(wanted) = retry_after {
            self.pause = Some(Span { since: now, length: wanted.min(LONGEST_PAUSE) });
        }
    }

    pub(crate) fn position(&self, now: Timestamp) -> BreakerPosition {
        match self.state {
            State::Closed { .. } => BreakerPosition::Closed,
            State::Open { shut, probing: false } if shut.rest(now).is_some() => BreakerPosition::Open,
            State::Open { .. } => BreakerPosition::HalfOpen,
        }
    }

    /// While open, only the probe is evidence: the rest are stragglers that were asked before.
    fn listens_to(&self, pass: Pass) -> bool {
        matches!((&self.state, pass), (State::Closed { .. }, _) | (State::Open { .. }, Pass::Probe))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits =
        Limits { failures: 3, open_for: Duration::from_secs(1), call_for: Duration::from_millis(100) };

    /// One thing that happens to a breaker, with what must be seen.
    enum Step {
        Fails(i64),
        Answers(i64),
        Throttles(i64, u64),
        IsRefused(i64, Refusal),
        /// A probe that is let in and of which nothing is heard.
        ProbeIsLost(i64),
        Stands(i64, BreakerPosition),
        /// The failure of a question put while the breaker was closed arrives late.
        StragglerFails(i64),
    }
    use BreakerPosition::{Closed, HalfOpen, Open};
    use Step::{Answers, Fails, IsRefused, ProbeIsLost, Stands, StragglerFails, Throttles};

    fn check(name: &str, steps: &[Step]) {
        let mut breaker = Breaker::new();
        let at = Timestamp::from_millis;
        for (index, step) in steps.iter().enumerate() {
            let context = format!("{name}, step {index}");
            match *step {
                Fails(now) => {
                    let pass = breaker.admit(LIMITS, at(now)).expect(&context);
                    breaker.failed(pass, LIMITS, at(now));
                }
                Answers(now) => {
                    let pass = breaker.admit(LIMITS, at(now)).expect(&context);
                    breaker.answered(pass);
                }
                Throttles(now, seconds) => {
                    let pass = breaker.admit(LIMITS, at(now)).expect(&context);
                    breaker.throttled(pass, Some(Duration::from_secs(seconds)), at(now));
                }
                IsRefused(now, expected) => {
                    assert_eq!(breaker.refusal(at(now)), Some(expected), "{context}");
                    assert_eq!(breaker.admit(LIMITS, at(now)), Err(expected), "{context}");
                }
                ProbeIsLost(now) => assert_eq!(breaker.admit(LIMITS, at(now)), Ok(Pass::Probe), "{context}"),
                Stands(now, expected) => assert_eq!(breaker.position(at(now)), expected, "{context}"),
                StragglerFails(now) => breaker.failed(Pass::Regular, LIMITS, at(now)),
            }
        }
    }

    #[test]
    fn opens_lets_one_probe_in_and_closes() {
        let open = Refusal::Open;
        let paused = |millis| Refusal::Paused(Duration::from_millis(millis));
        check("stays closed below the limit", &[Fails(0), Fails(1), Stands(2, Closed), Answers(2)]);
        check("an answer starts the count again", &[Fails(0), Fails(1), Answers(2), Fails(3), Fails(4), Answers(5)]);
        check("opens at the limit", &[Fails(0), Fails(1), Fails(2), Stands(3, Open), IsRefused(1_001, open)]);
        check(
            "a probe that is answered closes it",
            &[
                Fails(0),
                Fails(1),
                Fails(2),
                Stands(1_002, HalfOpen),
                Answers(1_002),
                Stands(1_003, Closed),
                Fails(1_004),
                Answers(1_005),
            ],
        );
        check(
            "a probe that fails opens it again",
            &[Fails(0), Fails(1), Fails(2), Fails(1_002), IsRefused(2_001, open), Answers(2_002)],
        );
        check(
            "only one probe is let in",
            &[Fails(0), Fails(1), Fails(2), ProbeIsLost(1_002), Stands(1_003, HalfOpen), IsRefused(1_003, open)],
        );
        check(
            "a lost probe is followed by another",
            &[Fails(0), Fails(1), Fails(2), ProbeIsLost(1_002), IsRefused(2_001, open), ProbeIsLost(2_002)],
        );
        check(
            "a straggler does not keep it open",
            &[Fails(0), Fails(1), Fails(2), StragglerFails(900), Answers(1_002), Stands(1_002, Closed)],
        );
        check("a pause passes", &[Throttles(0, 2), IsRefused(1_500, paused(500)), Answers(2_000)]);
        check("a pause is bounded", &[Throttles(0, 86_400), IsRefused(59_999, paused(1)), Answers(60_000)]);
        check("throttled is an answer", &[Fails(0), Fails(1), Throttles(2, 1), Fails(1_002), Stands(1_002, Closed)]);
        check(
            "a clock that is set back does not lock it",
            &[Fails(1_000_000), Fails(1_000_000), Fails(1_000_000), IsRefused(999_999, open), Answers(5)],
        );
    }

    #[test]
    fn a_limit_of_zero_opens_at_the_first_failure() {
        let limits = Limits { failures: 0, ..LIMITS };
        let mut breaker = Breaker::new();
        let now = Timestamp::from_millis(0);
        let pass = breaker.admit(limits, now).expect("closed");
        breaker.failed(pass, limits, now);
        assert_eq!(breaker.position(now), Open);
    }
}
