//! What every request shares.

use std::sync::Arc;

use axum::http::HeaderMap;

use crate::cookie::Cookie;
use crate::login::PendingLogins;
use crate::provider::Directory;
use crate::session::{Session, Sessions};
use crate::view::Templates;
use crate::{Error, Settings};

/// The running application.
pub(crate) struct App {
    pub(crate) settings: Arc<Settings>,
    pub(crate) directory: Directory,
    pub(crate) logins: PendingLogins,
    pub(crate) login_cookie: Cookie,
    pub(crate) sessions: Sessions,
    pub(crate) session_cookie: Cookie,
    pub(crate) templates: Templates,
}

impl App {
    pub(crate) fn new(settings: Settings) -> Result<Self, Error> {
        let settings = Arc::new(settings);
        Ok(App {
            directory: Directory::new(Arc::clone(&settings))?,
            logins: PendingLogins::default(),
            login_cookie: Cookie::login(settings.is_secure()),
            sessions: Sessions::default(),
            session_cookie: Cookie::session(settings.is_secure()),
            templates: Templates::new(&settings.name),
            settings,
        })
    }

    /// The session of the browser that sent these headers.
    pub(crate) fn session(&self, headers: &HeaderMap) -> Option<Arc<Session>> {
        self.sessions.find(self.session_cookie.read(headers)?)
    }
}
