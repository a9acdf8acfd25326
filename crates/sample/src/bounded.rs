//! A map that cannot grow without end.

use std::collections::{HashMap, VecDeque};

/// Keeps at most `capacity` entries; the oldest makes room for a new one.
pub(crate) struct Bounded<V> {
    capacity: usize,
    entries: HashMap<String, V>,
    oldest_first: VecDeque<String>,
}

impl<V> Bounded<V> {
    pub(crate) fn new(capacity: usize) -> Self {
        Bounded { capacity, entries: HashMap::new(), oldest_first: VecDeque::new() }
    }

    pub(crate) fn get(&self, key: &str) -> Option<&V> {
        self.entries.get(key)
    }

    /// Adds an entry under a key that was not used before.
    pub(crate) fn insert(&mut self, key: String, value: V) {
        while self.entries.len() >= self.capacity
            && let Some(oldest) = self.oldest_first.pop_front()
        {
            self.entries.remove(&oldest);
        }
        self.oldest_first.push_back(key.clone());
        self.entries.insert(key, value);
    }

    pub(crate) fn remove(&mut self, key: &str) -> Option<V> {
        let value = self.entries.remove(key)?;
        self.oldest_first.retain(|held| held != key);
        Some(value)
    }
}

#[cfg(test)]
mod tests {
    use super::Bounded;

    fn filled(keys: &[&str]) -> Bounded<()> {
        let mut map = Bounded::new(2);
        for key in keys {
            map.insert((*key).to_owned(), ());
        }
        map
    }

    #[test]
    fn the_oldest_makes_room() {
        let map = filled(&["a", "b", "c"]);
        assert_eq!(["a", "b", "c"].map(|key| map.get(key).is_some()), [false, true, true]);
    }

    #[test]
    fn a_removed_entry_leaves_its_place_free() {
        let mut map = filled(&["a", "b"]);
        assert!(map.remove("a").is_some());
        assert!(map.remove("a").is_none());
        map.insert("c".to_owned(), ());
        assert_eq!(["b", "c"].map(|key| map.get(key).is_some()), [true, true]);
        assert_eq!(map.oldest_first.len(), 2);
    }
}
