//! Authorization requests that wait while somebody signs in.

use model::grant::Digest;
use model::{ClientId, Timestamp};

use crate::columns::{from_json, to_json};
use crate::db::{Ask, args, statements, unless_orphan};
use crate::{Read, StoreError, WriteTx};
use protocol::authorization::AuthorizationRequest;

statements! {
    FIND = "SELECT browser_digest, client_id, request, started_at, expires_at
            FROM pending_authorizations WHERE digest = $1";
    INSERT = "INSERT INTO pending_authorizations (digest, browser_digest, client_id, request, started_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6)";
}

/// A saved authorization request. Only the secret id travels through the pages.
#[derive(Clone, Debug)]
pub struct PendingAuthorization {
    /// Digest of the browser's own secret: no other browser may go on with it.
    pub browser_digest: Digest,
    /// Who asks.
    pub client_id: ClientId,
    /// What was asked.
    pub request: AuthorizationRequest,
    /// When.
    pub started_at: Timestamp,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct PendingRow {
    browser_digest: Vec<u8>,
    client_id: String,
    request: String,
    started_at: i64,
    expires_at: i64,
}

impl PendingRow {
    fn into_pending(self) -> Result<PendingAuthorization, StoreError> {
        let wrong_length = |_| StoreError::corrupt("pending_authorizations", &self.client_id, "digest length");
        Ok(PendingAuthorization {
            browser_digest: self.browser_digest.try_into().map_err(wrong_length)?,
            request: from_json("pending_authorizations", &self.client_id, &self.request)?,
            client_id: ClientId::new(self.client_id),
            started_at: Timestamp::from_millis(self.started_at),
            expires_at: Timestamp::from_millis(self.expires_at),
        })
    }
}

/// The request saved under this digest of its id, expired or not.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<PendingAuthorization>, StoreError> {
    db.fetch_optional::<PendingRow>(FIND, args![digest]).await?.map(PendingRow::into_pending).transpose()
}

/// Saves a request. `false` means that its client is gone, and that nothing of the write may be committed.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, pending: &PendingAuthorization) -> Result<bool, StoreError> {
    let args = args![
        digest,
        &pending.browser_digest,
        &pending.client_id,
        to_json(&pending.request),
        pending.started_at,
        pending.expires_at,
    ];
    unless_orphan(tx.execute(INSERT, args).await)
}
