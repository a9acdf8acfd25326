//! What a user allowed a client, and the codes and tokens that come of it.

use protocol::claims::RequestedClaims;
use protocol::scope::ScopeSet;
use serde::{Deserialize, Serialize};

use crate::{ClientId, FamilyId, GrantId, JsonObject, RefreshTokenId, SessionId, Timestamp, UserId};

/// SHA-256 of a secret that only its holder knows.
pub type Digest = [u8; 32];

/// What a person has allowed a client that is not the operator's own: asked once, and again for more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// Its id.
    pub id: GrantId,
    /// Who allowed it.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// The API; the audience of userinfo where none was named.
    pub audience: String,
    /// Exactly what they have seen on the page, all times together.
    pub scope: ScopeSet,
    /// When it was first allowed.
    pub created_at: Timestamp,
    /// When something was added last.
    pub updated_at: Timestamp,
}

/// Everything that descends from one sign-in at one client: codes, access tokens and refresh tokens.
///
/// Marking it revoked is the only revocation there is: every lookup of a token joins this row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFamily {
    /// Its id.
    pub id: FamilyId,
    /// For whom tokens are issued.
    pub user_id: UserId,
    /// To whom.
    pub client_id: ClientId,
    /// The session it began in; none for the password grants.
    pub sid: Option<SessionId>,
    /// The API the access tokens are for; none means userinfo alone.
    pub audience: Option<String>,
    /// What was granted.
    pub scope: ScopeSet,
    /// What is told besides, as the client asked for it by name.
    pub claims: RequestedClaims,
    /// When the person proved who they are.
    pub authenticated_at: Timestamp,
    /// How.
    pub amr: Vec<String>,
    /// The key that its code must be exchanged with, and with which alone a public client uses its refresh tokens, as
    /// a thumbprint.
    pub dpop_jkt: Option<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revoked_reason: Option<RevokedReason>,
}

/// Why a family was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedReason {
    /// A refresh token was used again after its successor had been seen.
    Reuse,
    /// A code was exchanged twice.
    CodeReuse,
    /// Another client presented the token.
    WrongClient,
    /// The person signed out.
    Logout,
    /// The password changed.
    PasswordChange,
    /// An administrator blocked, deleted or changed the user or the client.
    Administrator,
    /// The client asked.
    Client,
}

/// One refresh token of a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshToken {
    /// Its id.
    pub id: RefreshTokenId,
    /// Its family.
    pub family_id: FamilyId,
    /// How many exchanges lie before it.
    pub generation: i64,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it ends unless exchanged; `None` when idleness does not end it.
    pub idle_expires_at: Option<Timestamp>,
    /// When it ends in any case; carried along unchanged by rotation.
    pub expires_at: Option<Timestamp>,
    /// When it was exchanged for its successor.
    pub consumed_at: Option<Timestamp>,
    /// The token it was exchanged for.
    pub successor_id: Option<RefreshTokenId>,
    /// When it, or an access token issued with it, was first used.
    pub seen_at: Option<Timestamp>,
    /// The answer that consumed it, sealed, for repeats.
    pub sealed_response: Option<Vec<u8>>,
    /// Once consumed: until when a repeat may be answered. Afterwards nothing needs this record; a token whose text
    /// does not name its family has no such moment, and its record stays.
    pub repeatable_until: Option<Timestamp>,
}

/// A family that goes on without its session, by the refresh token that its client holds at the moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldRefreshToken {
    /// The family; its id outlives the rotation of the token.
    pub family: TokenFamily,
    /// How many exchanges lie before the token.
    pub generation: i64,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// When it ends unless it is used.
    pub idle_expires_at: Option<Timestamp>,
    /// When it ends in any case.
    pub expires_at: Option<Timestamp>,
    /// What an operator noted beside it.
    pub metadata: JsonObject,
}

/// An authorization code, waiting for its one exchange (RFC 6749 4.1.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationCode {
    /// The family that its exchange brings to life.
    pub family_id: FamilyId,
    /// The client it was issued to.
    pub client_id: ClientId,
    /// The redirect URI of the request, to be repeated at the exchange; none where the request named none.
    pub redirect_uri: Option<String>,
    /// S256 challenge, if one was sent.
    pub code_challenge: Option<String>,
    /// To be echoed in the ID token.
    pub nonce: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was exchanged, or burned.
    pub consumed_at: Option<Timestamp>,
}

/// What is kept of an access token that speaks for a person, be it opaque or a JWT: enough to look it up and to end it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccessToken {
    /// Its family.
    pub family_id: FamilyId,
    /// The refresh token issued beside it, if any: using the one proves receipt of the other.
    pub refresh_token_id: Option<RefreshTokenId>,
    /// What it allows.
    pub scope: ScopeSet,
    /// The key that it is bound to, as a thumbprint.
    pub dpop_jkt: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}
