//! What kind of rows a file holds.

use std::io::{self, Read};

use model::JsonObject;

use super::auth0::hashes;
use super::framing::Records;
use super::members;

/// A file format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The JSON array that Auth0's users-imports takes.
    Auth0Import,
    /// The NDJSON that Auth0's users-exports gives.
    Auth0Export,
    /// The NDJSON of password hashes that Auth0's support gives.
    Auth0Hashes,
}

/// How many rows are looked at before we give up telling the format.
const ROWS_TO_TELL_BY: usize = 100;

/// Fields that only rows to be imported have.
const IMPORT_ONLY: [&str; 3] = ["custom_password_hash", "mfa_factors", "password_hash"];

impl Format {
    /// Every format.
    pub const ALL: [Format; 3] = [Format::Auth0Import, Format::Auth0Export, Format::Auth0Hashes];

    /// Its name on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Auth0Import => "auth0-import",
            Format::Auth0Export => "auth0-export",
            Format::Auth0Hashes => "auth0-hashes",
        }
    }

    /// The format of these rows, by their framing and the first of them that can be read.
    pub(super) fn tell<R: Read>(records: Records<R>) -> io::Result<Option<Self>> {
        let are_array = records.are_array();
        for record in records.take(ROWS_TO_TELL_BY) {
            if let Ok(row) = members::parse(&record?) {
                return Ok(Some(Format::of_row(&row, are_array)));
            }
        }
        Ok(are_array.then_some(Format::Auth0Import))
    }

    fn of_row(row: &JsonObject, is_element: bool) -> Self {
        if hashes::is_one(row) {
            Format::Auth0Hashes
        } else if is_element || IMPORT_ONLY.iter().any(|field| row.contains_key(*field)) {
            Format::Auth0Import
        } else {
            Format::Auth0Export
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(input: &str, expected: Option<Format>) {
        let records = Records::open(input.as_bytes()).unwrap().unwrap();
        assert_eq!(Format::tell(records).unwrap(), expected, "{input:?}");
    }

    #[test]
    fn a_format_is_told_by_the_framing_and_the_first_row() {
        check("[]", Some(Format::Auth0Import));
        check(r#"[{"email":"a@x.io"}]"#, Some(Format::Auth0Import));
        check(r#"{"user_id":"auth0|1","email":"a@x.io"}"#, Some(Format::Auth0Export));
        check("{broken\n{\"user_id\":\"auth0|1\"}", Some(Format::Auth0Export));
        check(r#"{"email":"a@x.io","password_hash":"x"}"#, Some(Format::Auth0Import));
        check(r#"{"_id":{"$oid":"1"},"email":"a@x.io","passwordHash":"x"}"#, Some(Format::Auth0Hashes));
        check(r#"{"_ID":"1","passwordHash":"x"}"#, Some(Format::Auth0Hashes));
        check(r#"[{"_ID":"1","passwordHash":"x"}]"#, Some(Format::Auth0Hashes));
        check("email,name\na@x.io,Ada", None);
        check(&"{\n".repeat(200), None);
    }
}
