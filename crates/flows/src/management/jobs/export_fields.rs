//! What an export shows of a person.

use serde_json::{Value, json};

use super::super::body::Fields;
use super::BodyInvalid;

/// How many fields may be asked for. Auth0 sets this bound for CSV alone.
const MOST_FIELDS: usize = 30;

/// How long a path, or a heading, may be.
const LONGEST_NAME: usize = 255;

/// What is shown where nothing is asked for.
const DEFAULT: [&str; 13] = [
    "user_id",
    "email",
    "email_verified",
    "username",
    "phone_number",
    "phone_verified",
    "name",
    "nickname",
    "given_name",
    "family_name",
    "picture",
    "created_at",
    "updated_at",
];

/// A field of the user object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportField {
    /// Where it stands, such as `user_metadata.plan` or `identities[0].connection`.
    pub path: String,
    /// What it is called in the export.
    pub heading: String,
}

impl ExportField {
    fn named(path: &str) -> Self {
        ExportField { path: path.to_owned(), heading: path.to_owned() }
    }

    /// Takes the fields that a request names.
    pub(super) fn take_all(body: &mut Fields) -> Result<Vec<Self>, BodyInvalid> {
        let asked = body.nested_list("fields")?.unwrap_or_default();
        if asked.len() > MOST_FIELDS {
            return Err(body.wrong("fields", "must be at most 30"));
        }
        asked.into_iter().map(Self::take).collect()
    }

    fn take(mut asked: Fields) -> Result<Self, BodyInvalid> {
        let path: String = asked.require("name")?;
        let heading: Option<String> = asked.take("export_as")?;
        let heading = heading.unwrap_or_else(|| path.clone());
        if path.len().max(heading.len()) > LONGEST_NAME {
            return Err(asked.wrong("name", "must have at most 255 bytes"));
        }
        asked.finish()?;
        Ok(ExportField { path, heading })
    }

    /// Those that a job tells of, or those that are shown where nothing is asked for.
    pub(super) fn told(fields: Option<&Value>) -> Vec<Self> {
        let told = |field: &Value| {
            let text = |name: &str| Some(field.get(name)?.as_str()?.to_owned());
            Some(ExportField { path: text("name")?, heading: text("export_as")? })
        };
        let asked: Vec<Self> = fields.and_then(Value::as_array).into_iter().flatten().filter_map(told).collect();
        if asked.is_empty() { DEFAULT.map(Self::named).to_vec() } else { asked }
    }

    pub(super) fn tell(&self) -> Value {
        json!({"name": self.path, "export_as": self.heading})
    }
}

/// How people are written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportFormat {
    /// An object on each line.
    Json,
    /// RFC 4180, with a line of headings.
    Csv,
}

impl ExportFormat {
    /// Reads its name.
    pub(super) fn named(name: &str) -> Option<Self> {
        [ExportFormat::Json, ExportFormat::Csv].into_iter().find(|format| format.as_str() == name)
    }

    /// Its name, and the ending of such a file.
    pub fn as_str(self) -> &'static str {
        match self {
            ExportFormat::Json => "json",
            ExportFormat::Csv => "csv",
        }
    }
}
