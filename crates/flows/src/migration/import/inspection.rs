//! What a file says, without a directory to hold it against. For the fuzz targets, which see public items alone.

use std::io;

use credentials::password::Limits;
use model::connection::Connection;
use model::user::PasswordCredential;
use model::{ConnectionId, Timestamp};

use super::batch::{Reading, SurveyedReader};
use super::collisions::Survey;
use super::entry::{Entry, HashOf};
use super::framing::Records;
use super::reader::{RowReader, Said};
use super::{Format, Place, RefusedRow};

/// A row and what would become of it if nobody were there yet.
#[derive(Debug, PartialEq)]
pub struct InspectedRow {
    /// Where it begins.
    pub place: Place,
    /// As it came; empty where it cannot be read.
    pub bytes: Vec<u8>,
    /// The ids and names of the person, each with its kind in front; none where the row is not taken.
    pub taken_as: Vec<String>,
    /// The format and the text of the hash that is taken.
    pub hash: Option<(String, String)>,
    /// What the report says, where the row is refused.
    pub refused: Option<RefusedRow>,
}

/// Reads a file in this format, for a connection of no account.
pub fn inspect(format: Format, input: &[u8]) -> io::Result<Vec<InspectedRow>> {
    let connection = Connection::new(ConnectionId::new("con_inspected"), "users", Timestamp::from_millis(0));
    let reader = RowReader::new(format, &connection, None, Limits::default());
    let (Some(first), Some(second)) = (Records::open(input)?, Records::open(input)?) else { return Ok(Vec::new()) };
    let survey = Survey::of(first, &reader, [0; 16])?;
    let reader = SurveyedReader { reader, survey };
    second.map(|record| Ok(inspected(&reader, &reader.read(record?)))).collect()
}

fn inspected(reader: &SurveyedReader, Reading { record, said, .. }: &Reading) -> InspectedRow {
    let bytes = record.content.as_deref().unwrap_or_default().to_vec();
    let row = InspectedRow { place: record.place, bytes, taken_as: Vec::new(), hash: None, refused: None };
    match said {
        Said::Skipped(_) => row,
        Said::Refused(errors) => InspectedRow { refused: Some(reader.refused(record, errors.clone())), ..row },
        Said::Entry(Entry::Hash(HashOf { external_id, credential })) => {
            InspectedRow { taken_as: vec![format!("id {external_id}")], hash: imported(credential), ..row }
        }
        Said::Entry(Entry::Person(person)) => {
            let id = person.external_id.as_ref().map(|id| format!("id {id}"));
            // An address that is also the same person's user name is told once.
            let mut names: Vec<_> = [person.email(), person.username()].into_iter().flatten().collect();
            names.dedup();
            let names = names.iter().map(|name| format!("name {}", name.as_str()));
            InspectedRow { taken_as: names.chain(id).collect(), hash: person.hash.as_ref().and_then(imported), ..row }
        }
    }
}

fn imported(credential: &PasswordCredential) -> Option<(String, String)> {
    match credential {
        PasswordCredential::Imported { format, hash } => Some((format.clone(), hash.clone())),
        PasswordCredential::Native { .. } | PasswordCredential::Source { .. } => None,
    }
}
