//! What a run has done.

use std::collections::BTreeMap;

use super::reader::SkipReason;
use super::refusal::RowError;
use super::writing::{CredentialKind, Outcome};

/// How many names of fields are counted apart. A file can make up as many as it likes.
const MOST_FIELDS: usize = 100;

/// Counts of rows. Every row is in exactly one of `inserted`, `updated`, `unchanged`, `skipped` and `refused`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// How many rows the input has, as the first pass counted them.
    pub total: u64,
    /// How many have been dealt with.
    pub read: u64,
    /// People who are new in the directory.
    pub inserted: u64,
    /// Of these, those who came with a password hash.
    pub inserted_with_hash: u64,
    /// Of these, those whose password the source holds.
    pub inserted_at_source: u64,
    /// Of these, those who have no password and can come in only by a reset.
    pub inserted_without_password: u64,
    /// People who were there and have changed.
    pub updated: u64,
    /// People who were there and stay as they are.
    pub unchanged: u64,
    /// Rows that were passed over, by reason.
    pub skipped: BTreeMap<SkipReason, u64>,
    /// Rows that were not taken; each is in the report.
    pub refused: u64,
    /// Fields for which there is no place, with the number of rows that have them.
    pub left_out: BTreeMap<String, u64>,
}

impl Summary {
    /// Counts what became of a row, and the fields it lost if it was taken. Answers why it was not.
    pub(super) fn count(&mut self, outcome: &Outcome, left_out: &[String]) -> Option<Vec<RowError>> {
        self.read += 1;
        match outcome {
            Outcome::Refused(errors) => {
                self.refused += 1;
                return Some(errors.clone());
            }
            Outcome::Skipped(reason) => *self.skipped.entry(*reason).or_default() += 1,
            Outcome::Unchanged => self.unchanged += 1,
            Outcome::Updated | Outcome::GivenHash(_) => {
                self.updated += 1;
                self.leave_out(left_out);
            }
            Outcome::Inserted(password) => {
                self.insert(*password);
                self.leave_out(left_out);
            }
        }
        None
    }

    fn insert(&mut self, password: Option<CredentialKind>) {
        self.inserted += 1;
        match password {
            None => self.inserted_without_password += 1,
            Some(CredentialKind::Source) => self.inserted_at_source += 1,
            Some(CredentialKind::Hash) => self.inserted_with_hash += 1,
        }
    }

    fn leave_out(&mut self, fields: &[String]) {
        for field in fields {
            let is_counted = self.left_out.len() < MOST_FIELDS || self.left_out.contains_key(field);
            let field = if is_counted { field } else { "…" };
            *self.left_out.entry(field.to_owned()).or_default() += 1;
        }
    }
}
