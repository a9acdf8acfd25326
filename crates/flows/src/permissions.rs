//! What a person's token for an API may say. It is asked anew for each token, so that whoever is permitted less has less
//! in the next one, be it by a refresh token from before.

use model::UserId;
use model::resource_server::ResourceServer;
use protocol::scope::ScopeSet;
use store::StoreError;

use crate::Services;
use crate::authorize::audience::is_standard;

/// What is left of a scope, and what the token tells besides.
pub(crate) struct Permitted {
    pub(crate) scope: ScopeSet,
    /// Everything that the person is permitted at the API, asked for or not, where it wants to be told.
    pub(crate) permissions: Option<Vec<String>>,
}

/// The part of `granted` that the person is permitted. All of it, and without a look at the database, for an API that
/// does not enforce policies, and for no API. What describes the person or the grant is no API's.
pub(crate) async fn permitted(
    svc: &Services,
    user_id: &UserId,
    api: Option<&ResourceServer>,
    granted: &ScopeSet,
) -> Result<Permitted, StoreError> {
    let Some(api) = api.filter(|api| api.enforce_policies) else {
        return Ok(Permitted { scope: granted.clone(), permissions: None });
    };
    let held = store::permissions::permitted(&mut svc.store.read().await?, user_id, &api.identifier).await?;
    let is_permitted = |scope: &str| held.iter().any(|own| own == scope);
    let scope = granted.filtered(|scope| scope == "offline_access" || is_standard(scope) || is_permitted(scope));
    Ok(Permitted { scope, permissions: api.tells_permissions().then_some(held) })
}
