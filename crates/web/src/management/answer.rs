//! How records leave: one, or a page of them, with the properties that the caller wants to see.

use axum::Json;
use axum::response::{IntoResponse, Response};
use flows::management::{Listing, Query, QueryInvalid, Refused, Shape};
use http::StatusCode;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::errors::management::Failure;

/// What a handler gives back.
pub(super) type Answer = Result<Response, Failure>;

/// One record.
pub(super) fn one(record: &impl Serialize, query: &Query) -> Answer {
    Ok(Json(Projection::read(query)?.apply(record)).into_response())
}

/// A record that did not exist before, whole.
pub(super) fn created(record: &impl Serialize) -> Response {
    (StatusCode::CREATED, Json(record)).into_response()
}

/// Some records, in an array of their own, each as `see` shows it.
pub(super) fn all<'a, T, B: Serialize>(records: &'a [T], see: impl Fn(&'a T) -> B, query: &Query) -> Answer {
    let projection = Projection::read(query)?;
    let records: Vec<_> = records.iter().map(|record| projection.apply(&see(record))).collect();
    Ok(Json(records).into_response())
}

/// A page of records, each as `see` shows it. `name` is that of the one array which the object has.
pub(super) fn page<'a, T, B: Serialize>(
    name: &str,
    listing: &'a Listing<T>,
    see: impl Fn(&'a T) -> B,
    query: &Query,
    length: Length,
) -> Answer {
    let projection = Projection::read(query)?;
    let records: Vec<_> = listing.items.iter().map(|record| projection.apply(&see(record))).collect();
    let count = records.len();
    let mut object = match &listing.shape {
        Shape::Plain => return Ok(Json(records).into_response()),
        Shape::Totals { start, limit, total } => json!({ "start": start, "limit": limit, "total": total }),
        Shape::Checkpoint { next: Some(next) } => json!({ "next": next }),
        Shape::Checkpoint { next: None } => json!({}),
    };
    if length == Length::Shown && matches!(listing.shape, Shape::Totals { .. }) {
        object["length"] = count.into();
    }
    object[name] = records.into();
    Ok(Json(object).into_response())
}

/// Whether a page says how many records it has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Length {
    /// As lists of users and logs do.
    Shown,
    /// As all others.
    Hidden,
}

/// `fields` and `include_fields`: which properties of a record are shown.
struct Projection {
    fields: Vec<String>,
    include: bool,
}

impl Projection {
    fn read(query: &Query) -> Result<Self, Refused> {
        let read = || -> Result<_, QueryInvalid> {
            Ok(Projection { fields: query.words("fields")?, include: query.flag("include_fields")?.unwrap_or(true) })
        };
        Ok(read()?)
    }

    fn apply(&self, record: &impl Serialize) -> Value {
        let value = serde_json::to_value(record).expect("records hold only string keys and finite numbers");
        match value {
            Value::Object(object) if !self.fields.is_empty() => self.narrow(object).into(),
            value => value,
        }
    }

    fn narrow(&self, object: Map<String, Value>) -> Map<String, Value> {
        object.into_iter().filter(|(name, _)| self.fields.contains(name) == self.include).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(query: &str, expected: &Value) {
        let projection = Projection::read(&Query::parse(query)).expect(query);
        assert_eq!(projection.apply(&json!({"a": 1, "b": {"c": 2}})), *expected, "{query}");
    }

    #[test]
    fn properties_are_chosen_or_left_out() {
        check("", &json!({"a": 1, "b": {"c": 2}}));
        check("fields=a", &json!({"a": 1}));
        check("fields=a,b&include_fields=true", &json!({"a": 1, "b": {"c": 2}}));
        check("fields=a&include_fields=false", &json!({"b": {"c": 2}}));
        check("fields=c,__proto__", &json!({}));
        check("include_fields=false", &json!({"a": 1, "b": {"c": 2}}));
        assert!(Projection::read(&Query::parse("include_fields=maybe")).is_err());
    }
}
