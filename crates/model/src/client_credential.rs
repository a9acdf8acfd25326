//! Public keys that applications registered with us.

use protocol::client_metadata::ClientAlgorithm;

use crate::{ClientId, CredentialId, Timestamp};

/// A public key of a client. It counts where the client names it, and until it ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientCredential {
    /// Its id.
    pub id: CredentialId,
    /// Whose it is.
    pub client_id: ClientId,
    /// Its name in token headers, unique among those of one client.
    pub kid: String,
    /// What administrators call it.
    pub name: Option<String>,
    /// The one algorithm it is good for.
    pub algorithm: ClientAlgorithm,
    /// The public key, PEM.
    pub pem: String,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// From when on it does not count.
    pub expires_at: Option<Timestamp>,
}

impl ClientCredential {
    /// Whether it counts no more.
    pub fn is_expired_at(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|end| end <= now)
    }
}
