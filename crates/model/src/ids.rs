//! Identifiers as distinct types, so that one kind is never passed for another.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        #[serde(transparent)]
        #[schemars(inline)]
        pub struct $name(String);

        impl $name {
            /// Takes the text as it is. Nothing is checked: ids from an import or another tenant keep their spelling.
            pub fn new(text: impl Into<String>) -> Self {
                Self(text.into())
            }

            /// The text of the id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )*};
}

ids! {
    /// A person: `{provider}|{external id}`, for a database user `auth0|` and 24 hex digits. This is the `sub` of tokens.
    UserId;
    /// A client: 32 alphanumeric characters.
    ClientId;
    /// A connection: `con_` and 16 alphanumeric characters.
    ConnectionId;
    /// A public key of a client: `cred_` and 22 alphanumeric characters.
    CredentialId;
    /// A resource server: 24 hex digits.
    ResourceServerId;
    /// A client grant: `cgr_` and 16 alphanumeric characters.
    ClientGrantId;
    /// What a person has allowed a client: 24 hex digits.
    GrantId;
    /// A role: `rol_` and 16 alphanumeric characters.
    RoleId;
    /// A browser's login with us, published as `sid`: 32 alphanumeric characters. It is a name, not a secret.
    SessionId;
    /// All refresh tokens that descend from one grant.
    FamilyId;
    /// One refresh token of a family. It is a name, not the token.
    RefreshTokenId;
    /// An entry of the log: 56 decimal digits that sort by time.
    EventId;
    /// Work that is done later: `job_` and 16 alphanumeric characters.
    JobId;
}

const ALPHANUMERIC: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// One alphanumeric character for each byte. Letters early in the alphabet are slightly likelier, which is
/// harmless for names; secrets are made in the `keys` crate.
pub fn alphanumeric(random: &[u8]) -> String {
    random.iter().map(|byte| char::from(ALPHANUMERIC[usize::from(*byte) % ALPHANUMERIC.len()])).collect()
}

impl ClientId {
    /// A new client id.
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(alphanumeric(&random))
    }
}

impl ConnectionId {
    /// A new connection id.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("con_{}", alphanumeric(&random)))
    }
}

impl ClientGrantId {
    /// A new client grant id.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("cgr_{}", alphanumeric(&random)))
    }
}

impl CredentialId {
    /// A new credential id.
    pub fn from_random(random: [u8; 22]) -> Self {
        Self(format!("cred_{}", alphanumeric(&random)))
    }
}

impl ResourceServerId {
    /// A new resource server id.
    pub fn from_random(random: [u8; 12]) -> Self {
        Self(hex::encode(random))
    }
}

impl GrantId {
    /// A new grant id.
    pub fn from_random(random: [u8; 12]) -> Self {
        Self(hex::encode(random))
    }
}

impl RoleId {
    /// A new role id.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("rol_{}", alphanumeric(&random)))
    }
}

impl SessionId {
    /// A new session id.
    pub fn from_random(random: [u8; 32]) -> Self {
        Self(alphanumeric(&random))
    }
}

impl FamilyId {
    /// A new family id.
    pub fn from_random(random: [u8; 24]) -> Self {
        Self(alphanumeric(&random))
    }
}

impl RefreshTokenId {
    /// A new refresh token id.
    pub fn from_random(random: [u8; 24]) -> Self {
        Self(alphanumeric(&random))
    }
}

impl JobId {
    /// A new job id.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("job_{}", alphanumeric(&random)))
    }
}

impl UserId {
    /// The id of a database user whose external id is given without prefix.
    pub fn database(external_id: &str) -> Self {
        Self(format!("auth0|{external_id}"))
    }

    /// A new database user's external id: 24 hex digits.
    pub fn random_external_id(random: [u8; 12]) -> String {
        hex::encode(random)
    }

    /// What stands behind the first `|`, or the whole id where there is none.
    pub fn external_id(&self) -> &str {
        self.0.split_once('|').map_or(self.0.as_str(), |(_, rest)| rest)
    }
}

impl EventId {
    /// An id that sorts by time: `900`, the UTC date and time to the millisecond, then random digits, 56 in all.
    pub fn at(now: crate::Timestamp, random: [u8; 8]) -> Self {
        let moment = now.compact_digits();
        let tail = u64::from_be_bytes(random);
        Self(format!("900{moment}{tail:0>36}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Timestamp;

    #[test]
    fn event_ids_have_56_digits_and_sort_by_time() {
        let early = EventId::at(Timestamp::from_millis(1_700_000_000_000), [255; 8]);
        let late = EventId::at(Timestamp::from_millis(1_700_000_000_001), [0; 8]);
        assert_eq!(early.as_str().len(), 56);
        assert!(early < late);
        assert!(early.as_str().bytes().all(|digit| digit.is_ascii_digit()));
    }

    #[test]
    fn external_id_is_what_follows_the_first_bar() {
        assert_eq!(UserId::new("oidc|acme|42").external_id(), "acme|42");
    }
}
