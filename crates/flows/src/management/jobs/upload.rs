//! A form with a file in it, unread.

use std::collections::BTreeMap;

use super::BodyInvalid;

/// The parts of a form (RFC 7578) as they came.
#[derive(Clone, Default)]
pub struct Upload {
    /// What the part with the file holds.
    pub file: Option<Vec<u8>>,
    /// The texts, by the names of their parts.
    pub texts: BTreeMap<String, String>,
}

impl Upload {
    /// Takes a text; an empty one counts as absent.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        self.texts.remove(name).filter(|text| !text.is_empty())
    }

    /// Takes `true` or `false`, spelled as such.
    pub(super) fn flag(&mut self, name: &str) -> Result<Option<bool>, BodyInvalid> {
        match self.text(name).as_deref() {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(BodyInvalid::wrong(name, "must be true or false")),
        }
    }

    /// Refuses what nobody took.
    pub(super) fn finish(self) -> Result<(), BodyInvalid> {
        match self.texts.into_keys().next() {
            Some(path) => Err(BodyInvalid::Unknown { path }),
            None => Ok(()),
        }
    }
}
