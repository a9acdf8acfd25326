//! Several nodes on one database: each holds a little of it in memory, and hears from the others when that has changed.
//!
//! The database is the truth. Word may get lost, so each node reads it again at intervals, whatever it hears.

use store::ephemeral::Reported;

use crate::error::OrInternal;
use crate::{InternalError, Services, signing_keys, tenant};

/// Whether Redis answers, if there should be one: 1 or 0.
const REACHABLE: &str = "landbridge_redis_reachable";

/// Reads again what is held in memory.
pub async fn take_up(svc: &Services) -> Result<(), InternalError> {
    signing_keys::reload(svc).await.or_internal("taking up the signing keys")?;
    tenant::reload(svc).await
}

/// Waits until another node has changed something, or may have.
pub async fn heard_of_change(svc: &Services) {
    svc.ephemeral.heard().await;
}

/// Sees to the connection to Redis, where there should be one. To be called again and again, one call after the other.
pub async fn tend(svc: &Services) {
    match svc.ephemeral.tend().await {
        None => {}
        Some(Reported::Linked) => {
            metrics::gauge!(REACHABLE).set(1);
            tracing::info!("Redis answers: limits hold for all nodes together");
        }
        Some(Reported::Lost(error)) => {
            metrics::gauge!(REACHABLE).set(0);
            tracing::warn!(%error, "Redis does not answer: limits hold for each node alone until it does");
        }
    }
}
