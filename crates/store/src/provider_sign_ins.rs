//! Browsers that were sent to a provider and have not come back.

use model::grant::Digest;
use model::{ConnectionId, Timestamp};

use crate::db::{Ask, args, statements, unless_orphan};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT browser_digest, connection_id, secrets_sealed, is_silent, started_at, expires_at
            FROM provider_sign_ins WHERE digest = $1";
    INSERT = "INSERT INTO provider_sign_ins
              (digest, browser_digest, connection_id, secrets_sealed, is_silent, started_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CONSUME = "DELETE FROM provider_sign_ins WHERE digest = $1";
}

/// A sign-in that goes on elsewhere. Only its secret name travels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSignIn {
    /// Digest of the browser's own secret: no other browser may come back with it.
    pub browser_digest: Digest,
    /// At whose provider.
    pub connection_id: ConnectionId,
    /// What only we may know of it, under the master key.
    pub secrets_sealed: Vec<u8>,
    /// Whether the person is not to see a page there.
    pub is_silent: bool,
    /// When the browser left.
    pub started_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct SignInRow {
    browser_digest: Vec<u8>,
    connection_id: String,
    secrets_sealed: Vec<u8>,
    is_silent: bool,
    started_at: i64,
    expires_at: i64,
}

impl SignInRow {
    fn into_sign_in(self) -> Result<ProviderSignIn, StoreError> {
        let wrong_length = |_| StoreError::corrupt("provider_sign_ins", &self.connection_id, "digest length");
        Ok(ProviderSignIn {
            browser_digest: self.browser_digest.try_into().map_err(wrong_length)?,
            connection_id: ConnectionId::new(self.connection_id),
            secrets_sealed: self.secrets_sealed,
            is_silent: self.is_silent,
            started_at: Timestamp::from_millis(self.started_at),
            expires_at: Timestamp::from_millis(self.expires_at),
        })
    }
}

/// The sign-in whose name has this digest, expired or not.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<ProviderSignIn>, StoreError> {
    db.fetch_optional::<SignInRow>(FIND, args![digest]).await?.map(SignInRow::into_sign_in).transpose()
}

/// Remembers a browser that leaves. `false` means that the connection is gone, and that nothing of the write may be
/// committed.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, sign_in: &ProviderSignIn) -> Result<bool, StoreError> {
    let args = args![
        digest,
        &sign_in.browser_digest,
        &sign_in.connection_id,
        sign_in.secrets_sealed.clone(),
        sign_in.is_silent,
        sign_in.started_at,
        sign_in.expires_at,
    ];
    unless_orphan(tx.execute(INSERT, args).await)
}

/// Forgets it, because the browser is back. `false` means that it came back before.
pub async fn consume(tx: &mut WriteTx, digest: &Digest) -> Result<bool, StoreError> {
    Ok(tx.execute(CONSUME, args![digest]).await? == 1)
}
