//! The search syntax of the Management API's lists: the part of Lucene's that Auth0 documents.
//!
//! A text is read into an [`Expression`] whose size and depth are bounded. Which fields there are, and what their
//! values mean, is for the list to say.

mod cursor;
mod parser;
#[cfg(test)]
mod tests;

/// How many terms a search may have.
pub const MOST_TERMS: usize = 100;
/// How deep groups and negations may be nested.
pub const DEEPEST: usize = 20;
/// How many wildcards a value may have.
pub const MOST_WILDCARDS: usize = 4;
/// How many characters a value must spell out where its wildcard is not at its end alone.
pub const FEWEST_LITERALS: usize = 3;

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// A condition on one field.
    Term(Term),
    /// Everything else.
    Not(Box<Expression>),
    /// What all of them look for.
    All(Vec<Expression>),
    /// What one of them looks for.
    Any(Vec<Expression>),
}

/// A condition on one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Its name as it was written; `None` means those that the list looks at where none is named.
    pub field: Option<String>,
    /// What the field must be.
    pub condition: Condition,
}

/// What a field must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Anything at all.
    Exists,
    /// This value.
    Is(String),
    /// These literals, one after the other, with anything between two of them. There are at least two; one that is
    /// empty stands where the value begins or ends with a wildcard.
    Like(Vec<String>),
    /// Between two limits.
    Between(Option<Limit>, Option<Limit>),
}

/// An end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The value at the end.
    pub value: String,
    /// Whether it belongs to the range.
    pub is_included: bool,
}

/// Why a text is not a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SearchInvalid {
    /// Nothing is looked for.
    #[error("is empty")]
    Empty,
    /// A field, a group or an operator has nothing behind it.
    #[error("ends where a value is expected")]
    EndsEarly,
    /// There is a character where it means nothing.
    #[error(
        "has an unexpected {0:?}; a character that is meant itself has a backslash before it, or quotation marks around its value"
    )]
    Unexpected(char),
    /// A quotation mark, a parenthesis or a bracket is not closed.
    #[error("has a {0:?} that is not closed")]
    NotClosed(char),
    /// A range is not written as one.
    #[error("has a range that is not written as [from TO to]")]
    NotARange,
    /// A range has no end.
    #[error("has a range that is open at both ends")]
    OpenRange,
    /// Too few characters are spelled out.
    #[error("has a wildcard before the end of a value that spells out fewer than {FEWEST_LITERALS} characters")]
    TooFewLiterals,
    /// There are too many wildcards in one value.
    #[error("has a value with more than {MOST_WILDCARDS} wildcards")]
    TooManyWildcards,
    /// There are too many terms.
    #[error("has more than {MOST_TERMS} terms")]
    TooManyTerms,
    /// It is nested too deep.
    #[error("is nested deeper than {DEEPEST} levels")]
    TooDeep,
}

impl Expression {
    /// Reads a search. `AND` binds closer than `OR`, and terms side by side are alternatives, as in Lucene.
    pub fn parse(text: &str) -> Result<Self, SearchInvalid> {
        parser::parse(text)
    }
}
