//! A question that many ask at once and one answer serves.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

/// Readings of one thing, one at a time. Whoever comes while one is under way waits for the next, since that one may
/// have seen what was before; and of all who wait for it, one reads.
#[derive(Default)]
pub(crate) struct SharedReading {
    begun: AtomicU64,
    /// The number of the last one that succeeded.
    ended: Mutex<u64>,
}

impl SharedReading {
    /// Returns once a reading that began after this call has ended. An error is for its reader alone; the others read
    /// for themselves.
    pub(crate) async fn after_now<E>(&self, read: impl AsyncFnOnce() -> Result<(), E>) -> Result<(), E> {
        let asked = self.begun.load(Ordering::SeqCst);
        let mut ended = self.ended.lock().await;
        if *ended <= asked {
            let number = self.begun.fetch_add(1, Ordering::SeqCst) + 1;
            read().await?;
            *ended = number;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use tokio::sync::Notify;

    use super::*;

    #[tokio::test]
    async fn those_who_wait_share_the_next_reading() {
        let (shared, readings, go_on) = (SharedReading::default(), AtomicUsize::new(0), Notify::new());
        let ask = async || {
            let read = async || {
                if readings.fetch_add(1, Ordering::SeqCst) == 0 {
                    go_on.notified().await;
                }
                Ok::<_, ()>(())
            };
            shared.after_now(read).await
        };
        // All have asked by then, the second and the third after the first reading began.
        let release = async { go_on.notify_one() };
        assert_eq!(tokio::join!(ask(), ask(), ask(), release), (Ok(()), Ok(()), Ok(()), ()));
        assert_eq!(readings.load(Ordering::SeqCst), 2);
        ask().await.unwrap();
        assert_eq!(readings.load(Ordering::SeqCst), 3, "later is another moment");
    }

    #[tokio::test]
    async fn a_reading_that_failed_serves_nobody() {
        let (shared, readings) = (SharedReading::default(), AtomicUsize::new(0));
        let fail = async || {
            readings.fetch_add(1, Ordering::SeqCst);
            Err(())
        };
        let (one, other) = tokio::join!(shared.after_now(fail), shared.after_now(fail));
        assert_eq!((one, other, readings.load(Ordering::SeqCst)), (Err(()), Err(()), 2));
    }
}
