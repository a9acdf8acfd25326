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
