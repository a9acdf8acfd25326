//! Waiting for what happens in another process.

use std::thread;
use std::time::Duration;

const PAUSE: Duration = Duration::from_millis(20);

/// Asks again until there is an answer; fails when there is none within `limit`, which is meant to be far longer than
/// anything takes: time decides no test.
pub(crate) async fn until<T>(what: &str, limit: Duration, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let answered = async {
        loop {
            if let Some(answer) = ask().await {
                return answer;
            }
            pause().await;
        }
    };
    tokio::time::timeout(limit, answered).await.unwrap_or_else(|_| panic!("not within {limit:?}: {what}"))
}

/// Whether something comes true within `limit`, for which the caller waits.
pub(super) fn comes_true(limit: Duration, mut ask: impl FnMut() -> bool) -> bool {
    let rounds = limit.as_millis() / PAUSE.as_millis();
    (0..rounds).any(|_| {
        let is_true = ask();
        if !is_true {
            thread::sleep(PAUSE);
        }
        is_true
    })
}

#[expect(clippy::disallowed_methods, reason = "another process tells nobody when it is ready")]
async fn pause() {
    tokio::time::sleep(PAUSE).await;
}
