//! What clients read before anything else. Both documents hold nothing that depends on the request.

use std::sync::Arc;

use serde_json::Value;

use crate::Services;

/// The discovery document (OpenID Connect Discovery 3, RFC 8414 2).
pub fn document(svc: &Services) -> Value {
    protocol::discovery::document(&svc.settings.issuer)
}

/// The published keys (RFC 7517 5).
pub fn jwks(svc: &Services) -> Arc<str> {
    svc.key_set().jwks_json()
}
