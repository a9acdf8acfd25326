//! The second pass: rows read and checked, in batches.

use std::io;
use std::sync::Arc;

use model::JsonObject;

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

/// The rows of an input in batches, none of them empty. Ends with the rows, and after the first failure of the input.
pub(super) struct Batches<R> {
    /// `None` once they have failed.
    records: Option<R>,
    reader: Arc<RowReader>,
    survey: Survey,
    /// What was read before it is good, and comes first.
    failure: Option<io::Error>,
}

impl<R> Batches<R> {
    pub(super) fn of(records: R, reader: Arc<RowReader>, survey: Survey) -> Self {
        Batches { records: Some(records), reader, survey, failure: None }
    }
}

impl<R: Iterator<Item = io::Result<Record>>> Batches<R> {
    fn next_record(&mut self) -> Option<Record> {
        match self.records.as_mut()?.next()? {
            Ok(record) => Some(record),
            Err(error) => {
                self.records = None;
                self.failure = Some(error);
                None
            }
        }
    }
}

impl<R: Iterator<Item = io::Result<Record>>> Iterator for Batches<R> {
    type Item = io::Result<Vec<Reading>>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut batch = Vec::with_capacity(ROWS);
        let mut bytes = 0;
        while batch.len() < ROWS
            && bytes < BYTES
            && let Some(record) = self.next_record()
        {
            bytes += record.content.as_ref().map_or(0, Vec::len);
            batch.push(read(record, &self.reader, &self.survey));
        }
        if batch.is_empty() { self.failure.take().map(Err) } else { Some(Ok(batch)) }
    }
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
