use std::collections::BTreeMap;
use std::io::Read;

use axum::body::Body;
use axum::response::Response;
use flate2::read::GzDecoder;
use http::{HeaderMap, StatusCode, header};
use http_body_util::BodyExt;
use protocol::authorization::ResponseMode;
use serde_json::Value;
use url::form_urlencoded;

/// An answer that was read to its end.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, which is text here, compressed in files.
    pub body: String,
}

fn decompressed(file: &[u8]) -> Vec<u8> {
    let mut content = Vec::new();
    GzDecoder::new(file).read_to_end(&mut content).expect("the file is whole");
    content
}

impl Answer {
    pub(crate) async fn read(response: Response<Body>) -> Self {
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body in memory can be read").to_bytes();
        let is_file = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/gzip");
        let bytes = if is_file { decompressed(&bytes) } else { bytes.into() };
        let body = String::from_utf8(bytes).expect("answers are text");
        Answer { status: parts.status, headers: parts.headers, body }
    }

    /// The one value of a header; none where it is absent. Panics where it was sent twice.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let first = values.next()?;
        assert!(values.next().is_none(), "{name} was sent more than once");
        Some(first.to_str().expect("headers are text"))
    }

    /// The body as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|_| panic!("{} is not JSON: {}", self.status, self.body))
    }

    /// A text member of the JSON body.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        let json = self.json();
        let text = json[name].as_str();
        text.unwrap_or_else(|| panic!("{} has no text {name:?}: {}", self.status, self.body)).to_owned()
    }

    /// The status and the `error` of a refusal (RFC 6749 5.2).
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        (self.status.as_u16(), self.text("error"))
    }
}

/// What reached a relying party: the answer to an authorization request, or a browser that came back from logout.
#[derive(Clone, Debug)]
pub struct ClientAnswer {
    /// The status that sent the browser there; 200 for a form that posts itself.
    pub status: StatusCode,
    /// Where it was sent, without the fields.
    pub uri: String,
    /// How the fields travelled.
    pub mode: ResponseMode,
    /// What they say. A field that comes twice makes no answer.
    pub fields: BTreeMap<String, String>,
}

impl ClientAnswer {
    pub(crate) fn of_location(status: StatusCode, location: &str) -> Self {
        let (mode, uri, encoded) = match (location.split_once('#'), location.split_once('?')) {
            (Some((uri, fragment)), _) => (ResponseMode::Fragment, uri, fragment),
            (None, Some((uri, query))) => (ResponseMode::Query, uri, query),
            (None, None) => (ResponseMode::Query, location, ""),
        };
        let fields = form_urlencoded::parse(encoded.as_bytes()).into_owned();
        ClientAnswer { status, uri: uri.to_owned(), mode, fields: unique(fields) }
    }

    pub(crate) fn of_form(status: StatusCode, action: &str, fields: &[(String, String)]) -> Self {
        let fields = unique(fields.iter().cloned());
        ClientAnswer { status, uri: action.to_owned(), mode: ResponseMode::FormPost, fields }
    }

    /// A field that must be there.
    #[track_caller]
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).unwrap_or_else(|| panic!("no {name:?} in {:?}", self.fields))
    }

    /// The authorization code.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.field("code")
    }

    /// The error's code.
    #[track_caller]
    pub fn error(&self) -> &str {
        self.field("error")
    }
}

fn unique(fields: impl Iterator<Item = (String, String)>) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for (name, value) in fields {
        assert!(found.insert(name.clone(), value).is_none(), "{name} came twice");
    }
    found
}
