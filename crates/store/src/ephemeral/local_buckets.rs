//! The buckets of this process.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::Mutex;

use model::Timestamp;
use protocol::rate_limit::{Limited, RateLimit, Standing};

use super::BucketName;

const MICROS_PER_MILLI: i64 = 1000;

/// Buckets by name, in bounded memory: of a name only a hash is kept, under a key of this process, so that peers can
/// neither choose what collides nor how much is kept.
pub(super) struct LocalBuckets {
    hasher: RandomState,
    held: Mutex<Generations>,
}

/// The buckets that were used lately, and those before. When the young are many, the old ones are forgotten, so that
/// making room costs no search.
struct Generations {
    most_young: usize,
    young: HashMap<u64, i64>,
    old: HashMap<u64, i64>,
}

impl LocalBuckets {
    /// At most so many. The least used are forgotten first, and then begin anew with a full bucket.
    pub(super) fn new(most: usize) -> Self {
        let held = Generations { most_young: most.div_ceil(2), young: HashMap::new(), old: HashMap::new() };
        LocalBuckets { hasher: RandomState::new(), held: Mutex::new(held) }
    }

    /// Takes one call from the bucket of this name. Of calls at the same moment no more are let through than it holds.
    pub(super) fn take(&self, name: &BucketName, limit: RateLimit, now: Timestamp) -> Result<Standing, Limited> {
        let key = self.hasher.hash_one(name);
        let mut held = self.held.lock().expect("nothing panics while it holds the lock");
        let (full_at, taken) = limit.take(held.find(key), micros(now));
        held.put(key, full_at);
        taken
    }

    /// How somebody stands whom a limit does not concern.
    pub(super) fn untouched(limit: RateLimit, now: Timestamp) -> Standing {
        limit.untouched(micros(now))
    }
}

impl Generations {
    fn find(&self, key: u64) -> i64 {
        self.young.get(&key).or_else(|| self.old.get(&key)).copied().unwrap_or_default()
    }

    fn put(&mut self, key: u64, full_at: i64) {
        if self.young.len() >= self.most_young && !self.young.contains_key(&key) {
            self.old = mem::take(&mut self.young);
        }
        self.young.insert(key, full_at);
    }
}

fn micros(moment: Timestamp) -> i64 {
    moment.millis() * MICROS_PER_MILLI
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;
    use std::sync::Arc;
    use std::thread;

    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

    fn limit(calls: u32) -> RateLimit {
        RateLimit::per_minute(NonZeroU32::new(calls).unwrap())
    }

    fn name(number: u64) -> BucketName {
        let mut name = [0; 32];
        name[..8].copy_from_slice(&number.to_be_bytes());
        name
    }

    #[test]
    fn each_name_has_a_bucket_of_its_own() {
        let buckets = LocalBuckets::new(10);
        assert!(buckets.take(&name(1), limit(1), NOW).is_ok());
        assert!(buckets.take(&name(1), limit(1), NOW).is_err());
        assert!(buckets.take(&name(2), limit(1), NOW).is_ok());
    }

    #[test]
    fn rl_06_of_calls_at_once_no_more_are_let_through_than_the_bucket_holds() {
        let buckets = Arc::new(LocalBuckets::new(10));
        let take = |_| {
            let buckets = Arc::clone(&buckets);
            thread::spawn(move || (0..50).filter(|_| buckets.take(&name(1), limit(30), NOW).is_ok()).count())
        };
        let threads: Vec<_> = (0..8).map(take).collect();
        let let_through: usize = threads.into_iter().map(|thread| thread.join().unwrap()).sum();
        assert_eq!(let_through, 30);
    }

    #[test]
    fn rl_11_a_flood_of_names_takes_bounded_memory_and_leaves_those_in_use() {
        let (buckets, in_use) = (LocalBuckets::new(100), name(u64::MAX));
        assert!(buckets.take(&in_use, limit(1), NOW).is_ok());
        for number in 0..10_000 {
            let _ = buckets.take(&name(number), limit(1), NOW);
            assert!(buckets.take(&in_use, limit(1), NOW).is_err(), "forgotten after {number}");
        }
        let held = buckets.held.lock().unwrap();
        assert!(held.young.len() + held.old.len() <= 100);
    }
}
