//! Refresh tokens. Whether one is good is decided by `protocol::rotation`; here it is found, consumed and followed.

use model::grant::{Digest, RefreshToken, TokenFamily};
use model::{FamilyId, RefreshTokenId, Timestamp};

use crate::columns::moment;
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx, families};

statements! {
    FIND = "SELECT id, family_id, generation, issued_at, idle_expires_at, expires_at, consumed_at, successor_id,
            seen_at, sealed_response, repeatable_until FROM refresh_tokens WHERE digest = $1";
    BY_ID = "SELECT id, family_id, generation, issued_at, idle_expires_at, expires_at, consumed_at, successor_id,
             seen_at, sealed_response, repeatable_until FROM refresh_tokens WHERE id = $1";
    INSERT = "INSERT INTO refresh_tokens
              (id, digest, family_id, generation, issued_at, idle_expires_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7)";
    CONSUME = "UPDATE refresh_tokens SET consumed_at = $2, seen_at = COALESCE(seen_at, $2), successor_id = $3,
               sealed_response = $4, repeatable_until = $5 WHERE id = $1 AND consumed_at IS NULL";
    REPLACE_RESPONSE = "UPDATE refresh_tokens SET sealed_response = $3 WHERE id = $1 AND sealed_response = $2";
    MARK_SEEN = "UPDATE refresh_tokens SET seen_at = $2 WHERE id = $1 AND seen_at IS NULL";
    FORGET_RESPONSE = "UPDATE refresh_tokens SET sealed_response = NULL,
                       repeatable_until = CASE WHEN repeatable_until > $2 THEN $2 ELSE repeatable_until END
                       WHERE successor_id = $1 AND sealed_response IS NOT NULL";
    RENEW = "UPDATE refresh_tokens SET idle_expires_at = $2, seen_at = COALESCE(seen_at, $3)
             WHERE id = $1 AND consumed_at IS NULL";
}

#[derive(sqlx::FromRow)]
struct RefreshTokenRow {
    id: String,
    family_id: String,
    generation: i64,
    issued_at: i64,
    idle_expires_at: Option<i64>,
    expires_at: Option<i64>,
    consumed_at: Option<i64>,
    successor_id: Option<String>,
    seen_at: Option<i64>,
    sealed_response: Option<Vec<u8>>,
    repeatable_until: Option<i64>,
}

impl From<RefreshTokenRow> for RefreshToken {
    fn from(row: RefreshTokenRow) -> Self {
        RefreshToken {
            id: RefreshTokenId::new(row.id),
            family_id: FamilyId::new(row.family_id),
            generation: row.generation,
            issued_at: Timestamp::from_millis(row.issued_at),
            idle_expires_at: moment(row.idle_expires_at),
            expires_at: moment(row.expires_at),
            consumed_at: moment(row.consumed_at),
            successor_id: row.successor_id.map(RefreshTokenId::new),
            seen_at: moment(row.seen_at),
            sealed_response: row.sealed_response,
            repeatable_until: moment(row.repeatable_until),
        }
    }
}

/// A refresh token with what decides about it.
#[derive(Clone, Debug)]
pub struct PresentedToken {
    /// The token.
    pub token: RefreshToken,
    /// Its family.
    pub family: TokenFamily,
    /// The token it was exchanged for.
    pub successor: Option<RefreshToken>,
}

/// The token with this digest, whatever its state. `None` also where its family is gone.
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<PresentedToken>, StoreError> {
    let Some(row) = db.fetch_optional::<RefreshTokenRow>(FIND, args![digest]).await? else { return Ok(None) };
    let token = RefreshToken::from(row);
    let Some(family) = families::find(db, &token.family_id).await? else { return Ok(None) };
    let successor = match &token.successor_id {
        Some(id) => db.fetch_optional::<RefreshTokenRow>(BY_ID, args![id]).await?.map(RefreshToken::from),
        None => None,
    };
    Ok(Some(PresentedToken { token, family, successor }))
}

/// Stores a new token.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, token: &RefreshToken) -> Result<(), StoreError> {
    let args = args![
        &token.id,
        digest,
        &token.family_id,
        token.generation,
        token.issued_at,
        token.idle_expires_at,
        token.expires_at,
    ];
    tx.execute(INSERT, args).await.map(|_| ())
}

/// What a token is exchanged for, and what is kept of the exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    /// The token that comes after it.
    pub successor: RefreshTokenId,
    /// The answer, sealed, for repeats.
    pub sealed_response: Vec<u8>,
    /// Until when a repeat may be answered; the row may be swept afterwards. `None` keeps it as long as the family.
    pub repeatable_until: Option<Timestamp>,
}

/// Exchanges a token for its successor. `false` means that somebody did so before; nothing was changed.
pub async fn consume(
    tx: &mut WriteTx,
    id: &RefreshTokenId,
    exchange: Exchange,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![id, now, &exchange.successor, exchange.sealed_response, exchange.repeatable_until];
    let consumed = tx.execute(CONSUME, args).await? == 1;
    if consumed {
        // An answer that was followed up is never repeated, whatever the client's leeway.
        forget_response_with(tx, id, now).await?;
    }
    Ok(consumed)
}

/// Keeps another answer in the place of this one. `false` means that this one is not kept any more: somebody else
/// replaced it, or the successor has come back.
pub async fn replace_response(
    tx: &mut WriteTx,
    id: &RefreshTokenId,
    kept: &[u8],
    replacement: Vec<u8>,
) -> Result<bool, StoreError> {
    Ok(tx.execute(REPLACE_RESPONSE, args![id, kept.to_vec(), replacement]).await? == 1)
}

/// Erases the answer that brought this token: nobody may get it again.
pub async fn forget_response_with(
    tx: &mut WriteTx,
    successor: &RefreshTokenId,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(FORGET_RESPONSE, args![successor, now]).await.map(|_| ())
}

/// Notes that the holder has this token, because an access token issued beside it was used.
pub async fn mark_seen(tx: &mut WriteTx, id: &RefreshTokenId, now: Timestamp) -> Result<(), StoreError> {
    tx.execute(MARK_SEEN, args![id, now]).await.map(|_| ())
}

/// Notes the use of a token that does not rotate. `false` means that it was consumed meanwhile.
pub async fn renew(
    tx: &mut WriteTx,
    id: &RefreshTokenId,
    idle_expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(RENEW, args![id, idle_expires_at, now]).await? == 1)
}
