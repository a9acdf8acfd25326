//! What clients read before anything else. Both documents hold nothing that depends on the request.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::{Services, signing_keys, tenant};

/// How long clients wait for the database before they get the keys that are known here.
const PATIENCE: Duration = Duration::from_secs(1);

/// The discovery document (OpenID Connect Discovery 3, RFC 8414 2).
pub fn document(svc: &Services) -> Value {
    let takes_registrations = tenant::known(svc).flags.enable_dynamic_client_registration;
    protocol::discovery::document(&svc.settings.issuer, takes_registrations)
}

/// The published keys (RFC 7517 5), as they are at this moment: whoever asks may have met a token that another node
/// signed with a key it has just begun to use. While Redis carries word between nodes, those that are known here; and
/// where the database does not answer.
pub async fn jwks(svc: &Services) -> Arc<str> {
    match timeout(PATIENCE, signing_keys::catch_up_unheard(svc)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "publishing the signing keys as they were"),
        Err(_) => tracing::warn!("publishing the signing keys as they were: the database does not answer"),
    }
    svc.key_set().jwks_json()
}
