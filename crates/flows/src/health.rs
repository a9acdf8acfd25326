//! Whether this process can do its work.

use crate::{InternalError, Services};

/// Asks what the process needs to serve.
pub async fn ready(svc: &Services) -> Result<(), InternalError> {
    Ok(svc.store.ping().await?)
}
