//! The second pass: rows read and checked on a thread of their own, and handed on in batches.

use std::io;

use model::JsonObject;
use tokio::sync::mpsc;

use super::collisions::Survey;
use super::entry::Entry;
use super::framing::{Place, Record};
use super::members;
use super::reader::{RowReader, Said};
use super::refusal::{RowCode, RowError};

/// Rows that are written together, unless they are large.
const ROWS: usize = 2_000;

/// Bytes of rows that are written together.
const BYTES: usize = 4 * 1024 * 1024;

/// Batches that are read while one is written.
pub(super) const AHEAD: usize = 2;

/// A row and what it says.
#[derive(Debug)]
pub(super) struct Reading {
    pub(super) place: Place,
    /// As it came, for the report. None where it could not be read.
    pub(super) row: Option<JsonObject>,
    pub(super) said: Said,
    /// Its fields for which there is no place.
    pub(super) left_out: Vec<String>,
}

impl Reading {
    pub(super) fn entry(&self) -> Option<&Entry> {
        if let Said::Entry(entry) = &self.said { Some(entry) } else { None }
    }
}

/// Reads every row and sends it on; stops when nobody receives any more, and at the first failure of the input.
pub(super) fn send_all(
    records: impl Iterator<Item = io::Result<Record>>,
    reader: &RowReader,
    survey: &Survey,
    sender: &mpsc::Sender<io::Result<Vec<Reading>>>,
) {
    let mut batch = Vec::with_capacity(ROWS);
    let mut bytes = 0;
    for record in records {
        let record = match record {
            Ok(record) => record,
            Err(error) => {
                // What was read before is good, and is written before the failure is told.
                let _ = sender.blocking_send(Ok(batch)).and_then(|()| sender.blocking_send(Err(error)));
                return;
            }
        };
        bytes += record.content.as_ref().map_or(0, Vec::len);
        batch.push(read(&record, reader, survey));
        if batch.len() == ROWS || bytes >= BYTES {
            bytes = 0;
            let full = std::mem::replace(&mut batch, Vec::with_capacity(ROWS));
            if sender.blocking_send(Ok(full)).is_err() {
                return;
            }
        }
    }
    // An error says that nobody waits for the rest.
    let _ = sender.blocking_send(Ok(batch));
}

fn read(record: &Record, reader: &RowReader, survey: &Survey) -> Reading {
    let place = record.place;
    let mut left_out = Vec::new();
    let row = match members::parse(record).and_then(|row| reader.renamed(row)) {
        Ok(row) => row,
        Err(error) => return Reading { place, row: None, said: Said::Refused(vec![error]), left_out },
    };
    let said = match reader.read(&row, &mut left_out) {
        Said::Skipped(reason) => Said::Skipped(reason),
        Said::Entry(entry) => {
            duplicated(survey, reader, &row).map_or(Said::Entry(entry), |one| Said::Refused(vec![one]))
        }
        Said::Refused(mut errors) => {
            errors.extend(duplicated(survey, reader, &row));
            Said::Refused(errors)
        }
    };
    Reading { place, row: Some(row), said, left_out }
}

fn duplicated(survey: &Survey, reader: &RowReader, row: &JsonObject) -> Option<RowError> {
    let doubles = survey.finds(&reader.keys(row));
    let message = match (doubles.id, doubles.name) {
        (true, _) => "the file holds this id more than once; none of these rows was taken",
        (false, true) => {
            "the file holds this address or user name more than once, perhaps in another spelling; none of these rows was taken"
        }
        (false, false) => return None,
    };
    Some(RowError::of_row(RowCode::DuplicatedUser, message))
}
