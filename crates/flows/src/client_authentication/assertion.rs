//! Clients that sign who they are (RFC 7523, `private_key_jwt`).

use keys::verify_by_client;
use model::Timestamp;
use model::client::Client;
use model::grant::Digest;
use protocol::client_authentication::assertion::{self, AssertionRefused};

use super::ClientRefused;
use crate::{RequestContext, Services, client_keys};

const USED_PURPOSE: &str = "client assertion";

/// An assertion that proves who the client is, once it is used up.
pub(super) struct Unused {
    digest: Digest,
    expires_at: Timestamp,
}

/// Judges an assertion, and changes nothing. One that was used proves nothing.
pub(super) async fn verify(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    text: &str,
) -> Result<Unused, ClientRefused> {
    let keys = client_keys::find(svc, cx, &client.client_id, &client.private_key_jwt_credentials).await?;
    let claims = verify_by_client(&keys, text, &assertion::TYPES).map_err(|_| ClientRefused::WrongSecret)?;
    let audiences = [svc.settings.issuer.as_str(), &svc.settings.token_endpoint()];
    let assertion = assertion::check(&claims, client.client_id.as_str(), &audiences, cx.now.seconds())?;
    let name = format!("{}\n{}", client.client_id, assertion.jti);
    let digest = svc.sealer.keyed_digest(USED_PURPOSE, name.as_bytes());
    if store::used_tokens::is_used(&mut svc.store.read().await?, &digest).await? {
        return Err(AssertionRefused::Used.into());
    }
    Ok(Unused { digest, expires_at: Timestamp::from_millis(assertion.expires_at.saturating_mul(1000)) })
}

impl Unused {
    /// Believes it: whoever comes second with the same `jti`, to whichever node, is refused.
    pub(super) async fn use_up(self, svc: &Services) -> Result<(), ClientRefused> {
        let mut tx = svc.store.write().await?;
        if !store::used_tokens::use_up(&mut tx, &self.digest, self.expires_at).await? {
            return Err(AssertionRefused::Used.into());
        }
        tx.commit().await?;
        Ok(())
    }
}
