//! Reading one row as a JSON object.

use std::fmt;

use model::JsonObject;
use serde::de::{DeserializeSeed, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::error::Category;
use serde_json::map::Entry;

use super::framing::{Fault, LONGEST_ROW, Record};
use super::refusal::{RowCode, RowError};

/// The members of an object, and the first name that is there twice.
struct Members {
    object: JsonObject,
    twice: Option<String>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(MembersNamed(|_: &str| true))
    }
}

/// Reads the members whose names it is asked for, and passes over the values of the others.
struct MembersNamed<F>(F);

impl<'de, F: Fn(&str) -> bool> DeserializeSeed<'de> for MembersNamed<F> {
    type Value = Members;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Members, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de, F: Fn(&str) -> bool> Visitor<'de> for MembersNamed<F> {
    type Value = Members;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
        let mut members = Members { object: JsonObject::new(), twice: None };
        while let Some(name) = map.next_key::<String>()? {
            if !self.0(&name) {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            let value: Value = map.next_value()?;
            match members.object.entry(name) {
                Entry::Vacant(place) => drop(place.insert(value)),
                Entry::Occupied(place) => drop(members.twice.get_or_insert_with(|| place.key().clone())),
            }
        }
        Ok(members)
    }
}

/// Reads a row. Values nest at most 127 levels deep, and no member is there twice, since nobody could say which of the
/// two counts.
pub(super) fn parse(record: &Record) -> Result<JsonObject, RowError> {
    let bytes = record.content.as_ref().map_err(|fault| no_row(*fault))?;
    let members: Members = serde_json::from_slice(bytes).map_err(|error| not_an_object(&error))?;
    match members.twice {
        Some(name) => Err(RowError::at(RowCode::NotPassed, name, "the row holds this member twice")),
        None => Ok(members.object),
    }
}

/// Reads the members that `is_wanted` names, and looks at nothing else; `None` where the row, as far as it was looked
/// at, would be refused.
pub(super) fn parse_some(record: &Record, is_wanted: impl Fn(&str) -> bool) -> Option<JsonObject> {
    let mut json = serde_json::Deserializer::from_slice(record.content.as_ref().ok()?);
    let members = MembersNamed(is_wanted).deserialize(&mut json).ok()?;
    members.twice.is_none().then_some(members.object)
}

fn no_row(fault: Fault) -> RowError {
    match fault {
        Fault::TooLong => RowError::of_row(RowCode::MaxLength, format!("the row is longer than {LONGEST_ROW} bytes")),
        Fault::CutOff => RowError::of_row(
            RowCode::Format,
            "the input ends before the array does: it was cut off, or a quote or bracket is never closed",
        ),
        Fault::AfterEnd => RowError::of_row(RowCode::Format, "something follows the end of the array; it was not read"),
    }
}

/// In words of our own where the library's would quote the value.
fn not_an_object(error: &serde_json::Error) -> RowError {
    if error.classify() == Category::Data {
        return RowError::of_row(RowCode::InvalidType, "the row is not a JSON object");
    }
    let text = error.to_string();
    let what = text.rsplit_once(" at line ").map_or(text.as_str(), |(what, _)| what);
    RowError::of_row(
        RowCode::Format,
        format!("the row is not JSON: {what}, {} bytes into its last line", error.column()),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::framing::Place;
    use super::*;

    fn parse_bytes(bytes: &[u8]) -> Result<JsonObject, RowError> {
        parse(&Record { place: Place { line: 1, index: None }, content: Ok(bytes.to_vec()) })
    }

    fn check(bytes: &[u8], code: RowCode, message: &str) {
        let refused = parse_bytes(bytes).unwrap_err();
        assert_eq!((refused.code, refused.message.as_str()), (code, message), "{}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn what_is_not_one_json_object_is_told() {
        check(b"{", RowCode::Format, "the row is not JSON: EOF while parsing an object, 1 bytes into its last line");
        check(b"{} {}", RowCode::Format, "the row is not JSON: trailing characters, 4 bytes into its last line");
        check(b"email,a@x.io", RowCode::Format, "the row is not JSON: expected value, 1 bytes into its last line");
        check(
            b"{\"a\":\"\xff\"}",
            RowCode::Format,
            "the row is not JSON: invalid unicode code point, 7 bytes into its last line",
        );
        check(b"\"secret\"", RowCode::InvalidType, "the row is not a JSON object");
        check(b"[]", RowCode::InvalidType, "the row is not a JSON object");
        check(b"{\"a\":1,\"\\u0061\":2}", RowCode::NotPassed, "the row holds this member twice");
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse_bytes(nested(126).as_bytes()).is_ok());
        assert_eq!(parse_bytes(nested(127).as_bytes()).unwrap_err().code, RowCode::Format);
        assert_eq!(parse_bytes(nested(100_000).as_bytes()).unwrap_err().code, RowCode::Format);
    }

    proptest! {
        #[test]
        fn nothing_panics(bytes in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse_bytes(&bytes);
        }
    }
}
