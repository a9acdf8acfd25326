//! Token revocation (RFC 7009): a client has no more use for what it was granted.

use model::event::EventType;
use model::grant::{RevokedReason, TokenFamily};
use protocol::client_authentication::{Presented, PresentedSecret};
use store::StoreError;

use crate::client_authentication::{ClientRefused, authenticate};
use crate::events::event;
use crate::presented_token;
use crate::{InternalError, RequestContext, Services};

/// Why nothing is revoked, though it might have to be.
#[derive(Debug, thiserror::Error)]
pub enum RevocationRefused {
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for RevocationRefused {
    fn from(error: StoreError) -> Self {
        RevocationRefused::Internal(error.into())
    }
}

/// Revokes the family of a token, be it a refresh token or an access token.
///
/// A token that is unknown, or another client's, is as good as revoked: nothing changes and nobody learns which of the
/// two it is (RFC 7009 2.2).
pub async fn revoke(
    svc: &Services,
    cx: &RequestContext,
    presented: &Presented,
    token: &PresentedSecret,
) -> Result<(), RevocationRefused> {
    let client = authenticate(svc, cx, presented).await?;
    let found = presented_token::find_family(svc, &mut svc.store.read().await?, token.expose()).await?;
    match found.filter(|family| family.client_id == client.client_id) {
        Some(family) => Ok(revoke_family(svc, cx, &client, &family).await?),
        None => Ok(()),
    }
}

async fn revoke_family(
    svc: &Services,
    cx: &RequestContext,
    client: &model::client::Client,
    family: &TokenFamily,
) -> Result<(), StoreError> {
    let mut tx = svc.store.write().await?;
    if !store::families::revoke(&mut tx, &family.id, RevokedReason::Client, cx.now).await? {
        return Ok(());
    }
    event(svc, cx, EventType::RefreshTokenRevoked)
        .client(client)
        .user_id(&family.user_id)
        .audience(family.audience.as_deref())
        .detail("family_id", family.id.as_str())
        .record(&mut tx)
        .await?;
    tx.commit().await
}
