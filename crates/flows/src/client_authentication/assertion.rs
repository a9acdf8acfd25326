//! Clients that sign who they are (RFC 7523, `private_key_jwt`).

use keys::verify_by_client;
use model::Timestamp;
use model::client::Client;
use protocol::client_authentication::assertion::{self, Assertion, AssertionRefused};

use super::ClientRefused;
use crate::{RequestContext, Services, client_keys};

const USED_PURPOSE: &str = "client assertion";

/// Believes an assertion once: whoever comes second with the same `jti`, to whichever node, is refused.
pub(super) async fn accept(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    text: &str,
) -> Result<(), ClientRefused> {
    let keys = client_keys::find(svc, cx, &client.client_id, &client.private_key_jwt_credentials).await?;
    let claims = verify_by_client(&keys, text, &assertion::TYPES).map_err(|_| ClientRefused::WrongSecret)?;
    let audiences = [svc.settings.issuer.as_str(), &svc.settings.token_endpoint()];
    let assertion = assertion::check(&claims, client.client_id.as_str(), &audiences, cx.now.seconds())?;
    use_up(svc, client, &assertion).await
}

async fn use_up(svc: &Services, client: &Client, assertion: &Assertion) -> Result<(), ClientRefused> {
    let name = format!("{}\n{}", client.client_id, assertion.jti);
    let digest = svc.sealer.keyed_digest(USED_PURPOSE, name.as_bytes());
    let expires_at = Timestamp::from_millis(assertion.expires_at.saturating_mul(1000));
    let mut tx = svc.store.write().await?;
    if !store::used_tokens::use_up(&mut tx, &digest, expires_at).await? {
        return Err(AssertionRefused::Used.into());
    }
    tx.commit().await?;
    Ok(())
}
