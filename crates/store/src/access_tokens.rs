//! Access tokens that speak for a person.

use model::grant::{AccessToken, Digest, TokenFamily};
use model::user::Profile;
use model::{FamilyId, RefreshTokenId, Timestamp};
use protocol::scope::ScopeSet;

use crate::columns::from_json;
use crate::db::{Ask, args, statements};
use crate::families::FamilyRow;
use crate::{Read, StoreError, WriteTx, families};

statements! {
    FIND = "SELECT family_id, refresh_token_id, scope, dpop_jkt, expires_at FROM access_tokens WHERE digest = $1";
    // One question, because one is asked for every call that an application makes for somebody.
    FIND_HELD = "SELECT a.refresh_token_id, a.scope AS token_scope, a.dpop_jkt AS token_jkt, a.expires_at,
                 f.id, f.user_id, f.client_id, f.sid, f.audience, f.scope, f.authenticated_at, f.amr, f.created_at,
                 f.revoked_at, f.revoked_reason, f.dpop_jkt, f.claims,
                 u.email, u.email_verified, u.profile, u.blocked, u.updated_at, r.seen_at
                 FROM access_tokens a JOIN token_families f ON f.id = a.family_id
                 JOIN users u ON u.user_id = f.user_id LEFT JOIN refresh_tokens r ON r.id = a.refresh_token_id
                 WHERE a.digest = $1";
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
pub async fn find(db: &mut impl Read, digest: &Digest) -> Result<Option<(AccessToken, TokenFamily)>, StoreError> {
    let Some(row) = db.fetch_optional::<AccessTokenRow>(FIND, args![digest]).await? else { return Ok(None) };
    let token = AccessToken {
        family_id: FamilyId::new(row.family_id),
        refresh_token_id: row.refresh_token_id.map(RefreshTokenId::new),
        scope: ScopeSet::parse(&row.scope),
        dpop_jkt: row.dpop_jkt,
        expires_at: Timestamp::from_millis(row.expires_at),
    };
    Ok(families::find(db, &token.family_id).await?.map(|family| (token, family)))
}

/// An access token with everything that decides whether it is good at this moment.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldToken {
    /// The token.
    pub token: AccessToken,
    /// Its family, revoked or not.
    pub family: TokenFamily,
    /// For whom it speaks.
    pub holder: Holder,
    /// Whether the refresh token that was issued beside it is known to have arrived.
    pub refresh_token_was_seen: bool,
}

/// The person for whom a token speaks, as far as its bearer may know them.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// Who it is.
    pub profile: Profile,
    /// Whether they may not come in at the moment.
    pub is_blocked: bool,
    /// When something about them changed last.
    pub updated_at: Timestamp,
}

#[derive(sqlx::FromRow)]
struct HeldTokenRow {
    refresh_token_id: Option<String>,
    token_scope: String,
    token_jkt: Option<String>,
    expires_at: i64,
    #[sqlx(flatten)]
    family: FamilyRow,
    email: Option<String>,
    email_verified: bool,
    profile: String,
    blocked: Option<bool>,
    updated_at: i64,
    seen_at: Option<i64>,
}

impl HeldTokenRow {
    fn into_held(self) -> Result<HeldToken, StoreError> {
        let family = self.family.into_family()?;
        let profile: Profile = from_json("users", family.user_id.as_str(), &self.profile)?;
        let token = AccessToken {
            family_id: family.id.clone(),
            refresh_token_id: self.refresh_token_id.map(RefreshTokenId::new),
            scope: ScopeSet::parse(&self.token_scope),
            dpop_jkt: self.token_jkt,
            expires_at: Timestamp::from_millis(self.expires_at),
        };
        let holder = Holder {
            profile: Profile { email: self.email, email_verified: self.email_verified, ..profile },
            is_blocked: self.blocked == Some(true),
            updated_at: Timestamp::from_millis(self.updated_at),
        };
        Ok(HeldToken { token, family, holder, refresh_token_was_seen: self.seen_at.is_some() })
    }
}

/// The token with this digest and for whom it speaks, whatever their state.
pub async fn find_held(db: &mut impl Read, digest: &Digest) -> Result<Option<HeldToken>, StoreError> {
    db.fetch_optional::<HeldTokenRow>(FIND_HELD, args![digest]).await?.map(HeldTokenRow::into_held).transpose()
}

/// Stores a new token.
pub async fn insert(tx: &mut WriteTx, digest: &Digest, token: &AccessToken) -> Result<(), StoreError> {
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
