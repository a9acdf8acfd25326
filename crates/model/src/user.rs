//! People, the identities that belong to them, and what their password is.

use serde::{Deserialize, Serialize};

use crate::address::FoldedEmail;
use crate::connection::Connection;
use crate::{ConnectionId, JsonObject, Timestamp, UserId};

/// What describes a person: the part of a user that a source, an import or an administrator provides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Profile {
    /// As it was given; compare through [`FoldedEmail`].
    pub email: Option<String>,
    /// Whether the address was proven.
    #[serde(default)]
    pub email_verified: bool,
    /// A name to sign in with, unique in its connection.
    pub username: Option<String>,
    /// E.164.
    pub phone_number: Option<String>,
    /// Whether the number was proven.
    #[serde(default)]
    pub phone_verified: bool,
    /// Full name.
    pub name: Option<String>,
    /// What friends say.
    pub nickname: Option<String>,
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
}

impl Profile {
    /// The folded address, where there is one.
    pub fn folded_email(&self) -> Option<FoldedEmail> {
        self.email.as_deref().map(FoldedEmail::of)
    }
}

/// A person.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    /// The `sub` of tokens; never changes.
    pub user_id: UserId,
    /// Who it is.
    pub profile: Profile,
    /// What applications let the person edit.
    pub user_metadata: JsonObject,
    /// What only applications edit.
    pub app_metadata: JsonObject,
    /// Set once an administrator has blocked or unblocked the person.
    pub blocked: Option<bool>,
    /// Identities, the primary one first. Never empty.
    pub identities: Vec<Identity>,
    /// How often the person signed in.
    pub logins_count: i64,
    /// When the person last signed in.
    pub last_login: Option<Timestamp>,
    /// From where.
    pub last_ip: Option<String>,
    /// When the password last changed.
    pub last_password_reset: Option<Timestamp>,
    /// When the user was created, at the source if it came from one.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with each change.
    pub version: i64,
}

impl User {
    /// Somebody who has not been here before and has never signed in.
    pub fn new(user_id: UserId, profile: Profile, identities: Vec<Identity>, now: Timestamp) -> Self {
        User {
            user_id,
            profile,
            user_metadata: JsonObject::new(),
            app_metadata: JsonObject::new(),
            blocked: None,
            identities,
            logins_count: 0,
            last_login: None,
            last_ip: None,
            last_password_reset: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Whether an administrator has shut the person out.
    pub fn is_blocked(&self) -> bool {
        self.blocked == Some(true)
    }
}

/// One (connection, external id) pair that belongs to a user.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identity {
    /// The connection it comes from.
    pub connection_id: ConnectionId,
    /// That connection's name.
    pub connection: String,
    /// That connection's strategy; the first part of the user id of a user who has this identity alone.
    pub provider: String,
    /// Its id there, without the provider.
    pub external_id: String,
    /// What the connection said of a secondary identity.
    pub profile_data: Option<JsonObject>,
}

impl Identity {
    /// The identity that somebody has in a connection, as their primary one.
    pub fn primary(connection: &Connection, external_id: impl Into<String>) -> Self {
        Identity {
            connection_id: connection.id.clone(),
            connection: connection.name.clone(),
            provider: connection.strategy.clone(),
            external_id: external_id.into(),
            profile_data: None,
        }
    }
}

/// What we know of a person's password.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PasswordCredential {
    /// argon2id in PHC form, ours.
    Native {
        /// The hash.
        hash: String,
    },
    /// A hash from elsewhere, rewritten as ours at the next right password.
    Imported {
        /// The name of its format in the registry of formats.
        format: String,
        /// The hash, in the text form of that format.
        hash: String,
    },
    /// Still held by the source of this name, which is asked at sign-in.
    Source {
        /// The source's name.
        source: String,
    },
}

impl PasswordCredential {
    /// The word for its kind, as stored and as counted.
    pub fn kind(&self) -> &'static str {
        match self {
            PasswordCredential::Native { .. } => "native",
            PasswordCredential::Imported { .. } => "imported",
            PasswordCredential::Source { .. } => "source",
        }
    }
}

/// A password credential with what guards its replacement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredPassword {
    /// What it is.
    pub credential: PasswordCredential,
    /// Rises with each change; a rehash is written only over the version that was verified.
    pub version: i64,
    /// When it was last written.
    pub updated_at: Timestamp,
}
