//! Where passwords are hashed: off the async threads, as many at a time as there are cores, with a bounded queue.

use std::sync::Arc;

use credentials::password::{Hasher, Prepared};
use tokio::sync::Semaphore;

use crate::InternalError;
use crate::error::OrInternal;

/// Runs hashes. Cloning shares the permits.
#[derive(Clone)]
pub struct HashPool {
    hasher: Arc<Hasher>,
    /// Hashes that run.
    running: Arc<Semaphore>,
    /// Hashes that run or wait.
    admitted: Arc<Semaphore>,
}

impl HashPool {
    /// `concurrency` hashes run at once, and `queue` more may wait; whoever comes after them is told that the
    /// server is busy.
    pub fn new(hasher: Hasher, concurrency: usize, queue: usize) -> Self {
        HashPool {
            hasher: Arc::new(hasher),
            running: Arc::new(Semaphore::new(concurrency)),
            admitted: Arc::new(Semaphore::new(concurrency + queue)),
        }
    }

    /// Gives back the memory that no hash has needed since this was called the last time.
    pub fn drop_unused_memory(&self) {
        self.hasher.drop_unused_memory();
    }

    /// A new hash of our own. The salt is random and used once.
    pub(crate) async fn hash(&self, password: &Prepared, salt: [u8; 16]) -> Result<String, InternalError> {
        let password = password.clone();
        self.run(move |hasher| hasher.hash(&password, salt)).await
    }

    /// Runs slow work on a thread where it may block.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hasher) -> T + Send + 'static,
    ) -> Result<T, InternalError> {
        let place = Arc::clone(&self.admitted).try_acquire_owned().map_err(|_| InternalError::Busy)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.or_internal("waiting for a hashing permit")?;
        let hasher = Arc::clone(&self.hasher);
        // The permits travel with the work: a caller that goes away does not make room for more than can run.
        let task = tokio::task::spawn_blocking(move || {
            let _held = (place, permit);
            work(&hasher)
        });
        task.await.or_internal("hashing a password")
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::{Condvar, Mutex};

    use credentials::password::Parameters;
    use tokio::task::JoinSet;

    use super::*;

    /// Hashes that wait for a word, so that a test decides how long they take.
    #[derive(Default)]
    struct Gate {
        is_open: Mutex<bool>,
        opened: Condvar,
        inside: AtomicUsize,
        most: AtomicUsize,
    }

    impl Gate {
        fn pass(&self) {
            let inside = self.inside.fetch_add(1, Ordering::SeqCst) + 1;
            self.most.fetch_max(inside, Ordering::SeqCst);
            let is_open = self.is_open.lock().unwrap();
            drop(self.opened.wait_while(is_open, |is_open| !*is_open).unwrap());
            self.inside.fetch_sub(1, Ordering::SeqCst);
        }

        fn open(&self) {
            *self.is_open.lock().unwrap() = true;
            self.opened.notify_all();
        }
    }

    #[tokio::test]
    async fn rl_07_of_a_flood_as_many_are_hashed_as_have_a_place_and_the_rest_hear_at_once() {
        let hasher = Hasher::new(Parameters::new(32, 1, 1).expect("what argon2 allows"), 1);
        let pool = HashPool::new(hasher, 2, 3);
        let gate = Arc::new(Gate::default());
        let mut flood = JoinSet::new();
        for _ in 0..500 {
            let (pool, gate) = (pool.clone(), Arc::clone(&gate));
            flood.spawn(async move { pool.run(move |_| gate.pass()).await });
        }
        for _ in 0..495 {
            let refused = flood.join_next().await.expect("500 were asked").expect("no panic");
            assert!(matches!(refused, Err(InternalError::Busy)), "nothing is done while the gate is shut");
        }
        gate.open();
        while let Some(done) = flood.join_next().await {
            done.expect("no panic").expect("it had a place");
        }
        assert!(gate.most.load(Ordering::SeqCst) <= 2);
        pool.run(|_| ()).await.expect("every place is free again");
    }
}
