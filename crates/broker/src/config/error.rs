//! Why a configuration cannot be used, in words for whoever wrote it.

use std::fmt;
use std::io;
use std::path::PathBuf;

use super::keys::Catalogue;
use super::sources::Source;

/// A configuration that cannot be used. Quotes no secret.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration file {}: {source}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is not TOML.
    #[error("{}, line {line}: {message}", path.display())]
    NotToml {
        /// Which.
        path: PathBuf,
        /// Where the parser stopped.
        line: usize,
        /// What it found.
        message: String,
    },
    /// An environment variable is not text.
    #[error("the environment variable {name} is not UTF-8 text")]
    NotText {
        /// Which.
        name: String,
    },
    /// An override has no `=`.
    #[error("--set {text:?} has no value; write --set KEY=VALUE, such as --set server.listen=0.0.0.0:3000")]
    NoValue {
        /// What was given.
        text: String,
    },
    /// There are no such settings.
    #[error("{}", lines("the configuration has settings that do not exist", .0))]
    Unknown(Vec<Unknown>),
    /// Settings have values that cannot be used.
    #[error("{}", lines("the configuration cannot be used", .0))]
    Invalid(Vec<Problem>),
}

/// A name that is no setting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    key: String,
    place: String,
    nearest: Option<String>,
}

/// A setting that cannot be used as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting.
    pub key: String,
    /// Where its value comes from.
    pub source: Source,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Unknown {
    pub(super) fn new(catalogue: &Catalogue, key: String, place: impl fmt::Display) -> Self {
        let nearest = catalogue.nearest(&key).map(str::to_owned);
        Unknown { key, place: place.to_string(), nearest }
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Unknown { key, place, nearest } = self;
        match nearest {
            Some(nearest) => write!(f, "{key} ({place}): did you mean {nearest}?"),
            None => write!(f, "{key} ({place}): see docs/reference/configuration.md for those that do"),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem { key, source: Source::Default, message } => write!(f, "{key}: {message}"),
            Problem { key, source, message } => write!(f, "{key} ({source}): {message}"),
        }
    }
}

fn lines(heading: &str, items: &[impl fmt::Display]) -> String {
    let items: Vec<_> = items.iter().map(ToString::to_string).collect();
    format!("{heading}:\n  {}", items.join("\n  "))
}
