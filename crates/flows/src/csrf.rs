//! Tokens that bind a form to the browser it was given to.

use keys::{OpaqueToken, secrets_match};

use crate::Services;

/// A cookie secret for a browser that has none.
pub fn new_binding(svc: &Services) -> String {
    OpaqueToken::from_random(svc.random()).text().to_string()
}

/// The token for forms given to the browser that holds this cookie secret.
pub fn token(svc: &Services, cookie: &str) -> String {
    hex::encode(svc.sealer.keyed_digest("form token", cookie.as_bytes()))
}

/// Whether a form that came back was given to this browser. A browser without the cookie has none.
pub fn is_ours(svc: &Services, cookie: Option<&str>, presented: Option<&str>) -> bool {
    match (cookie, presented) {
        (Some(cookie), Some(presented)) => secrets_match(token(svc, cookie).as_bytes(), presented.as_bytes()),
        _ => false,
    }
}
