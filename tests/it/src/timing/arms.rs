//! Samples of several kinds, and whether time tells them apart.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::harness::times::median;
use crate::harness::wanted;

/// How many samples of each kind make times comparable.
const ENOUGH: usize = 1_000;

/// How far apart the middles of two kinds may be, in parts of the first.
const MOST_APART: f64 = 0.05;

/// Beyond it, the ranks of two kinds would lie so with a probability below 0.001 if nothing told them apart (two-sided).
const MOST_DEVIATIONS: f64 = 3.29;

/// Kinds of requests that have to look alike, and what came of them.
pub(super) struct Arms<const N: usize> {
    names: [&'static str; N],
    times: [Vec<Duration>; N],
    seen: BTreeSet<String>,
}

impl<const N: usize> Arms<N> {
    pub(super) fn new(names: [&'static str; N]) -> Self {
        Arms { names, times: [const { Vec::new() }; N], seen: BTreeSet::new() }
    }

    /// Sends requests of all kinds in turns, each round beginning with another kind. `once` is given the kind and the
    /// number of the sample, and answers how long it took and what somebody sees of the answer.
    pub(super) async fn sample(&mut self, mut once: impl AsyncFnMut(usize, usize) -> (Duration, String)) {
        for number in 0..samples() {
            for turn in 0..N {
                let kind = (number + turn) % N;
                let (time, seen) = once(kind, number).await;
                self.times[kind].push(time);
                self.seen.insert(seen);
            }
        }
    }

    /// All looked alike. Where there are enough samples, none took longer than another either.
    pub(super) fn check(&self, what: &str) {
        assert_eq!(self.seen.len(), 1, "{what}: {:?}", self.seen);
        for kind in 1..N {
            let apart = median(&self.times[kind]).as_secs_f64() / median(&self.times[0]).as_secs_f64() - 1.0;
            let deviations = deviations(&self.times[0], &self.times[kind]);
            println!(
                "{what}: {} {:.3?}, {} {:.3?}: {:+.1} %, {deviations:.2} deviations",
                self.names[0],
                median(&self.times[0]),
                self.names[kind],
                median(&self.times[kind]),
                100.0 * apart
            );
            if samples() >= ENOUGH {
                assert!(apart.abs() < MOST_APART && deviations < MOST_DEVIATIONS, "{what}: time tells");
            }
        }
    }
}

/// How often each kind is sent.
pub(super) fn samples() -> usize {
    wanted("TIMING_SAMPLES").unwrap_or(4)
}

/// How far the ranks of two kinds are from those of one, in standard deviations: the rank-sum test of Mann and Whitney,
/// whose distribution is normal for so many samples. It asks nothing of how times are spread.
#[expect(clippy::cast_precision_loss, reason = "a few thousand samples")]
fn deviations(one: &[Duration], other: &[Duration]) -> f64 {
    let mut all: Vec<(Duration, bool)> = one.iter().map(|time| (*time, true)).collect();
    all.extend(other.iter().map(|time| (*time, false)));
    all.sort_unstable();
    let rank_sum: f64 = (1..).zip(&all).filter(|(_, (_, is_one))| *is_one).map(|(rank, _)| f64::from(rank)).sum();
    let (m, n) = (one.len() as f64, other.len() as f64);
    let expected = m * (m + n + 1.0) / 2.0;
    let spread = (m * n * (m + n + 1.0) / 12.0).sqrt();
    (rank_sum - expected).abs() / spread
}
