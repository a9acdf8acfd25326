//! The keys that sign tokens.

use keys::CertificateFaces;
use model::signing_key::SigningKey;
use protocol::management_scope::ManagementScope;

use super::{Caller, Refused, Resource};
use crate::error::OrInternal;
use crate::signing_keys::{self, KeyRevocation};
use crate::{RequestContext, Services};

/// A key as it is shown: never its private half.
#[derive(Clone, Debug)]
pub struct ShownKey {
    /// Where it stands, and since when.
    pub key: SigningKey,
    /// Its certificate.
    pub certificate: CertificateFaces,
}

/// Every key there has been, oldest first.
pub async fn list(svc: &Services, caller: &Caller) -> Result<Vec<ShownKey>, Refused> {
    caller.require(ManagementScope::ReadSigningKeys)?;
    signing_keys::list(svc).await?.into_iter().map(shown).collect()
}

/// One key.
pub async fn get(svc: &Services, caller: &Caller, kid: &str) -> Result<ShownKey, Refused> {
    caller.require(ManagementScope::ReadSigningKeys)?;
    find(svc, kid).await
}

/// The next key begins to sign, and another next one is published. Answers the key that signs now.
pub async fn rotate(svc: &Services, cx: &RequestContext, caller: &Caller) -> Result<ShownKey, Refused> {
    caller.require(ManagementScope::CreateSigningKeys)?;
    caller.require(ManagementScope::UpdateSigningKeys)?;
    let written = |id: &str| caller.event(svc, cx, "rotate_signing_keys", id);
    shown(signing_keys::rotate_with(svc, cx, written).await?)
}

/// Withdraws a key that used to sign: its tokens are worthless from now on.
pub async fn revoke(svc: &Services, cx: &RequestContext, caller: &Caller, kid: &str) -> Result<ShownKey, Refused> {
    caller.require(ManagementScope::UpdateSigningKeys)?;
    find(svc, kid).await?;
    let written = caller.event(svc, cx, "revoke_signing_key", kid);
    match signing_keys::revoke_with(svc, cx, kid, written).await? {
        KeyRevocation::Revoked => find(svc, kid).await,
        KeyRevocation::NotPrevious => Err(Refused::KeyNotPrevious),
    }
}

async fn find(svc: &Services, kid: &str) -> Result<ShownKey, Refused> {
    let found = signing_keys::list(svc).await?.into_iter().find(|key| key.kid == kid);
    shown(found.ok_or(Refused::NotFound(Resource::SigningKey))?)
}

fn shown(key: SigningKey) -> Result<ShownKey, Refused> {
    let certificate = CertificateFaces::of(&key.certificate).or_internal("reading the certificate of a signing key")?;
    Ok(ShownKey { key, certificate })
}
