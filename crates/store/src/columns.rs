//! Reading columns into the types of `model`, and saying exactly what is wrong with a row that cannot be read.

use model::{JsonObject, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::{Read, StoreError};

/// Reads a JSON column.
pub(crate) fn from_json<T: DeserializeOwned>(table: &'static str, row: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|error| StoreError::corrupt(table, row, error.to_string()))
}

/// Reads the document of a row that is fetched again and again.
pub(crate) fn from_document<T>(db: &impl Read, table: &'static str, row: &str, text: &str) -> Result<T, StoreError>
where
    T: DeserializeOwned + Clone + Send + Sync + 'static,
{
    match db.documents() {
        Some(documents) => documents.read(table, row, text),
        None => from_json(table, row, text),
    }
}

/// Writes a JSON column.
pub(crate) fn to_json<T: Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("records hold only string keys and finite numbers")
}

/// Writes an optional JSON object.
pub(crate) fn to_json_opt(value: Option<&JsonObject>) -> Option<String> {
    value.map(to_json)
}

/// Reads an optional instant.
pub(crate) fn moment(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

/// Space-separated words, as in `amr`.
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
