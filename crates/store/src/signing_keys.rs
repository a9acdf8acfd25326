//! Keys that sign tokens.

use model::Timestamp;
use model::signing_key::{KeyState, SigningKey};

use crate::columns::moment;
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    LIST = "SELECT kid, state, sealed_private_key, certificate, created_at, current_since, current_until, revoked_at
            FROM signing_keys ORDER BY created_at, kid";
    STATES = "SELECT kid, state FROM signing_keys";
    INSERT = "INSERT INTO signing_keys
              (kid, state, sealed_private_key, certificate, created_at, current_since, current_until, revoked_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING";
    RETIRE = "UPDATE signing_keys SET state = 'previous', current_until = $2 WHERE kid = $1 AND state = 'current'";
    PROMOTE_NEXT = "UPDATE signing_keys SET state = 'current', current_since = $1 WHERE state = 'next'";
    REVOKE = "UPDATE signing_keys SET state = 'revoked', revoked_at = $2 WHERE kid = $1 AND state = 'previous'";
}

#[derive(sqlx::FromRow)]
struct KeyRow {
    kid: String,
    state: String,
    sealed_private_key: Vec<u8>,
    certificate: Vec<u8>,
    created_at: i64,
    current_since: Option<i64>,
    current_until: Option<i64>,
    revoked_at: Option<i64>,
}

impl KeyRow {
    fn into_key(self) -> Result<SigningKey, StoreError> {
        Ok(SigningKey {
            state: state_of(&self.kid, &self.state)?,
            kid: self.kid,
            sealed_private_key: self.sealed_private_key,
            certificate: self.certificate,
            created_at: Timestamp::from_millis(self.created_at),
            current_since: moment(self.current_since),
            current_until: moment(self.current_until),
            revoked_at: moment(self.revoked_at),
        })
    }
}

fn state_of(kid: &str, stored: &str) -> Result<KeyState, StoreError> {
    KeyState::from_stored(stored).ok_or_else(|| StoreError::corrupt("signing_keys", kid, "unknown state"))
}

/// The id of every key there has been, and where it stands.
pub async fn states(db: &mut impl Read) -> Result<Vec<(String, KeyState)>, StoreError> {
    let rows: Vec<(String, String)> = db.fetch_all(STATES, args![]).await?;
    rows.into_iter().map(|(kid, stored)| state_of(&kid, &stored).map(|state| (kid, state))).collect()
}

/// Every key there has been, oldest first.
pub async fn list(db: &mut impl Read) -> Result<Vec<SigningKey>, StoreError> {
    let rows: Vec<KeyRow> = db.fetch_all(LIST, args![]).await?;
    rows.into_iter().map(KeyRow::into_key).collect()
}

/// Stores a new key. `false` means another node stored one for the same state first, and this one is not kept.
pub async fn insert(tx: &mut WriteTx, key: &SigningKey) -> Result<bool, StoreError> {
    let args = args![
        &key.kid,
        key.state.as_str(),
        key.sealed_private_key.clone(),
        key.certificate.clone(),
        key.created_at,
        key.current_since,
        key.current_until,
        key.revoked_at,
    ];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// The next key takes the place of this current one, which goes on verifying. `false` means that this one is not
/// current any more, or that there was no next key; then nothing must be committed.
pub async fn replace_current(tx: &mut WriteTx, kid: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(RETIRE, args![kid, now]).await? == 1 && tx.execute(PROMOTE_NEXT, args![now]).await? == 1)
}

/// Withdraws a previous key. `false` means that no previous key has this id.
pub async fn revoke(tx: &mut WriteTx, kid: &str, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(REVOKE, args![kid, now]).await? == 1)
}
