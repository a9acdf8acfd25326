//! What the operator sets for the whole deployment through the Management API.

use serde::{Deserialize, Serialize};

/// What may be switched on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantFlags {
    /// Whether anybody may register a client (RFC 7591).
    pub enable_dynamic_client_registration: bool,
}

/// Settings of the tenant. Durations are hours, as in Auth0's `tenants/settings`, unless their name says otherwise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct TenantSettings {
    /// What people read as the name of the place.
    pub friendly_name: String,
    /// Where those who run the place can be written to.
    pub support_email: Option<String>,
    /// The audience of requests that name none.
    pub default_audience: Option<String>,
    /// The connection of the `password` grant.
    pub default_directory: Option<String>,
    /// Where a page may lead that belongs to no application any more.
    pub default_redirection_uri: Option<String>,
    /// Logout URLs that are good for every client.
    pub allowed_logout_urls: Vec<String>,
    /// Absolute lifetime of sessions, hours.
    pub session_lifetime: f64,
    /// Idle lifetime of sessions, hours.
    pub idle_session_lifetime: f64,
    /// For how many days events stay in the log.
    pub log_retention_days: u64,
    /// What is switched on.
    pub flags: TenantFlags,
}

impl Default for TenantSettings {
    fn default() -> Self {
        TenantSettings {
            friendly_name: "Landbridge".to_owned(),
            support_email: None,
            default_audience: None,
            default_directory: None,
            default_redirection_uri: None,
            allowed_logout_urls: Vec::new(),
            session_lifetime: 168.0,
            idle_session_lifetime: 72.0,
            log_retention_days: 30,
            flags: TenantFlags::default(),
        }
    }
}
