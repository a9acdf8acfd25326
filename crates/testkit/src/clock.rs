use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use flows::Clock;
use model::Timestamp;

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct SettableClock(AtomicI64);

impl SettableClock {
    /// A clock that shows this moment.
    pub fn at(moment: Timestamp) -> Self {
        SettableClock(AtomicI64::new(moment.millis()))
    }

    /// Moves it on.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).expect("tests do not last for 292 million years");
        self.0.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for SettableClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
