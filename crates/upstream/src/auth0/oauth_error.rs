//! The refusals of a token endpoint (RFC 6749 5.2), in Auth0's words.

use serde::Deserialize;

use super::json_of;
use crate::answer::Garbage;
use crate::http::HttpAnswer;

/// `error` is the code; `error_description` tells some refusals apart that share one.
#[derive(Debug, Deserialize)]
pub(super) struct OAuthError {
    pub(super) error: String,
    #[serde(default)]
    error_description: Option<String>,
}

impl OAuthError {
    pub(super) fn of(answer: HttpAnswer) -> Result<Self, Garbage> {
        serde_json::from_value(json_of(answer)?).map_err(|_| Garbage::Malformed)
    }

    /// Auth0 says this under `invalid_grant`, `unauthorized` or `access_denied`.
    pub(super) fn says_blocked(&self) -> bool {
        matches!(self.error.as_str(), "invalid_grant" | "unauthorized" | "access_denied")
            && self.description().to_ascii_lowercase().contains("user is blocked")
    }

    /// Our secret is wrong. Auth0 says `access_denied` with a bare `Unauthorized` where RFC 6749 5.2 wants
    /// `invalid_client`.
    pub(super) fn is_about_our_secret(&self) -> bool {
        self.error == "invalid_client"
            || (self.error == "access_denied" && self.description().trim_end_matches('.') == "Unauthorized")
    }

    /// Writes the code where an operator finds it. The description stays out: it may name a person.
    pub(super) fn log_unknown(&self) {
        let is_a_code =
            self.error.len() <= 64 && self.error.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        let code = if is_a_code { self.error.as_str() } else { "(not a code)" };
        tracing::warn!(source.error = code, "the source refuses with an error code that has no meaning here");
    }

    fn description(&self) -> &str {
        self.error_description.as_deref().unwrap_or_default()
    }
}
