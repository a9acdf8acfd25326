//! A browser's login with us.

use crate::{JsonObject, SessionId, Timestamp, UserId};

/// A session. The cookie that carries it is another secret, of which only the digest is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Published as `sid`.
    pub sid: SessionId,
    /// Whose it is.
    pub user_id: UserId,
    /// When the person last proved who they are (`auth_time`).
    pub authenticated_at: Timestamp,
    /// How (RFC 8176), such as `pwd`.
    pub amr: Vec<String>,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_seen_at: Timestamp,
    /// When it ends unless used.
    pub idle_expires_at: Timestamp,
    /// When it ends in any case.
    pub expires_at: Timestamp,
    /// When it was ended by a logout or an administrator.
    pub ended_at: Option<Timestamp>,
    /// What an operator noted beside it.
    pub metadata: JsonObject,
}

impl Session {
    /// Whether it counts as a login at `now`.
    pub fn is_live_at(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && now < self.idle_expires_at && now < self.expires_at
    }
}
