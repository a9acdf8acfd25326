//! What went wrong on our side. Facts about a request have types of their own, one for each flow.

use std::error::Error;

use store::StoreError;

/// The work could not be done. The text and the source are for the log alone.
#[derive(Debug, thiserror::Error)]
pub enum InternalError {
    /// The database failed or cannot be reached.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// All hashing permits and places in the queue are taken; worth another try.
    #[error("every place for hashing passwords is taken")]
    Busy,
    /// Anything else.
    #[error("{context}")]
    Other {
        /// What was being done.
        context: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

impl InternalError {
    /// Wraps a failure with what was being done.
    pub fn other(context: &'static str) -> impl FnOnce(Box<dyn Error + Send + Sync>) -> Self {
        move |source| InternalError::Other { context, source }
    }

    /// Whether the same call may succeed in a moment.
    pub fn is_temporary(&self) -> bool {
        matches!(self, InternalError::Busy | InternalError::Store(StoreError::Unreachable(_)))
    }
}

/// `Result::context`, for errors that are ours.
pub(crate) trait OrInternal<T> {
    fn or_internal(self, context: &'static str) -> Result<T, InternalError>;
}

impl<T, E: Into<Box<dyn Error + Send + Sync>>> OrInternal<T> for Result<T, E> {
    fn or_internal(self, context: &'static str) -> Result<T, InternalError> {
        self.map_err(|source| InternalError::Other { context, source: source.into() })
    }
}
