//! What clients read before anything else. Both documents hold nothing that depends on the request, and are kept as the
//! bytes that are sent.

use std::time::Duration;

use bytes::Bytes;
use model::Timestamp;
use tokio::time::timeout;

use crate::{Services, signing_keys, tenant};

/// How long a client waits for the database before it gets the keys that are known here.
const PATIENCE: Duration = Duration::from_secs(1);

/// The discovery document of an issuer, for either answer to the one question that it depends on.
pub(crate) struct Documents {
    with_registration: Bytes,
    without_registration: Bytes,
}

impl Documents {
    pub(crate) fn of(issuer: &str) -> Self {
        let document = |takes_registrations| protocol::discovery::document(issuer, takes_registrations).to_string();
        Documents { with_registration: document(true).into(), without_registration: document(false).into() }
    }
}

/// The discovery document (OpenID Connect Discovery 3, RFC 8414 2).
pub fn document(svc: &Services) -> Bytes {
    let takes_registrations = tenant::known(svc).flags.enable_dynamic_client_registration;
    let Documents { with_registration, without_registration } = &svc.documents;
    if takes_registrations { with_registration.clone() } else { without_registration.clone() }
}

/// The published keys (RFC 7517 5), as they were a second ago at the most: a key is published long before it signs.
/// While Redis carries word between nodes, those that are known here; and where the database does not answer.
pub async fn jwks(svc: &Services, now: Timestamp) -> Bytes {
    match timeout(PATIENCE, signing_keys::catch_up_now_and_then(svc, now)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(%error, "publishing the signing keys as they were"),
        Err(_) => tracing::warn!("publishing the signing keys as they were: the database does not answer"),
    }
    svc.key_set().jwks_json()
}
