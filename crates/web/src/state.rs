//! What every handler is given.

use std::path::PathBuf;
use std::sync::Arc;

use flows::{Clock, Services};
use ipnet::IpNet;

use crate::pages::{Pages, PagesError};

/// How the HTTP surface behaves.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Networks from which `/metrics` may be read.
    pub metrics_networks: Vec<IpNet>,
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

/// Renders the metrics in Prometheus' text format.
pub type RenderMetrics = Arc<dyn Fn() -> String + Send + Sync>;

/// The state of the router. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// What the product does.
    pub services: Arc<Services>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What people see.
    pub pages: Arc<Pages>,
    /// How this surface behaves.
    pub settings: Arc<Settings>,
    /// The metrics; none where nobody collects them.
    pub metrics: Option<RenderMetrics>,
}

impl AppState {
    /// Reads the pages, of which a broken one stops the start.
    pub fn new(
        services: Arc<Services>,
        clock: Arc<dyn Clock>,
        settings: Settings,
        metrics: Option<RenderMetrics>,
    ) -> Result<Self, PagesError> {
        let pages = Arc::new(Pages::new(settings.templates.clone())?);
        Ok(AppState { services, clock, pages, settings: Arc::new(settings), metrics })
    }

    /// Whether people reach us by https, which decides how cookies are set.
    pub(crate) fn is_https(&self) -> bool {
        self.services.settings.issuer.starts_with("https:")
    }
}
