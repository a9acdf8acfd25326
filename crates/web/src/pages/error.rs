//! What can be wrong with the pages.

use std::error::Error as _;
use std::io;
use std::path::PathBuf;

/// Why the pages cannot be used, or one of them cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum PagesError {
    /// A file or folder of the override folder cannot be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file of the override folder stands for nothing.
    #[error("{path} replaces no page file; known are {known}", path = path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What may be replaced.
        known: String,
    },
    /// A file is too large or of no type that is served.
    #[error("{file} cannot be used: {reason}")]
    Unusable {
        /// The file.
        file: String,
        /// Why.
        reason: String,
    },
    /// A language's messages are incomplete or have surplus ones.
    #[error("locales/{locale}.json: {reason}")]
    Messages {
        /// The language.
        locale: String,
        /// Which message, and what is wrong with it.
        reason: String,
    },
    /// A template cannot be parsed or rendered.
    #[error("{place}: {reason}")]
    Template {
        /// The file in which it went wrong, and the line.
        place: String,
        /// What went wrong.
        reason: String,
    },
}

impl PagesError {
    /// Names the innermost place, since an error inside an included piece arrives wrapped in the place that includes it.
    pub(crate) fn template(error: &minijinja::Error, file: &str, origin: impl Fn(&str) -> String) -> Self {
        let mut innermost = error;
        while let Some(inner) = innermost.source().and_then(|source| source.downcast_ref()) {
            innermost = inner;
        }
        let file = origin(innermost.name().unwrap_or(file));
        let place = innermost.line().map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
        PagesError::Template { place, reason: reason(innermost) }
    }
}

fn reason(error: &minijinja::Error) -> String {
    let cause = error.source().map(ToString::to_string);
    let parts = [Some(error.kind().to_string()), error.detail().map(str::to_owned), cause];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}
