//! Signed tokens: of ours, of another issuer, of a client.

use protocol::client_authentication::assertion;

use super::fixtures::{CLIENTS, FOREIGN, OWN, SIGNED};

/// Whatever is accepted was signed, as it is, byte for byte.
pub(crate) fn check(input: &[u8]) {
    let Ok(token) = std::str::from_utf8(input) else { return };
    let as_own = OWN.verify(token, &["JWT", "at+jwt"]);
    let as_foreign = FOREIGN.verify(token, &["JWT"]);
    let as_clients = keys::verify_by_client(&*CLIENTS, token, &assertion::TYPES);
    let is_accepted = as_own.is_ok() || as_foreign.is_ok() || as_clients.is_ok();
    assert_eq!(is_accepted, SIGNED.contains(&token), "{as_own:?} {as_foreign:?} {as_clients:?}");
    assert!(!(OWN.misses_key_of(token) && as_own.is_ok()));
}
