//! Work that is done later, as far as others are told of it.

use schemars::JsonSchema;
use serde::Serialize;

use crate::{JobId, JsonObject, Timestamp};

/// A job that was asked for through the Management API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportedJob {
    /// Its id.
    pub id: JobId,
    /// How far it is.
    pub status: JobStatus,
    /// Why it was given up, where it was.
    pub status_details: Option<String>,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// What its kind tells of itself, `type` among it.
    pub report: JsonObject,
}

/// How far a job is, in Auth0's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// It waits, for its first attempt or for another.
    Pending,
    /// Somebody is at it.
    Processing,
    /// It is done.
    Completed,
    /// It was given up.
    Failed,
}
