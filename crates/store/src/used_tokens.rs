//! Tokens of others that serve once.

use model::Timestamp;
use model::grant::Digest;

use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    USE = "INSERT INTO used_tokens (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
    FIND = "SELECT digest FROM used_tokens WHERE digest = $1";
}

/// Whether the token with this digest was used. Another may use it the moment after.
pub async fn is_used(db: &mut impl Read, digest: &Digest) -> Result<bool, StoreError> {
    Ok(db.fetch_optional::<(Vec<u8>,)>(FIND, args![digest]).await?.is_some())
}

/// Uses a token, of which the digest is a name, up. `false` means that it was used before. It is remembered until
/// `expires_at`, when it is worth nothing anyway.
pub async fn use_up(tx: &mut WriteTx, digest: &Digest, expires_at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(USE, args![digest, expires_at]).await? == 1)
}
