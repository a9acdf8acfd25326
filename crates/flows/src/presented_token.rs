//! Tokens that a client presents to have them looked at, whatever their kind.

use keys::RefreshSecret;
use model::FamilyId;
use model::grant::{RefreshToken, TokenFamily};
use store::{Read, StoreError};

use crate::{Services, tokens};

/// A refresh token of ours.
pub(crate) enum KnownRefreshToken {
    /// With its row, whatever its state.
    Kept(RefreshToken),
    /// Exchanged so long ago that its row is gone.
    Swept,
}

/// Finds the family of a token by what it proves and not by what the client calls it: a `token_type_hint` saves a look-up
/// at most (RFC 7009 2.1), and ours cost next to nothing.
pub(crate) async fn find_family(
    svc: &Services,
    db: &mut impl Read,
    text: &str,
) -> Result<Option<TokenFamily>, StoreError> {
    if let Some((_, family)) = find_refresh_token(svc, db, text).await? {
        return Ok(Some(family));
    }
    let access = store::access_tokens::find(db, &tokens::access_digest(svc, text)).await?;
    Ok(access.map(|(_, family)| family))
}

/// Finds a refresh token and its family.
pub(crate) async fn find_refresh_token(
    svc: &Services,
    db: &mut impl Read,
    text: &str,
) -> Result<Option<(KnownRefreshToken, TokenFamily)>, StoreError> {
    let Some(secret) = RefreshSecret::parse(text) else { return Ok(None) };
    if let Some(found) = store::refresh_tokens::find(db, &secret.digest()).await? {
        return Ok(Some((KnownRefreshToken::Kept(found.token), found.family)));
    }
    let Some(family) = secret.family(&svc.sealer).map(FamilyId::new) else { return Ok(None) };
    Ok(store::families::find(db, &family).await?.map(|family| (KnownRefreshToken::Swept, family)))
}
