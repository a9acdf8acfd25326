//! The public keys with which clients sign what they send us.

use keys::ClientKey;
use model::client_credential::ClientCredential;
use model::{ClientId, CredentialId};

use crate::{InternalError, RequestContext, Services};

/// Those of the client's keys that are among `named` and have not ended. A client names two at most.
pub(crate) async fn find(
    svc: &Services,
    cx: &RequestContext,
    client: &ClientId,
    named: &[CredentialId],
) -> Result<Vec<ClientKey>, InternalError> {
    let registered = store::client_credentials::of_client(&mut svc.store.read().await?, client).await?;
    let counts = |credential: &&ClientCredential| named.contains(&credential.id) && !credential.is_expired_at(cx.now);
    let read = |credential: &ClientCredential| ClientKey::from_pem(&credential.pem, credential.algorithm).ok();
    Ok(registered.iter().filter(counts).filter_map(read).collect())
}
