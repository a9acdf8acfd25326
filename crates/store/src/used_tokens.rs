//! Tokens of others that serve once.

use model::Timestamp;
use model::grant::Digest;

use crate::db::{args, statements};
use crate::{StoreError, WriteTx};

statements! {
    USE = "INSERT INTO used_tokens (digest, expires_at) VALUES ($1, $2) ON CONFLICT (digest) DO NOTHING";
}

/// Uses a token, of which the digest is a name, up. `false` means that it was used before. It is remembered until
/// `expires_at`, when it is worth nothing anyway.
pub async fn use_up(tx: &mut WriteTx, digest: &Digest, expires_at: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(USE, args![digest, expires_at]).await? == 1)
}
