//! What may be lost at any moment and then costs nothing but a little speed: the buckets of rate limits, and the word
//! that passes between nodes.
//!
//! Whatever protects an account for good (wrong passwords, one-time use, revocation) is decided in SQL.

use model::Timestamp;
use protocol::rate_limit::{Limited, RateLimit, Standing};

mod local_buckets;
mod redis;
#[cfg(test)]
mod tests;

use local_buckets::LocalBuckets;
use redis::Redis;
pub use redis::{RedisTrouble, RedisUrlRefused, Reported};

/// How many buckets a process holds by itself: some five megabytes.
const MOST_BUCKETS: usize = 100_000;

/// The name of a bucket, of which nobody can tell whose it is.
pub type BucketName = [u8; 32];

/// Which Redis, and what is ours in it.
pub struct RedisSettings {
    /// `redis://…` or `rediss://…`.
    pub url: String,
    /// What all nodes of one deployment have in common, and no others: several may share a Redis.
    pub deployment: String,
}

/// Short-lived state: of this process, or of all nodes together where there is a Redis. While that is away, of this
/// process.
pub struct Ephemeral {
    local: LocalBuckets,
    redis: Option<Redis>,
}

/// Whether nodes hear of each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// No Redis is configured.
    Alone,
    /// Redis answers.
    Together,
    /// There should be a Redis, and it does not answer.
    CutOff,
}

impl Ephemeral {
    /// Connects to nothing yet: [`Ephemeral::tend`] does.
    pub fn new(redis: Option<RedisSettings>) -> Result<Self, RedisUrlRefused> {
        let redis = redis.map(|settings| Redis::new(&settings)).transpose()?;
        Ok(Ephemeral { local: LocalBuckets::new(MOST_BUCKETS), redis })
    }

    /// Takes one call from the bucket of this name. Of calls at the same moment no more are let through than it holds,
    /// at all nodes together; while Redis does not answer, at each of them.
    ///
    /// `now` is for the buckets of this process: those in Redis go by its clock, so that nodes need not agree on theirs.
    pub async fn take(&self, name: &BucketName, limit: RateLimit, now: Timestamp) -> Result<Standing, Limited> {
        if let Some(redis) = &self.redis
            && let Some(taken) = redis.take(name, limit).await
        {
            return taken;
        }
        self.local.take(name, limit, now)
    }

    /// Sees to the connection: makes it where there is none, and tries it where there is one. To be called again and
    /// again, one call after the other. Answers how it is where that is news.
    pub async fn tend(&self) -> Option<Reported> {
        self.redis.as_ref()?.tend().await
    }

    /// Tells the other nodes that something changed in the database which they hold in memory. They may not hear it.
    pub async fn announce(&self) {
        if let Some(redis) = &self.redis {
            // It is not lost: each node looks for itself now and then.
            let _ = redis.announce().await;
        }
    }

    /// Waits until another node has announced a change, or may have while nothing was heard here.
    pub async fn heard(&self) {
        match &self.redis {
            Some(redis) => redis.heard().await,
            None => std::future::pending().await,
        }
    }

    /// Whether nodes hear of each other.
    pub fn reach(&self) -> Reach {
        match &self.redis {
            None => Reach::Alone,
            Some(redis) if redis.is_linked() => Reach::Together,
            Some(_) => Reach::CutOff,
        }
    }

    /// How somebody stands whom a limit does not concern.
    pub fn untouched(limit: RateLimit, now: Timestamp) -> Standing {
        LocalBuckets::untouched(limit, now)
    }
}
