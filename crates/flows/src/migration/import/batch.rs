//! The second pass: rows read and checked on a thread of their own, and handed on in batches.

use std::io;
use std::sync::Arc;

use model::JsonObject;
use tokio::sync::mpsc;

use super::collisions::Survey;
use super::entry::Entry;
use super::framing::{Place, Record};
use super::members;
use super::reader::{RowReader, Said};
use super::refusal::{RefusedRow, RowCode, RowError, masked};

/// Rows that are written together, unless they are large.
const ROWS: usize = 4_000;

/// Bytes of rows that are written together.
const BYTES: usize = 8 * 1024 * 1024;

/// Batches that are read while one is written.
pub(super) const AHEAD: usize = 1;

/// A row and what it says.
#[derive(Debug)]
pub(super) struct Reading {
    /// As it came, for the report.
    record: Record,
    reader: Arc<RowReader>,
    pub(super) said: Said,
    /// Its fields for which there is no place.
    pub(super) left_out: Vec<String>,
}

impl Reading {
    pub(super) fn entry(&self) -> Option<&Entry> {
        if let Said::Entry(entry) = &self.said { Some(entry) } else { None }
    }

    /// Where the row stands, and the row as it came; nothing where it cannot be read.
    pub(super) fn row(&self) -> (Place, &[u8]) {
        (self.record.place, self.record.content.as_deref().unwrap_or_default())
    }

    /// What a report says of the row. It is read once more for that, since few rows are refused.
    pub(super) fn refused(&self, errors: Vec<RowError>) -> RefusedRow {
        let row = members::parse(&self.record).and_then(|row| self.reader.renamed(row));
        RefusedRow { place: self.record.place, user: row.ok().as_ref().map(masked), errors }
    }
}

/// Reads every row and sends it on; stops when nobody receives any more, and at the first failure of the input.
pub(super) fn send_all(
    records: impl Iterator<Item = io::Result<Record>>,
    reader: &Arc<RowReader>,
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
        batch.push(read(record, reader, survey));
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

pub(super) fn read(record: Record, reader: &Arc<RowReader>, survey: &Survey) -> Reading {
    let mut left_out = Vec::new();
    let said = match members::parse(&record).and_then(|row| reader.renamed(row)) {
        Ok(row) => said(&row, reader, survey, &mut left_out),
        Err(error) => Said::Refused(vec![error]),
    };
    Reading { record, reader: Arc::clone(reader), said, left_out }
}

fn said(row: &JsonObject, reader: &RowReader, survey: &Survey, left_out: &mut Vec<String>) -> Said {
    match reader.read(row, left_out) {
        Said::Skipped(reason) => Said::Skipped(reason),
        Said::Entry(entry) => {
            duplicated(survey, reader, row).map_or(Said::Entry(entry), |one| Said::Refused(vec![one]))
        }
        Said::Refused(mut errors) => {
            errors.extend(duplicated(survey, reader, row));
            Said::Refused(errors)
        }
    }
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
