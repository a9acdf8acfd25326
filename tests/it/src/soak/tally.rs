//! What was answered, and how soon.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::task::JoinError;

use super::mix::{Operation, requests_of};
use crate::harness::times::{ms, within};

#[derive(Default)]
pub(super) struct Tally {
    /// From the moment at which somebody was to come.
    times: BTreeMap<Operation, Vec<Duration>>,
    errors: Vec<String>,
}

impl Tally {
    /// Whoever was not answered as they should be has panicked.
    pub(super) fn take(&mut self, ended: Result<(Operation, Duration), JoinError>) {
        match ended {
            Ok((operation, time)) => self.times.entry(operation).or_default().push(time),
            Err(error) => self.errors.push(error.to_string()),
        }
    }

    pub(super) fn check(&self) {
        assert_eq!(self.errors, Vec::<String>::new(), "{} errors", self.errors.len());
    }

    pub(super) fn print(&self) {
        println!("{:<16}{:>9}{:>9}{:>9}{:>9}{:>9}", "", "times", "p50 ms", "p95 ms", "p99 ms", "most ms");
        for (operation, times) in &self.times {
            print_row(&format!("{operation:?}"), times);
        }
        print_row("all", &self.all());
        println!("{} requests, {} errors", self.requests(), self.errors.len());
    }

    /// In the words of a table.
    pub(super) fn summary(&self) -> String {
        let all = self.all();
        let [p50, p95, p99] = [500, 950, 990].map(|of_a_thousand| ms(within(&all, of_a_thousand)));
        let (requests, errors) = (self.requests(), self.errors.len());
        format!("{requests} requests, {errors} errors; p50 {p50:.1}, p95 {p95:.1}, p99 {p99:.1} ms")
    }

    fn all(&self) -> Vec<Duration> {
        self.times.values().flatten().copied().collect()
    }

    fn requests(&self) -> u64 {
        self.times.iter().map(|(operation, times)| requests_of(*operation) * times.len() as u64).sum()
    }
}

fn print_row(name: &str, times: &[Duration]) {
    let [p50, p95, p99, most] = [500, 950, 990, 1000].map(|of_a_thousand| ms(within(times, of_a_thousand)));
    println!("{name:<16}{:>9}{p50:>9.2}{p95:>9.2}{p99:>9.2}{most:>9.2}", times.len());
}
