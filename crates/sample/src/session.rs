//! Who is signed in, in which browser.

use std::sync::{Arc, Mutex, MutexGuard};

use openidconnect::Nonce;

use crate::bounded::Bounded;
use crate::secret::Secret;
use crate::tokens::Tokens;

const CAPACITY: usize = 1_000;

/// A signed-in browser.
pub(crate) struct Session {
    id: Secret,
    /// Proves that a form was on one of this session's pages.
    pub(crate) form_token: Secret,
    /// The nonce of the sign-in.
    pub(crate) nonce: Nonce,
    /// Held while they are refreshed, so that a refresh token is presented once.
    pub(crate) tokens: tokio::sync::Mutex<Tokens>,
}

/// Every session, in memory. Beyond a thousand the oldest ends.
pub(crate) struct Sessions(Mutex<Bounded<Arc<Session>>>);

impl Default for Sessions {
    fn default() -> Self {
        Sessions(Mutex::new(Bounded::new(CAPACITY)))
    }
}

impl Sessions {
    /// Begins a session under a new id, which is returned for the cookie.
    pub(crate) fn open(&self, tokens: Tokens, nonce: Nonce) -> Secret {
        let id = Secret::new_random();
        let session = Session {
            id: id.clone(),
            form_token: Secret::new_random(),
            nonce,
            tokens: tokio::sync::Mutex::new(tokens),
        };
        self.lock().insert(id.expose().to_owned(), Arc::new(session));
        id
    }

    pub(crate) fn find(&self, id: &str) -> Option<Arc<Session>> {
        self.lock().get(id).cloned()
    }

    pub(crate) fn close(&self, session: &Session) {
        self.lock().remove(session.id.expose());
    }

    fn lock(&self) -> MutexGuard<'_, Bounded<Arc<Session>>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}
