//! What the operator has set for the whole deployment, as far as it is told to everybody: the name, which every page
//! shows, and whether clients may register themselves, which the discovery document tells. It is kept in memory, because
//! these must also be told while the database cannot be asked.

use std::sync::Arc;

use model::settings::TenantSettings;

use crate::{InternalError, Services};

/// The name, as of the last [`reload`].
pub fn name(svc: &Services) -> String {
    known(svc).friendly_name.clone()
}

/// The settings, as of the last [`reload`].
pub(crate) fn known(svc: &Services) -> Arc<TenantSettings> {
    Arc::clone(&svc.tenant.read().expect("nothing panics while it holds the lock"))
}

/// Takes up settings that were changed here or on another node.
pub async fn reload(svc: &Services) -> Result<(), InternalError> {
    let _turn = svc.reading.lock().await;
    let tenant = store::settings::tenant(&mut svc.store.read().await?).await?;
    *svc.tenant.write().expect("nothing panics while it holds the lock") = Arc::new(tenant);
    Ok(())
}
