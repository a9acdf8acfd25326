//! Reading the fields of a row, with everything that is wrong with them collected.

use model::{JsonObject, Timestamp};
use serde_json::Value;

use super::refusal::{RowCode, RowError};

/// An object that is being read. A field that is `null` or empty text counts as absent.
pub(super) struct Fields<'a> {
    object: &'a JsonObject,
    /// What stands before each field's name in a path.
    prefix: String,
    errors: Vec<RowError>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(object: &'a JsonObject) -> Self {
        Fields { object, prefix: String::new(), errors: Vec::new() }
    }

    /// Reads an object within this one. Its errors become errors of this one.
    pub(super) fn within<T>(&mut self, name: &str, read: impl FnOnce(&mut Fields<'a>) -> T) -> Option<T> {
        let object = self.object(name)?;
        let mut inner = Fields { object, prefix: format!("{}{name}.", self.prefix), errors: Vec::new() };
        let value = read(&mut inner);
        self.errors.append(&mut inner.errors);
        Some(value)
    }

    /// What was read, or everything that was wrong.
    pub(super) fn finish<T>(self, value: Option<T>) -> Result<T, Vec<RowError>> {
        match value {
            Some(value) if self.errors.is_empty() => Ok(value),
            _ => Err(self.errors),
        }
    }

    pub(super) fn refuse(&mut self, code: RowCode, name: &str, message: impl Into<String>) {
        self.errors.push(RowError::at(code, format!("{}{name}", self.prefix), message));
    }

    /// The value of a field that is there.
    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.object.get(name).filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// A text of at most this many characters.
    pub(super) fn text(&mut self, name: &str, longest: usize) -> Option<&'a str> {
        let value = self.value(name)?;
        match value.as_str() {
            None => self.refuse(RowCode::InvalidType, name, "expected text"),
            Some(text) if text.chars().count() > longest => {
                self.refuse(RowCode::MaxLength, name, format!("longer than {longest} characters"));
            }
            Some(text) => return Some(text),
        }
        None
    }

    /// A text that must be there.
    pub(super) fn required_text(&mut self, name: &str, longest: usize) -> Option<&'a str> {
        self.require(name);
        self.text(name, longest)
    }

    /// Refuses the absence of a field.
    pub(super) fn require(&mut self, name: &str) {
        if self.value(name).is_none() {
            self.refuse(RowCode::ObjectRequired, name, "this field must be there");
        }
    }

    /// `true` or `false`.
    pub(super) fn flag(&mut self, name: &str) -> Option<bool> {
        let flag = self.value(name)?.as_bool();
        if flag.is_none() {
            self.refuse(RowCode::InvalidType, name, "expected true or false");
        }
        flag
    }

    /// A whole number that is not negative.
    pub(super) fn whole_number(&mut self, name: &str) -> Option<u64> {
        let number = self.value(name)?.as_u64();
        if number.is_none() {
            self.refuse(RowCode::InvalidType, name, "expected a whole number that is not negative");
        }
        number
    }

    /// An object.
    pub(super) fn object(&mut self, name: &str) -> Option<&'a JsonObject> {
        let object = self.value(name)?.as_object();
        if object.is_none() {
            self.refuse(RowCode::InvalidType, name, "expected an object");
        }
        object
    }

    /// A moment as RFC 3339 text.
    pub(super) fn moment(&mut self, name: &str) -> Option<Timestamp> {
        let moment = Timestamp::parse(self.text(name, 64)?);
        if moment.is_none() {
            self.refuse(RowCode::Format, name, "expected a date and time such as 2026-01-31T12:00:00.000Z");
        }
        moment
    }

    /// Refuses every field but these.
    pub(super) fn only(&mut self, known: &[&str]) {
        for name in self.object.keys().filter(|name| !known.contains(&name.as_str())) {
            self.refuse(RowCode::NotPassed, name, "no such field here");
        }
    }
}
