//! Files of people and of password hashes.

use std::collections::HashSet;

use credentials::password::{Limits, check_import};
use flows::migration::import::Format;
use flows::migration::import::inspection::{InspectedRow, inspect};
use serde_json::{Map, Value};

/// The members that hold a hash.
const HASHES: [&str; 2] = ["password_hash", "passwordHash"];

pub(crate) fn check(input: &[u8]) {
    for format in Format::ALL {
        let rows = inspect(format, input).expect("memory can be read");
        assert!(rows.len() <= input.len() + 1);
        let mut taken = HashSet::new();
        for row in &rows {
            assert!((1..=1 + input.len() as u64).contains(&row.place.line));
            check_row(row);
            let others = row.taken_as.iter().filter(|key| !taken.insert((*key).clone())).count();
            assert_eq!(others, 0, "two rows are about {:?}", row.taken_as);
        }
        assert_eq!(rows, inspect(format, input).expect("memory can be read"));
    }
}

fn check_row(row: &InspectedRow) {
    if let Some((format, hash)) = &row.hash {
        assert_eq!(check_import(format, hash, &Limits::default()), Ok(()), "a hash was taken that lets nobody in");
    }
    let Some(refused) = &row.refused else { return };
    assert!(row.taken_as.is_empty() && row.hash.is_none() && !refused.errors.is_empty());
    let Ok(Value::Object(members)) = serde_json::from_slice(&row.bytes) else { return };
    let report = serde_json::to_string(refused).expect("text");
    for hash in HASHES.iter().filter_map(|name| members.get(*name)?.as_str()).filter(|hash| hash.len() > 12) {
        assert!(is_elsewhere(&members, hash) || !report.contains(hash), "the report tells a hash: {report}");
    }
}

fn is_elsewhere(members: &Map<String, Value>, hash: &str) -> bool {
    let others = members.iter().filter(|(name, _)| !HASHES.contains(&name.as_str()));
    others.into_iter().any(|(name, value)| name.contains(hash) || value.to_string().contains(hash))
}
