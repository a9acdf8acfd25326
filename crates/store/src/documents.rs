//! Documents that were read lately, with what they say.
//!
//! The document of a client takes longer to be read than to be fetched, and hardly ever changes. What is kept here is
//! held against the text that has just been fetched, so it is never behind it.

use std::any::Any;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde::de::DeserializeOwned;

use crate::StoreError;
use crate::columns::from_json;

/// How many are kept of a table. Beyond it all of them are forgotten.
const MOST: usize = 500;

/// The longest that is kept, in bytes.
const LONGEST: usize = 16 * 1024;

/// By their tables and rows.
#[derive(Default)]
pub struct Documents(Mutex<HashMap<&'static str, HashMap<String, Known>>>);

struct Known {
    text: String,
    says: Arc<dyn Any + Send + Sync>,
}

impl Documents {
    /// Reads a JSON column. All documents of a table are read as one type.
    pub(crate) fn read<T>(&self, table: &'static str, row: &str, text: &str) -> Result<T, StoreError>
    where
        T: DeserializeOwned + Clone + Send + Sync + 'static,
    {
        if let Some(known) = self.known::<T>(table, row, text) {
            return Ok(T::clone(&known));
        }
        let says: T = from_json(table, row, text)?;
        if text.len() <= LONGEST {
            self.keep(table, row, Known { text: text.to_owned(), says: Arc::new(says.clone()) });
        }
        Ok(says)
    }

    fn known<T: Send + Sync + 'static>(&self, table: &'static str, row: &str, text: &str) -> Option<Arc<T>> {
        let tables = self.tables();
        let known = tables.get(table)?.get(row).filter(|known| known.text == text)?;
        Arc::clone(&known.says).downcast().ok()
    }

    fn keep(&self, table: &'static str, row: &str, known: Known) {
        let mut tables = self.tables();
        let rows = tables.entry(table).or_default();
        if rows.len() >= MOST {
            rows.clear();
        }
        rows.insert(row.to_owned(), known);
    }

    fn tables(&self) -> MutexGuard<'_, HashMap<&'static str, HashMap<String, Known>>> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(documents: &Documents) -> usize {
        documents.tables().values().map(HashMap::len).sum()
    }

    #[test]
    fn what_a_document_says_changes_with_its_text() {
        let documents = Documents::default();
        for (text, says) in [("[1]", vec![1]), ("[1]", vec![1]), ("[2, 3]", vec![2, 3]), ("[1]", vec![1])] {
            assert_eq!(documents.read::<Vec<u8>>("clients", "one", text).unwrap(), says);
        }
        assert_eq!(kept(&documents), 1);
    }

    #[test]
    fn rows_and_tables_are_told_apart() {
        let documents = Documents::default();
        assert_eq!(documents.read::<u8>("clients", "one", "1").unwrap(), 1);
        assert_eq!(documents.read::<u8>("clients", "other", "2").unwrap(), 2);
        assert_eq!(documents.read::<String>("settings", "one", "\"1\"").unwrap(), "1");
        assert_eq!(kept(&documents), 3);
    }

    #[test]
    fn what_cannot_be_read_names_its_row_each_time() {
        let documents = Documents::default();
        for _ in 0..2 {
            let refused = documents.read::<u8>("clients", "one", "{").unwrap_err();
            assert!(matches!(refused, StoreError::Corrupt { table: "clients", ref row, .. } if row == "one"));
        }
        assert_eq!(kept(&documents), 0);
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let documents = Documents::default();
        for row in 0..=MOST {
            documents.read::<usize>("clients", &row.to_string(), &row.to_string()).unwrap();
        }
        assert_eq!(kept(&documents), 1);
        let long = format!("\"{}\"", "x".repeat(LONGEST));
        assert_eq!(documents.read::<String>("clients", "long", &long).unwrap().len(), LONGEST);
        assert_eq!(kept(&documents), 1);
    }
}
