//! Access tokens that speak for a person.

use model::grant::{Digest, OpaqueAccessToken, TokenFamily};
use model::{FamilyId, RefreshTokenId, Timestamp};
use protocol::scope::ScopeSet;

use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx, families};

statements! {
    FIND = "SELECT family_id, refresh_token_id, scope, dpop_jkt, expires_at FROM access_tokens WHERE digest = $1";
    INSERT = "INSERT INTO access_tokens (digest, family_id, refresh_token_id, scope, expires_at, dpop_jkt)
              VALUES ($1, $2, $3, $4, $5, $6)";
}

#[derive(sqlx::FromRow)]
struct AccessTokenRow {
    family_id: String,
    refresh_token_id: Option<String>,
    scope: String,
    dpop_jkt: Option<String>,
    expires_at: i64,
}

/// The token with this digest and its family, whatever their state.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<(OpaqueAccessToken, TokenFamily)>, StoreError> {
    let Some(row) = db.fetch_optional::<AccessTokenRow>(FIND, args![digest]).await? else { return Ok(None) };
    let token = OpaqueAccessToken {
        family_id: FamilyId::new(row.family_id),
        refresh_token_id: row.refresh_token_id.map(RefreshTokenId::new),
        scope: ScopeSet::parse(&row.scope),
        dpop_jkt: row.dpop_jkt,
        expires_at: Timestamp::from_millis(row.expires_at),
    };
    Ok(families::find(db, &token.family_id).await?.map(|family| (token, family)))
}

/// Stores a new token.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, token: &OpaqueAccessToken) -> Result<(), StoreError> {
    let args = args![
        digest,
        &token.family_id,
        token.refresh_token_id.as_ref(),
        &token.scope,
        token.expires_at,
        token.dpop_jkt.as_deref(),
    ];
    tx.execute(INSERT, args).await.map(|_| ())
}
