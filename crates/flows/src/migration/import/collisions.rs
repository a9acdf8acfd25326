//! The first pass: people who are in the file more than once, whatever the spelling of their address.
//!
//! A row that has been imported cannot be taken back when its double turns up, so doubles are found first. Of each row
//! two or three fingerprints of eight bytes are kept: 16 to 24 MB for a million people. Two rows whose fingerprints
//! agree by chance are refused, which for a million people happens once in some ten million files.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, Read};
use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::framing::{Record, Records};
use super::members;
use super::reader::{Keys, RowReader};

/// Rows that one thread cuts out before the other gets its turn. A row has at most a MiB.
const AT_A_TIME: usize = 50;

/// Unknown to whoever wrote the file, so that nobody can make two people agree.
pub(super) type Key = [u8; 16];

/// What the first pass found.
pub(super) struct Survey {
    /// How many rows there are.
    pub(super) rows: u64,
    key: Key,
    twice: HashSet<u64>,
}

/// What a fingerprint is of.
#[derive(Clone, Copy)]
enum Kind {
    Id,
    Name,
}

impl Survey {
    /// Reads every row, on this thread and another. Rows that will be refused count too: one of two people who fall
    /// together may be the wrong one.
    pub(super) fn of<R: Read + Send>(records: Records<R>, reader: &RowReader, key: Key) -> io::Result<Self> {
        let shared = Mutex::new(records);
        let read = || fingerprints(&shared, reader, key);
        let (own, others) = thread::scope(|scope| {
            let other = scope.spawn(read);
            (read(), other.join().unwrap_or_else(|panic| resume_unwind(panic)))
        });
        let ((rows, mut fingerprints), (other_rows, other_fingerprints)) = (own?, others?);
        fingerprints.extend(other_fingerprints);
        Ok(Survey { rows: rows + other_rows, key, twice: found_twice(fingerprints) })
    }

    /// Whether nobody is in the file more than once.
    pub(super) fn is_of_singles(&self) -> bool {
        self.twice.is_empty()
    }

    /// Whether the id, and whether a name, is in the file more than once.
    pub(super) fn finds(&self, keys: &Keys) -> Doubles {
        let has = |kind, text: &str| self.twice.contains(&fingerprint(self.key, kind, text));
        Doubles {
            id: keys.id.as_deref().is_some_and(|id| has(Kind::Id, id)),
            name: keys.names.iter().any(|name| has(Kind::Name, name.as_str())),
        }
    }
}

/// Takes rows until nobody finds any more. Answers how many it took, and the fingerprints of those that tell.
fn fingerprints<R: Read>(records: &Mutex<Records<R>>, reader: &RowReader, key: Key) -> io::Result<(u64, Vec<u64>)> {
    let (mut rows, mut fingerprints) = (0, Vec::new());
    loop {
        let taken: Vec<Record> = {
            let mut records = records.lock().unwrap_or_else(PoisonError::into_inner);
            records.by_ref().take(AT_A_TIME).collect::<io::Result<_>>()?
        };
        if taken.is_empty() {
            return Ok((rows, fingerprints));
        }
        rows += taken.len() as u64;
        for record in taken {
            let row = members::parse_some(&record, |name| reader.tells_apart(name));
            let row = row.and_then(|row| reader.renamed(row).ok());
            if let Some(row) = row.filter(|row| !reader.is_foreign(row)) {
                fingerprints.extend(all_of(key, &reader.keys(&row)));
            }
        }
    }
}

/// What of a row is in the file more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubles {
    pub(super) id: bool,
    pub(super) name: bool,
}

fn all_of(key: Key, keys: &Keys) -> impl Iterator<Item = u64> {
    let names = keys.names.iter().map(move |name| fingerprint(key, Kind::Name, name.as_str()));
    names.chain(keys.id.as_deref().map(|id| fingerprint(key, Kind::Id, id)))
}

fn fingerprint(key: Key, kind: Kind, text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(&key);
    hasher.write_u8(kind as u8);
    hasher.write(text.as_bytes());
    hasher.finish()
}

fn found_twice(mut fingerprints: Vec<u64>) -> HashSet<u64> {
    fingerprints.sort_unstable();
    fingerprints.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect()
}
