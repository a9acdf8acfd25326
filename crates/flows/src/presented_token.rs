//! Tokens that a client presents to have them looked at, whatever their kind.

use keys::RefreshSecret;
use model::FamilyId;
use model::grant::{OpaqueAccessToken, RefreshToken, TokenFamily};
use store::{Read, StoreError};

use crate::{Services, tokens};

/// A token of ours that belongs to a family.
pub(crate) enum KnownToken {
    /// A refresh token, whatever its state.
    Refresh(RefreshToken),
    /// A refresh token that was exchanged so long ago that its row is gone.
    SweptRefresh,
    /// An access token of a person, expired or not.
    Access(OpaqueAccessToken),
}

/// Finds a token by what it proves and not by what the client calls it: a `token_type_hint` saves a look-up at most
/// (RFC 7009 2.1), and ours cost next to nothing.
pub(crate) async fn find(
    svc: &Services,
    db: &mut impl Read,
    text: &str,
) -> Result<Option<(KnownToken, TokenFamily)>, StoreError> {
    if let Some(secret) = RefreshSecret::parse(text)
        && let Some(found) = find_refresh(svc, db, &secret).await?
    {
        return Ok(Some(found));
    }
    let access = store::access_tokens::find(db, &tokens::access_digest(svc, text)).await?;
    Ok(access.map(|(token, family)| (KnownToken::Access(token), family)))
}

async fn find_refresh(
    svc: &Services,
    db: &mut impl Read,
    secret: &RefreshSecret,
) -> Result<Option<(KnownToken, TokenFamily)>, StoreError> {
    if let Some(found) = store::refresh_tokens::find(db, &secret.digest()).await? {
        return Ok(Some((KnownToken::Refresh(found.token), found.family)));
    }
    let Some(family) = secret.family(&svc.sealer).map(FamilyId::new) else { return Ok(None) };
    Ok(store::families::find(db, &family).await?.map(|family| (KnownToken::SweptRefresh, family)))
}
