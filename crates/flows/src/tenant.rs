//! The name of the place, which every page shows. It is kept in memory, because a page must also be shown while the
//! database cannot be asked.

use std::sync::Arc;

use crate::{InternalError, Services};

/// The name, as of the last [`reload`].
pub fn name(svc: &Services) -> Arc<str> {
    Arc::clone(&svc.tenant_name.read().expect("nothing panics while it holds the lock"))
}

/// Takes up a name that was set here or on another node.
pub async fn reload(svc: &Services) -> Result<(), InternalError> {
    let _turn = svc.reading.lock().await;
    let tenant = store::settings::tenant(&mut svc.store.read().await?).await?;
    *svc.tenant_name.write().expect("nothing panics while it holds the lock") = tenant.friendly_name.into();
    Ok(())
}
