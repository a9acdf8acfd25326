//! Authorization requests that clients have sent ahead (RFC 9126).

use model::grant::Digest;
use model::{ClientId, Timestamp};
use protocol::params::Params;

use crate::columns::{from_json, to_json};
use crate::db::{Ask, args, statements, unless_orphan};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT client_id, parameters, expires_at FROM pushed_authorizations WHERE digest = $1";
    INSERT = "INSERT INTO pushed_authorizations (digest, client_id, parameters, expires_at) VALUES ($1, $2, $3, $4)";
    CONSUME = "DELETE FROM pushed_authorizations WHERE digest = $1";
}

/// A request that waits for a browser to name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedAuthorization {
    /// Who sent it.
    pub client_id: ClientId,
    /// What it asks.
    pub parameters: Params,
    /// When it is forgotten.
    pub expires_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct PushedRow {
    client_id: String,
    parameters: String,
    expires_at: i64,
}

impl PushedRow {
    fn into_pushed(self) -> Result<PushedAuthorization, StoreError> {
        let pairs: Vec<(String, String)> = from_json("pushed_authorizations", &self.client_id, &self.parameters)?;
        let parameters = Params::from_pairs(pairs)
            .map_err(|refused| StoreError::corrupt("pushed_authorizations", &self.client_id, refused.to_string()))?;
        let expires_at = Timestamp::from_millis(self.expires_at);
        Ok(PushedAuthorization { client_id: ClientId::new(self.client_id), parameters, expires_at })
    }
}

/// The request whose name has this digest, expired or not.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<PushedAuthorization>, StoreError> {
    db.fetch_optional::<PushedRow>(FIND, args![digest]).await?.map(PushedRow::into_pushed).transpose()
}

/// Keeps a request. `false` means that its client is gone, and that nothing of the write may be committed.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, pushed: &PushedAuthorization) -> Result<bool, StoreError> {
    let pairs: Vec<(&str, &str)> = pushed.parameters.iter().collect();
    let args = args![digest, &pushed.client_id, to_json(&pairs), pushed.expires_at];
    unless_orphan(tx.execute(INSERT, args).await)
}

/// Forgets a request, because a browser has named it. `false` means that one did before.
pub async fn consume(tx: &mut WriteTx, digest: &Digest) -> Result<bool, StoreError> {
    Ok(tx.execute(CONSUME, args![digest]).await? == 1)
}
