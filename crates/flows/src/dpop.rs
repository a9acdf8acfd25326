//! Callers that prove which key they hold (RFC 9449). What they are given is then bound to that key.

use keys::{SignedProof, TokenRefused, verify_proof};
use model::Timestamp;
use model::client::Client;
use model::resource_server::ResourceServer;
use protocol::dpop::{self, Proof, ProofRefused, ProvenCall};
use store::StoreError;

use crate::{InternalError, RequestContext, Services};

const USED_PURPOSE: &str = "dpop proof";

/// A proof as it came, and the call it came with.
#[derive(Clone, Copy, Debug)]
pub struct PresentedProof<'a> {
    /// The header's value.
    pub text: &'a str,
    /// The method of the call.
    pub method: &'a str,
    /// The path of the call within the issuer, without a slash in front.
    pub path: &'a str,
}

/// Why a proof proves nothing.
#[derive(Debug, thiserror::Error)]
pub enum DpopRefused {
    /// There is none, and the client or the API wants one.
    #[error("a DPoP proof is required")]
    Missing,
    /// It is not signed as it must be.
    #[error(transparent)]
    Signature(#[from] TokenRefused),
    /// It is not about this call.
    #[error(transparent)]
    Claims(#[from] ProofRefused),
    /// One with this `jti` came before.
    #[error("a proof with this jti was used before")]
    Used,
    /// It is by another key than the request names.
    #[error("the proof is by another key than dpop_jkt")]
    AnotherKey,
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for DpopRefused {
    fn from(error: StoreError) -> Self {
        DpopRefused::Internal(error.into())
    }
}

/// Believes a proof once, on whichever node it comes, and says by which key it is. Beside an access token, it must be
/// about that token.
pub(crate) async fn accept(
    svc: &Services,
    cx: &RequestContext,
    presented: &PresentedProof<'_>,
    access_token: Option<&str>,
) -> Result<String, DpopRefused> {
    let SignedProof { jkt, claims } = verify_proof(presented.text)?;
    let url = format!("{}{}", svc.settings.issuer, presented.path);
    let call = ProvenCall { method: presented.method, url: &url, access_token };
    let proof = dpop::check(&claims, &call, cx.now.seconds())?;
    use_up(svc, &jkt, &proof).await?;
    Ok(jkt)
}

async fn use_up(svc: &Services, jkt: &str, proof: &Proof) -> Result<(), DpopRefused> {
    let digest = svc.sealer.keyed_digest(USED_PURPOSE, format!("{jkt}\n{}", proof.jti).as_bytes());
    let expires_at = Timestamp::from_millis(proof.expires_at.saturating_mul(1000));
    let mut tx = svc.store.write().await?;
    if !store::used_tokens::use_up(&mut tx, &digest, expires_at).await? {
        return Err(DpopRefused::Used);
    }
    tx.commit().await?;
    Ok(())
}

/// Goes on unless this client or this API takes bound tokens alone, and nothing was proven.
pub(crate) fn require(client: &Client, api: Option<&ResourceServer>, jkt: Option<&str>) -> Result<(), DpopRefused> {
    if jkt.is_none() && is_required(client, api) {
        return Err(DpopRefused::Missing);
    }
    Ok(())
}

/// Whether this client or this API takes bound tokens alone.
pub(crate) fn is_required(client: &Client, api: Option<&ResourceServer>) -> bool {
    let by_api = api.and_then(|api| api.proof_of_possession).is_some_and(|settings| settings.required);
    client.require_proof_of_possession || by_api
}
