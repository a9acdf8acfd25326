//! Telling applications that a session has ended (OpenID Connect Back-Channel Logout 2.5).

use std::time::Duration;

use tokio::time::timeout;

use crate::answer::UnavailableReason;
use crate::upstreams::Upstreams;
use crate::urls::UrlRefused;

/// How long an application may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The application took note.
    Accepted,
    /// It answered with this status instead.
    Answered(u16),
    /// It did not answer.
    Unavailable(UnavailableReason),
    /// It took too long.
    TimedOut,
}

impl Upstreams {
    /// Whether applications may be told anything at this URL. What its name resolves to is checked at each connection
    /// instead.
    pub fn check_application_url(&self, text: &str) -> Result<(), UrlRefused> {
        self.urls.check(text).map(|_| ())
    }

    /// Posts a logout token to an application. Redirections are not followed.
    pub async fn tell_of_logout(&self, url: &str, logout_token: &str) -> Result<Told, UrlRefused> {
        let url = self.urls.check(url)?;
        let form = [("logout_token", logout_token)];
        Ok(match timeout(PATIENCE, self.http.post_form(&url, &form, None)).await {
            Ok(Ok(answer)) if (200..300).contains(&answer.status) => Told::Accepted,
            Ok(Ok(answer)) => Told::Answered(answer.status),
            Ok(Err(reason)) => Told::Unavailable(reason),
            Err(_) => Told::TimedOut,
        })
    }
}
