//! From a record to what it says, by the file's format.

use credentials::password::Limits;
use model::JsonObject;
use model::address::FoldedEmail;
use model::connection::{Connection, Source, SourceKind};
use serde_json::Value;

use super::auth0::{export, hashes, user_id, users_import};
use super::entry::{Entry, Person};
use super::fields::Fields;
use super::format::Format;
use super::refusal::RowError;

/// Why a row is passed over without being refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SkipReason {
    /// It is about somebody of another connection.
    OtherConnection,
    /// The person was deleted here.
    DeletedHere,
}

impl SkipReason {
    /// In words, after a number of rows.
    pub fn as_str(self) -> &'static str {
        match self {
            SkipReason::OtherConnection => "of other connections",
            SkipReason::DeletedHere => "of people who were deleted here",
        }
    }
}

/// What one row says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Said {
    Entry(Entry),
    Skipped(SkipReason),
    Refused(Vec<RowError>),
}

/// What tells a person from others within one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Keys {
    /// The id without its provider.
    pub(super) id: Option<String>,
    /// The folded address and user name, which share one space.
    pub(super) names: Vec<FoldedEmail>,
}

/// Reads rows of one format for one connection.
#[derive(Clone, Debug)]
pub(super) struct RowReader {
    format: Format,
    /// The names by which the file may call the connection.
    connections: Vec<String>,
    limits: Limits,
}

impl RowReader {
    /// `called` is the connection's name in the file. Without one, the file may call it what we, or its source, call it.
    pub(super) fn new(format: Format, connection: &Connection, called: Option<&str>, limits: Limits) -> Self {
        let connections = called.map_or_else(|| names_of(connection), |name| vec![name.to_owned()]);
        RowReader { format, connections, limits }
    }

    /// The row under the names that the other functions know.
    pub(super) fn renamed(&self, row: JsonObject) -> Result<JsonObject, RowError> {
        match self.format {
            Format::Auth0Export => export::renamed(&row),
            Format::Auth0Import | Format::Auth0Hashes => Ok(row),
        }
    }

    /// Whether a member of this name has a part in what [`Self::is_foreign`] and [`Self::keys`] say.
    pub(super) fn tells_apart(&self, name: &str) -> bool {
        match self.format {
            Format::Auth0Import => ["user_id", "email", "username"].contains(&name),
            Format::Auth0Export => export::tells_apart(name),
            Format::Auth0Hashes => hashes::tells_apart(name),
        }
    }

    /// Whether the row is about somebody of another connection.
    pub(super) fn is_foreign(&self, row: &JsonObject) -> bool {
        let connection = match self.format {
            Format::Auth0Import => None,
            Format::Auth0Export => export::connection(row),
            Format::Auth0Hashes => hashes::connection(row),
        };
        let has_other_provider = self.format == Format::Auth0Export
            && row.get("user_id").and_then(Value::as_str).is_some_and(user_id::is_of_another_provider);
        has_other_provider || connection.is_some_and(|name| !self.connections.iter().any(|own| own == name))
    }

    /// What tells the person from others, as far as it can be read.
    pub(super) fn keys(&self, row: &JsonObject) -> Keys {
        if self.format == Format::Auth0Hashes {
            return Keys { id: hashes::id(row).map(str::to_owned), names: Vec::new() };
        }
        let text = |name: &str| row.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let mut names: Vec<_> = ["email", "username"].into_iter().filter_map(text).map(FoldedEmail::of).collect();
        names.dedup();
        Keys { id: text("user_id").map(|id| user_id::without_prefix(id).to_owned()), names }
    }

    /// Reads a renamed row. Fields for which there is no place are added to `left_out`.
    pub(super) fn read(&self, row: &JsonObject, left_out: &mut Vec<String>) -> Said {
        if self.is_foreign(row) {
            return Said::Skipped(SkipReason::OtherConnection);
        }
        let mut fields = Fields::of(row);
        let entry = match self.format {
            Format::Auth0Import => Some(of_person(users_import::person(&mut fields, &self.limits))),
            Format::Auth0Export => Some(of_person(export::person(&mut fields, row, left_out))),
            Format::Auth0Hashes => hashes::read(&mut fields, row, &self.limits, left_out).map(Entry::Hash),
        };
        fields.finish(entry).map_or_else(Said::Refused, Said::Entry)
    }
}

fn of_person(person: Person) -> Entry {
    Entry::Person(Box::new(person))
}

fn names_of(connection: &Connection) -> Vec<String> {
    let realm = connection.source.as_ref().map(|Source { kind: SourceKind::Auth0 { realm, .. }, .. }| realm.clone());
    connection.realms.iter().cloned().chain([connection.name.clone()]).chain(realm).collect()
}
