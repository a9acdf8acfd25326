//! How many calls there are and how long they take.

use std::collections::HashMap;
use std::sync::RwLock;
use std::time::Duration;

use http::StatusCode;
use metrics::{Counter, Histogram, counter, histogram};

/// What was counted under the names that have come up, so that each is looked for among all metrics once. There are few:
/// methods and routes are ours.
#[derive(Default)]
pub(crate) struct Calls(RwLock<HashMap<(&'static str, StatusCode), ByRoute>>);

type ByRoute = HashMap<String, Measures>;

#[derive(Clone)]
struct Measures {
    count: Counter,
    duration: Histogram,
}

impl Calls {
    pub(super) fn count(&self, method: &'static str, route: &str, status: StatusCode, took: Duration) {
        let measures = self.find(method, route, status).unwrap_or_else(|| self.add(method, route, status));
        measures.count.increment(1);
        measures.duration.record(took);
    }

    fn find(&self, method: &'static str, route: &str, status: StatusCode) -> Option<Measures> {
        let known = self.0.read().expect("nothing panics while it holds the lock");
        known.get(&(method, status))?.get(route).cloned()
    }

    fn add(&self, method: &'static str, route: &str, status: StatusCode) -> Measures {
        let labels =
            [("method", method.to_owned()), ("route", route.to_owned()), ("status", status.as_str().to_owned())];
        let measures = Measures {
            count: counter!("landbridge_http_requests_total", &labels),
            duration: histogram!("landbridge_http_request_duration_seconds", &labels[..2]),
        };
        let mut known = self.0.write().expect("nothing panics while it holds the lock");
        known.entry((method, status)).or_default().insert(route.to_owned(), measures.clone());
        measures
    }
}
