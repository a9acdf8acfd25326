//! Keys that sign tokens, as stored.

use crate::Timestamp;

/// Where a key stands in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, not yet signing.
    Next,
    /// Signing.
    Current,
    /// No longer signing, still verifying.
    Previous,
    /// Neither.
    Revoked,
}

impl KeyState {
    /// The stored word.
    pub fn as_str(self) -> &'static str {
        match self {
            KeyState::Next => "next",
            KeyState::Current => "current",
            KeyState::Previous => "previous",
            KeyState::Revoked => "revoked",
        }
    }

    /// The state with this stored word.
    pub fn from_stored(text: &str) -> Option<Self> {
        [KeyState::Next, KeyState::Current, KeyState::Previous, KeyState::Revoked]
            .into_iter()
            .find(|state| state.as_str() == text)
    }
}

/// A signing key. The private part is sealed; only the `keys` crate opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningKey {
    /// The key id in token headers.
    pub kid: String,
    /// Where it stands.
    pub state: KeyState,
    /// PKCS#8, sealed with the kid as associated data.
    pub sealed_private_key: Vec<u8>,
    /// The self-signed certificate, DER.
    pub certificate: Vec<u8>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it began to sign.
    pub current_since: Option<Timestamp>,
    /// When it stopped.
    pub current_until: Option<Timestamp>,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}
