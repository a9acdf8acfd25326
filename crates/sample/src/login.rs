//! Sending a browser to the provider to sign in.

use std::sync::{Arc, Mutex};

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::SET_COOKIE;
use axum::response::{AppendHeaders, IntoResponse, Redirect};
use openidconnect::{Nonce, PkceCodeChallenge, PkceCodeVerifier};
use serde::Deserialize;

use crate::app::App;
use crate::bounded::Bounded;
use crate::failure::Failure;
use crate::secret::Secret;

const CAPACITY: usize = 1_000;

/// A sign-in that has begun: what the provider's answer will be held against.
pub(crate) struct PendingLogin {
    browser: Secret,
    pub(crate) nonce: Nonce,
    pub(crate) verifier: PkceCodeVerifier,
}

/// Every sign-in that has begun, by its `state`. Beyond a thousand the oldest is forgotten.
pub(crate) struct PendingLogins(Mutex<Bounded<PendingLogin>>);

impl Default for PendingLogins {
    fn default() -> Self {
        PendingLogins(Mutex::new(Bounded::new(CAPACITY)))
    }
}

impl PendingLogins {
    fn begin(&self, state: String, login: PendingLogin) {
        self.0.lock().expect("no holder of this lock panics").insert(state, login);
    }

    /// The sign-in that began with this `state` in this browser; it can be had once. A request from another browser
    /// does not use it up.
    pub(crate) fn take(&self, state: &str, browser: &str) -> Option<PendingLogin> {
        let mut logins = self.0.lock().expect("no holder of this lock panics");
        logins.get(state).filter(|login| login.browser.matches(browser))?;
        logins.remove(state)
    }
}

#[derive(Deserialize)]
pub(crate) struct Parameters {
    screen_hint: Option<String>,
}

/// `GET /login`: begins a sign-in, or a sign-up with `screen_hint=signup`.
pub(crate) async fn login(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    Query(parameters): Query<Parameters>,
) -> Result<impl IntoResponse, Failure> {
    let provider = app.directory.provider().await?;
    // Two tabs of one browser may sign in side by side, so a value it already has is kept.
    let presented = app.login_cookie.read(&headers).and_then(Secret::from_browser);
    let browser = presented.unwrap_or_else(Secret::new_random);
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let is_sign_up = parameters.screen_hint.as_deref() == Some("signup");
    let (url, state, nonce) = provider.authorization_url(challenge, is_sign_up);
    let cookie = app.login_cookie.set(&browser);
    app.logins.begin(state.into_secret(), PendingLogin { browser, nonce, verifier });
    Ok((AppendHeaders([(SET_COOKIE, cookie)]), Redirect::to(url.as_str())))
}

#[cfg(test)]
mod tests {
    use openidconnect::{Nonce, PkceCodeVerifier};

    use super::{PendingLogin, PendingLogins};
    use crate::secret::Secret;

    #[test]
    fn a_sign_in_ends_once_and_in_its_own_browser() {
        let logins = PendingLogins::default();
        let browser = Secret::new_random();
        let [nonce, verifier] = ["nonce", "verifier"].map(str::to_owned);
        let (nonce, verifier) = (Nonce::new(nonce), PkceCodeVerifier::new(verifier));
        logins.begin("state".to_owned(), PendingLogin { browser: browser.clone(), nonce, verifier });

        assert!(logins.take("other", browser.expose()).is_none());
        assert!(logins.take("state", Secret::new_random().expose()).is_none());
        assert!(logins.take("state", browser.expose()).is_some());
        assert!(logins.take("state", browser.expose()).is_none());
    }
}
