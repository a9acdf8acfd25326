//! What every handler is given.

use std::path::PathBuf;
use std::sync::Arc;

use flows::Services;
use ipnet::IpNet;

use crate::pages::Pages;

/// How the HTTP surface behaves.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// A folder whose templates replace ours.
    pub templates: Option<PathBuf>,
    /// The status codes of token errors.
    pub token_error_status: TokenErrorStatus,
}

/// Which status codes token errors carry. The error words are the same in both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TokenErrorStatus {
    /// 400, and 401 for `invalid_client` (RFC 6749 5.2).
    #[default]
    Rfc,
    /// Auth0's 403 for most of them.
    Auth0,
}

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What the product does.
    pub services: Arc<Services>,
    /// What people see.
    pub pages: Arc<Pages>,
    /// How this surface behaves.
    pub settings: Arc<Settings>,
    /// Renders the metrics; none where nobody collects them.
    pub metrics: Option<Arc<dyn Fn() -> String + Send + Sync>>,
}
