//! Token families, and the one mark that revokes them.

use model::grant::{Grant, RevokedReason, TokenFamily};
use model::{ClientId, FamilyId, JsonObject, SessionId, Timestamp, UserId};
use protocol::scope::ScopeSet;

use crate::columns::{from_json, moment, to_json, words};
use crate::db::{Ask, args, statements, unless_orphan};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT id, user_id, client_id, sid, audience, scope, authenticated_at, amr, created_at, revoked_at,
            revoked_reason, dpop_jkt, claims FROM token_families WHERE id = $1";
    INSERT = "INSERT INTO token_families
              (id, user_id, client_id, sid, audience, scope, authenticated_at, amr, created_at, expires_at, dpop_jkt,
               claims)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    KEEP = keeping "SELECT id FROM token_families WHERE id = $1";
    BIND = "UPDATE token_families SET dpop_jkt = $2 WHERE id = $1 AND dpop_jkt IS NULL";
    SET_METADATA = "UPDATE token_families SET metadata = $2 WHERE id = $1 AND revoked_at IS NULL";
    EXTEND = "UPDATE token_families SET expires_at = $2 WHERE id = $1 AND expires_at < $2";
    REVOKE = "UPDATE token_families SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at IS NULL";
    REVOKE_OF_USER = "UPDATE token_families SET revoked_at = $2, revoked_reason = $3
                      WHERE user_id = $1 AND revoked_at IS NULL";
    REVOKE_GRANTED = "UPDATE token_families SET revoked_at = $5, revoked_reason = $6
                      WHERE user_id = $1 AND client_id = $2 AND COALESCE(audience, $4) = $3 AND revoked_at IS NULL";
    REVOKE_ALL_OF_SESSION = "UPDATE token_families SET revoked_at = $2, revoked_reason = $3
                             WHERE sid = $1 AND revoked_at IS NULL";
    REVOKE_OF_SESSIONS = "UPDATE token_families SET revoked_at = $2, revoked_reason = $3
                          WHERE user_id = $1 AND sid IS NOT NULL AND revoked_at IS NULL AND NOT EXISTS
                          (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.family_id = token_families.id)";
    REVOKE_HELD = "UPDATE token_families SET revoked_at = $2, revoked_reason = $3
                   WHERE user_id = $1 AND (client_id = $4 OR $4 IS NULL) AND (audience = $5 OR $5 IS NULL)
                   AND revoked_at IS NULL AND EXISTS
                   (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.family_id = token_families.id)";
    REVOKE_OF_SESSION = "UPDATE token_families SET revoked_at = $2, revoked_reason = $3
                         WHERE sid = $1 AND revoked_at IS NULL AND NOT EXISTS
                         (SELECT 1 FROM refresh_tokens WHERE refresh_tokens.family_id = token_families.id)";
}

#[derive(sqlx::FromRow)]
pub(crate) struct FamilyRow {
    id: String,
    user_id: String,
    client_id: String,
    sid: Option<String>,
    audience: Option<String>,
    scope: String,
    authenticated_at: i64,
    amr: String,
    created_at: i64,
    revoked_at: Option<i64>,
    revoked_reason: Option<String>,
    dpop_jkt: Option<String>,
    claims: Option<String>,
}

impl FamilyRow {
    pub(crate) fn into_family(self) -> Result<TokenFamily, StoreError> {
        let revoked_reason = self
            .revoked_reason
            .map(|word| serde_json::from_value(serde_json::Value::String(word)))
            .transpose()
            .map_err(|error| StoreError::corrupt("token_families", &self.id, error.to_string()))?;
        let claims = self.claims.as_deref().map(|text| from_json("token_families", &self.id, text)).transpose()?;
        Ok(TokenFamily {
            id: FamilyId::new(self.id),
            user_id: UserId::new(self.user_id),
            client_id: ClientId::new(self.client_id),
            sid: self.sid.map(SessionId::new),
            audience: self.audience,
            scope: ScopeSet::parse(&self.scope),
            claims: claims.unwrap_or_default(),
            authenticated_at: Timestamp::from_millis(self.authenticated_at),
            amr: words(&self.amr),
            created_at: Timestamp::from_millis(self.created_at),
            revoked_at: moment(self.revoked_at),
            revoked_reason,
            dpop_jkt: self.dpop_jkt,
        })
    }
}

fn word(reason: RevokedReason) -> String {
    match serde_json::to_value(reason) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("a variant without fields is written as its name"),
    }
}

/// The family with this id, revoked or not.
pub async fn find(db: &mut impl Read, id: &FamilyId) -> Result<Option<TokenFamily>, StoreError> {
    db.fetch_optional::<FamilyRow>(FIND, args![id]).await?.map(FamilyRow::into_family).transpose()
}

/// Stores a new family, to be swept once nothing of it can be valid after `expires_at`. `false` means that the person or
/// the client is gone, and that nothing of the write may be committed.
pub async fn insert(tx: &mut WriteTx, family: &TokenFamily, expires_at: Timestamp) -> Result<bool, StoreError> {
    let args = args![
        &family.id,
        &family.user_id,
        &family.client_id,
        family.sid.as_ref(),
        family.audience.as_deref(),
        &family.scope,
        family.authenticated_at,
        family.amr.join(" "),
        family.created_at,
        expires_at,
        family.dpop_jkt.as_deref(),
        (!family.claims.is_empty()).then(|| to_json(&family.claims)),
    ];
    unless_orphan(tx.execute(INSERT, args).await)
}

/// Sees to it that a family, revoked or not, stays until the write ends. `false` means that there is none. Whoever writes
/// into what descends from it asks this first: with its person or its client, a family is deleted before its descendants.
pub async fn keep(tx: &mut WriteTx, id: &FamilyId) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional::<(String,)>(KEEP, args![id]).await?.is_some())
}

/// Moves the moment after which nothing of the family can be valid; never backwards.
pub async fn extend(tx: &mut WriteTx, id: &FamilyId, expires_at: Timestamp) -> Result<(), StoreError> {
    tx.execute(EXTEND, args![id, expires_at]).await.map(|_| ())
}

/// Binds what descends from the family to a key, unless it is bound to one.
pub async fn bind(tx: &mut WriteTx, id: &FamilyId, jkt: &str) -> Result<(), StoreError> {
    tx.execute(BIND, args![id, jkt]).await.map(|_| ())
}

/// Replaces what an operator noted beside it. `false` means that there is no such family, or it is revoked.
pub async fn set_metadata(tx: &mut WriteTx, id: &FamilyId, metadata: &JsonObject) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_METADATA, args![id, to_json(metadata)]).await? == 1)
}

/// Revokes a family. `false` means that it was revoked before; the first reason stays.
pub async fn revoke(
    tx: &mut WriteTx,
    id: &FamilyId,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(REVOKE, args![id, now, word(reason)]).await? == 1)
}

/// Revokes every family of a person and says how many.
pub async fn revoke_of_user(
    tx: &mut WriteTx,
    user_id: &UserId,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_OF_USER, args![user_id, now, word(reason)]).await
}

/// Revokes what a client was given because a person had allowed it, and says how many families that is. Families
/// without an API are for `userinfo`.
pub async fn revoke_granted(
    tx: &mut WriteTx,
    grant: &Grant,
    userinfo: &str,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let args = args![&grant.user_id, &grant.client_id, &grant.audience, userinfo, now, word(reason)];
    tx.execute(REVOKE_GRANTED, args).await
}

/// Revokes what began in a session that has ended, except families with a refresh token: `offline_access` was granted
/// to outlive the session (OpenID Connect Core 11).
pub async fn revoke_of_session(
    tx: &mut WriteTx,
    sid: &SessionId,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_OF_SESSION, args![sid, now, word(reason)]).await
}

/// The same for every session of a person.
pub async fn revoke_of_sessions(
    tx: &mut WriteTx,
    user_id: &UserId,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_OF_SESSIONS, args![user_id, now, word(reason)]).await
}

/// Revokes a person's families with a refresh token, of one client or for one API where these are named.
pub async fn revoke_held(
    tx: &mut WriteTx,
    user_id: &UserId,
    client_id: Option<&ClientId>,
    audience: Option<&str>,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_HELD, args![user_id, now, word(reason), client_id, audience]).await
}

/// Revokes everything that began in a session, refresh tokens included.
pub async fn revoke_all_of_session(
    tx: &mut WriteTx,
    sid: &SessionId,
    reason: RevokedReason,
    now: Timestamp,
) -> Result<u64, StoreError> {
    tx.execute(REVOKE_ALL_OF_SESSION, args![sid, now, word(reason)]).await
}
