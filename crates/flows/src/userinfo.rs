//! What an access token's holder may know of the person (OpenID Connect Core 5.3).

use model::Timestamp;
use protocol::claims::{self, Told};
use protocol::rotation::is_over_once_seen;
use serde_json::{Map, Value};
use store::StoreError;
use store::access_tokens::HeldToken;

use crate::dpop::{self, DpopRefused, PresentedProof};
use crate::signing_keys::{self, OwnTokenRefused};
use crate::{InternalError, RequestContext, Services, tokens};

/// Why nothing is told.
#[derive(Debug, thiserror::Error)]
pub enum UserinfoRefused {
    /// The token is unknown, expired or revoked, was not granted `openid`, or its user is gone or blocked.
    #[error("the access token is unknown, expired or revoked")]
    InvalidToken,
    /// The proof beside the token proves nothing.
    #[error(transparent)]
    Dpop(#[from] DpopRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for UserinfoRefused {
    fn from(error: StoreError) -> Self {
        UserinfoRefused::Internal(error.into())
    }
}

/// An access token as it was presented.
#[derive(Clone, Copy)]
pub struct PresentedAccess<'a> {
    /// The token.
    pub token: &'a str,
    /// The proof beside it, without which it was presented as a bearer's.
    pub proof: Option<PresentedProof<'a>>,
}

/// Answers for an access token. Every token has a row, which is what makes it revocable; the use
/// of one proves that the refresh token issued beside it was received.
pub async fn userinfo(
    svc: &Services,
    cx: &RequestContext,
    presented: PresentedAccess<'_>,
) -> Result<Map<String, Value>, UserinfoRefused> {
    let access_token = presented.token;
    refuse_revoked_key(svc, access_token).await?;
    let digest = tokens::access_digest(svc, access_token);
    let found = store::access_tokens::find_held(&mut svc.store.read().await?, &digest).await?;
    let held = found.filter(|held| is_good(held, cx.now)).ok_or(UserinfoRefused::InvalidToken)?;
    check_possession(svc, cx, &presented, held.token.dpop_jkt.as_deref()).await?;
    note_receipt(svc, cx, &held).await?;
    let HeldToken { token, family, holder, .. } = &held;
    let updated_at = holder.updated_at.to_string();
    let told = Told { scope: &token.scope, requested: &family.claims.userinfo };
    Ok(claims::userinfo(family.user_id.as_str(), &tokens::profile_claims(&holder.profile, &updated_at), told))
}

fn is_good(held: &HeldToken, now: Timestamp) -> bool {
    let is_for_userinfo = held.token.scope.contains("openid");
    now < held.token.expires_at && held.family.revoked_at.is_none() && !held.holder.is_blocked && is_for_userinfo
}

/// A token that is bound to a key comes with a proof by that key, and one that is not comes without (RFC 9449 7.1).
async fn check_possession(
    svc: &Services,
    cx: &RequestContext,
    presented: &PresentedAccess<'_>,
    bound_to: Option<&str>,
) -> Result<(), UserinfoRefused> {
    match (bound_to, &presented.proof) {
        (None, None) => Ok(()),
        (Some(jkt), Some(proof)) if dpop::accept(svc, cx, proof, Some(presented.token)).await? == jkt => Ok(()),
        _ => Err(UserinfoRefused::InvalidToken),
    }
}

/// The row says that we issued the token; the key set, whether what its key signed is still worth anything.
async fn refuse_revoked_key(svc: &Services, access_token: &str) -> Result<(), UserinfoRefused> {
    if !access_token.contains('.') {
        return Ok(());
    }
    match signing_keys::verify(svc, access_token, &["JWT", "at+jwt"]).await {
        Ok(_) => Ok(()),
        Err(OwnTokenRefused::Untrusted(_)) => Err(UserinfoRefused::InvalidToken),
        Err(OwnTokenRefused::Internal(error)) => Err(error.into()),
    }
}

/// Marks the refresh token as seen, once. Where that is all a client's repeats wait for, the answer that brought the
/// token is erased in the same write.
async fn note_receipt(svc: &Services, cx: &RequestContext, held: &HeldToken) -> Result<(), StoreError> {
    let Some(refresh_token) = &held.token.refresh_token_id else { return Ok(()) };
    if held.refresh_token_was_seen {
        return Ok(());
    }
    let client = store::clients::find(&mut svc.store.read().await?, &held.family.client_id).await?;
    let mut tx = svc.store.write().await?;
    if !store::families::keep(&mut tx, &held.family.id).await? {
        return Ok(());
    }
    store::refresh_tokens::mark_seen(&mut tx, refresh_token, cx.now).await?;
    if client.is_none_or(|stored| is_over_once_seen(&stored.client.refresh_token)) {
        store::refresh_tokens::forget_response_with(&mut tx, refresh_token, cx.now).await?;
    }
    tx.commit().await
}
