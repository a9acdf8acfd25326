//! Authorization codes.

use model::grant::{AuthorizationCode, Digest};
use model::{ClientId, FamilyId, Timestamp};

use crate::columns::moment;
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT family_id, client_id, redirect_uri, code_challenge, nonce, expires_at, consumed_at
            FROM authorization_codes WHERE digest = $1";
    INSERT = "INSERT INTO authorization_codes
              (digest, family_id, client_id, redirect_uri, code_challenge, nonce, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CONSUME = "UPDATE authorization_codes SET consumed_at = $2 WHERE digest = $1 AND consumed_at IS NULL";
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    family_id: String,
    client_id: String,
    redirect_uri: Option<String>,
    code_challenge: Option<String>,
    nonce: Option<String>,
    expires_at: i64,
    consumed_at: Option<i64>,
}

impl From<CodeRow> for AuthorizationCode {
    fn from(row: CodeRow) -> Self {
        AuthorizationCode {
            family_id: FamilyId::new(row.family_id),
            client_id: ClientId::new(row.client_id),
            redirect_uri: row.redirect_uri,
            code_challenge: row.code_challenge,
            nonce: row.nonce,
            expires_at: Timestamp::from_millis(row.expires_at),
            consumed_at: moment(row.consumed_at),
        }
    }
}

/// The code with this digest, consumed or expired or not.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<AuthorizationCode>, StoreError> {
    Ok(db.fetch_optional::<CodeRow>(FIND, args![digest]).await?.map(AuthorizationCode::from))
}

/// Stores a new code.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, code: &AuthorizationCode) -> Result<(), StoreError> {
    let args = args![
        digest,
        &code.family_id,
        &code.client_id,
        code.redirect_uri.as_deref(),
        code.code_challenge.as_deref(),
        code.nonce.as_deref(),
        code.expires_at,
    ];
    tx.execute(INSERT, args).await.map(|_| ())
}

/// Consumes a code. `false` means that somebody did so before; nothing was changed.
pub async fn consume(tx: &mut WriteTx, digest: &Digest, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(CONSUME, args![digest, now]).await? == 1)
}
