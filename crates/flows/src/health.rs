//! Whether this process can do its work.

pub use store::ephemeral::Reach;

use crate::{InternalError, Services};

/// Asks what the process needs to serve. Redis is no such thing, and is told of besides.
pub async fn ready(svc: &Services) -> Result<Reach, InternalError> {
    svc.store.ping().await?;
    Ok(svc.ephemeral.reach())
}
