//! What an export gives, at a link that says who may have it and needs no token beside.

use std::io::Write;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use flows::management::jobs::users_exports::{self, Download, ExportField, ExportFormat};
use flows::{InternalError, Services};
use futures_util::Stream;
use futures_util::stream::try_unfold;
use http::{HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use super::users::UserBody;
use crate::errors::{internal_status, log_internal};
use crate::extract::Cx;
use crate::state::AppState;

const IN_MEMORY: &str = "memory takes whatever is written";

/// `GET /downloads/{token}`
pub(crate) async fn get(State(state): State<AppState>, Cx(cx): Cx, Path(token): Path<String>) -> Response {
    match users_exports::open(&state.services, &cx, &token).await {
        Ok(Some(download)) => file(Arc::clone(&state.services), download),
        Ok(None) => (StatusCode::NOT_FOUND, "This link is unknown, was used before, or has expired.\n").into_response(),
        Err(error) => {
            log_internal(&error);
            internal_status(&error).into_response()
        }
    }
}

fn file(services: Arc<Services>, download: Download) -> Response {
    let name = format!("attachment; filename=\"users.{}.gz\"", download.format.as_str());
    let disposition = HeaderValue::from_str(&name).expect("the name is one of two");
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("application/gzip")),
        (header::CONTENT_DISPOSITION, disposition),
    ];
    (headers, Body::from_stream(compressed(services, download))).into_response()
}

/// The file, as it is read from the directory, some hundred people at a time. A failure breaks the connection, so that
/// nobody takes half a file for a whole one.
fn compressed(services: Arc<Services>, download: Download) -> impl Stream<Item = Result<Bytes, InternalError>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    write(&mut encoder, &head(download.format, &download.fields));
    try_unfold(Some((services, download, encoder)), async |state| {
        let Some((services, mut download, mut encoder)) = state else { return Ok(None) };
        let people = download.next(&services).await.inspect_err(log_internal)?;
        if people.is_empty() {
            let rest = encoder.finish().expect(IN_MEMORY);
            return Ok(Some((rest.into(), None)));
        }
        for user in &people {
            let user =
                serde_json::to_value(UserBody::from(user)).expect("users hold only string keys and finite numbers");
            write(&mut encoder, &line(download.format, &download.fields, &user));
        }
        let ready = std::mem::take(encoder.get_mut());
        Ok(Some((ready.into(), Some((services, download, encoder)))))
    })
}

fn write(encoder: &mut GzEncoder<Vec<u8>>, text: &str) {
    encoder.write_all(text.as_bytes()).expect(IN_MEMORY);
}

fn head(format: ExportFormat, fields: &[ExportField]) -> String {
    match format {
        ExportFormat::Json => String::new(),
        ExportFormat::Csv => csv_line(fields.iter().map(|field| text_cell(&field.heading))),
    }
}

fn line(format: ExportFormat, fields: &[ExportField], user: &Value) -> String {
    match format {
        ExportFormat::Json => {
            let found =
                fields.iter().filter_map(|field| Some((field.heading.clone(), value_at(&field.path, user)?.clone())));
            format!("{}\n", Value::Object(found.collect::<Map<_, _>>()))
        }
        ExportFormat::Csv => csv_line(fields.iter().map(|field| cell(value_at(&field.path, user)))),
    }
}

/// What stands at a path such as `identities[0].connection`.
fn value_at<'a>(path: &str, user: &'a Value) -> Option<&'a Value> {
    let mut steps = path.split(['.', '[', ']']).filter(|step| !step.is_empty());
    steps.try_fold(user, |value, step| match value {
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        value => value.get(step),
    })
}

fn csv_line(cells: impl Iterator<Item = String>) -> String {
    cells.collect::<Vec<_>>().join(",") + "\r\n"
}

fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::Bool(flag)) => flag.to_string(),
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text_cell(text),
        Some(value @ (Value::Array(_) | Value::Object(_))) => text_cell(&value.to_string()),
    }
}

/// As Auth0 writes it: the apostrophe keeps a spreadsheet from taking a text for a formula.
fn text_cell(text: &str) -> String {
    format!("\"'{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(fields: &[(&str, &str)], expected_json: &Value, expected_csv: &str) {
        let user = json!({"user_id": "auth0|ada", "name": "=2+3\"x\"", "n": 7, "list": [1, {"a": true}]});
        let named =
            |(path, heading): &(&str, &str)| ExportField { path: (*path).to_owned(), heading: (*heading).to_owned() };
        let fields: Vec<_> = fields.iter().map(named).collect();
        let json = line(ExportFormat::Json, &fields, &user);
        assert_eq!(json.matches('\n').count(), 1, "{json}");
        assert!(json.ends_with('\n'), "{json}");
        assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON"), *expected_json);
        assert_eq!(head(ExportFormat::Csv, &fields) + &line(ExportFormat::Csv, &fields, &user), expected_csv);
    }

    #[test]
    fn fields_are_found_by_their_paths() {
        check(
            &[("user_id", "id"), ("list[1].a", "a"), ("no.such[9]", "none"), ("n", "n")],
            &json!({"a": true, "id": "auth0|ada", "n": 7}),
            "\"'id\",\"'a\",\"'none\",\"'n\"\r\n\"'auth0|ada\",true,,7\r\n",
        );
    }

    #[test]
    fn no_spreadsheet_takes_a_text_for_a_formula() {
        check(
            &[("name", "=a\"b"), ("list", "list")],
            &json!({"=a\"b": "=2+3\"x\"", "list": [1, {"a": true}]}),
            "\"'=a\"\"b\",\"'list\"\r\n\"'=2+3\"\"x\"\"\",\"'[1,{\"\"a\"\":true}]\"\r\n",
        );
    }
}
