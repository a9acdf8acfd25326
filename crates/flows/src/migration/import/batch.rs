//! The second pass: rows read and checked, in batches.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use model::JsonObject;

use super::collisions::Survey;
use super::entry::Entry;
use super::framing::Record;
use super::members;
use super::reader::{RowReader, Said};
use super::refusal::{RefusedRow, RowCode, RowError, masked};

/// Bytes of rows that are written together.
const BYTES: usize = 8 * 1024 * 1024;

/// How many rows are written together, unless they are large. The more they are, the fewer pages are written for each,
/// and the longer waits whoever else writes.
pub(super) struct Pace(AtomicUsize);

impl Pace {
    /// New people are written within a quarter of a second, by the slowest machine we know.
    const IN_COMPANY: usize = 4_000;

    /// Within two thirds of a second.
    const ALONE: usize = 12_000;

    fn rows(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Takes up whether somebody else wrote since the last batch.
    pub(super) fn keep_to(&self, in_company: bool) {
        let next = if in_company { Pace::IN_COMPANY } else { (2 * self.rows()).min(Pace::ALONE) };
        self.0.store(next, Ordering::Relaxed);
    }
}

impl Default for Pace {
    fn default() -> Self {
        Pace(AtomicUsize::new(Pace::IN_COMPANY))
    }
}

/// A row and what it says.
#[derive(Debug)]
pub(super) struct Reading {
    /// As it came.
    pub(super) record: Record,
    pub(super) said: Said,
    /// Its fields for which there is no place.
    pub(super) left_out: Vec<String>,
}

impl Reading {
    pub(super) fn entry(&self) -> Option<&Entry> {
        if let Said::Entry(entry) = &self.said { Some(entry) } else { None }
    }
}

/// Reads the rows of an input that was gone through before.
pub(super) struct SurveyedReader {
    pub(super) reader: RowReader,
    pub(super) survey: Survey,
}

impl SurveyedReader {
    pub(super) fn read(&self, record: Record) -> Reading {
        let mut left_out = Vec::new();
        let said = match members::parse(&record).and_then(|row| self.reader.renamed(row)) {
            Ok(row) => self.said(&row, &mut left_out),
            Err(error) => Said::Refused(vec![error]),
        };
        Reading { record, said, left_out }
    }

    fn said(&self, row: &JsonObject, left_out: &mut Vec<String>) -> Said {
        match self.reader.read(row, left_out) {
            Said::Skipped(reason) => Said::Skipped(reason),
            Said::Entry(entry) => self.duplicated(row).map_or(Said::Entry(entry), |one| Said::Refused(vec![one])),
            Said::Refused(mut errors) => {
                errors.extend(self.duplicated(row));
                Said::Refused(errors)
            }
        }
    }

    fn duplicated(&self, row: &JsonObject) -> Option<RowError> {
        if self.survey.is_of_singles() {
            return None;
        }
        let doubles = self.survey.finds(&self.reader.keys(row));
        let message = match (doubles.id, doubles.name) {
            (true, _) => "the file holds this id more than once; none of these rows was taken",
            (false, true) => {
                "the file holds this address or user name more than once, perhaps in another spelling; none of these rows was taken"
            }
            (false, false) => return None,
        };
        Some(RowError::of_row(RowCode::DuplicatedUser, message))
    }

    /// What a report says of a row. It is read once more for that, since few rows are refused.
    pub(super) fn refused(&self, record: &Record, errors: Vec<RowError>) -> RefusedRow {
        let row = members::parse(record).and_then(|row| self.reader.renamed(row));
        RefusedRow { place: record.place, user: row.ok().as_ref().map(masked), errors }
    }
}

/// Rows that are decided about and written together.
pub(super) struct Batch {
    pub(super) reader: Arc<SurveyedReader>,
    pub(super) records: Vec<Record>,
}

impl Batch {
    /// Each of the rows by itself.
    pub(super) fn into_singles(self) -> impl Iterator<Item = Batch> {
        let Batch { reader, records } = self;
        records.into_iter().map(move |record| Batch { reader: Arc::clone(&reader), records: vec![record] })
    }
}

/// The rows of an input in batches, none of them empty. Ends with the rows, and after the first failure of the input.
pub(super) struct Batches<R> {
    /// `None` once they have failed.
    records: Option<R>,
    reader: Arc<SurveyedReader>,
    pace: Arc<Pace>,
    /// What was read before it is good, and comes first.
    failure: Option<io::Error>,
}

impl<R> Batches<R> {
    pub(super) fn of(records: R, reader: SurveyedReader, pace: Arc<Pace>) -> Self {
        Batches { records: Some(records), reader: Arc::new(reader), pace, failure: None }
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
    type Item = io::Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let most = self.pace.rows();
        let mut records = Vec::with_capacity(most);
        let mut bytes = 0;
        while records.len() < most
            && bytes < BYTES
            && let Some(record) = self.next_record()
        {
            bytes += record.content.as_ref().map_or(0, Vec::len);
            records.push(record);
        }
        if records.is_empty() {
            return self.failure.take().map(Err);
        }
        Some(Ok(Batch { reader: Arc::clone(&self.reader), records }))
    }
}
