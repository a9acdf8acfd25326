//! Why a call of the Management API is refused.

use credentials::policy;
use protocol::management_scope::ManagementScope;
use store::StoreError;

use super::{BodyInvalid, QueryInvalid};
use crate::InternalError;

/// What the Management API keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resource {
    /// A client.
    Client,
    /// A public key of a client.
    ClientCredential,
    /// A client grant.
    ClientGrant,
    /// A resource server.
    ResourceServer,
    /// A role.
    Role,
    /// A connection.
    Connection,
    /// A user.
    User,
    /// An entry of the log.
    LogEvent,
    /// A signing key.
    SigningKey,
    /// A session.
    Session,
    /// A refresh token.
    RefreshToken,
    /// An address to which an account is closed.
    AddressBlock,
    /// Work that was asked for.
    Job,
}

/// Why nothing was changed or shown.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The token carries none of these scopes.
    #[error("insufficient scope")]
    InsufficientScope {
        /// One of them would do.
        expected: Vec<ManagementScope>,
    },
    /// Nobody gives away Management API scopes that they do not hold.
    #[error("scopes that the caller does not hold cannot be granted")]
    BeyondOwnScope {
        /// Those the caller lacks.
        lacking: Vec<String>,
    },
    /// There is none with this id.
    #[error("{0:?} not found")]
    NotFound(Resource),
    /// Its id, name or address belongs to another.
    #[error("{0:?} exists")]
    Exists(Resource),
    /// Others keep changing it at the same time.
    #[error("{0:?} changed meanwhile")]
    Contended(Resource),
    /// The body does not say what it must.
    #[error(transparent)]
    Body(#[from] BodyInvalid),
    /// The query does not say what it must.
    #[error(transparent)]
    Query(#[from] QueryInvalid),
    /// The password breaks the connection's policy.
    #[error("the password is refused by policy")]
    Password(policy::Refusal),
    /// The Management API itself would no longer be what this server provides.
    #[error("the system API cannot be changed")]
    SystemApi,
    /// Only a key that used to sign can be revoked.
    #[error("the key is not a previous one")]
    KeyNotPrevious,
    /// The client still names this key.
    #[error("the credential is in use")]
    CredentialInUse,
    /// The source knows the person by this name, and still holds the password.
    #[error("the source knows the person by the old name")]
    NameHeldBySource {
        /// The source's name.
        source_name: String,
    },
    /// The source still holds the passwords of people who would be locked out without it.
    #[error("the source {source_name} still holds {people} passwords")]
    SourceInUse {
        /// The source's name.
        source_name: String,
        /// How many people.
        people: u64,
    },
    /// As many imports are under way as there may be.
    #[error("too many imports are under way")]
    TooManyImports,
    /// The source of this connection is not asked at the moment.
    #[error("the source is not asked at the moment")]
    SourceOffline,
    /// The search would take longer than a search may.
    #[error("the search takes too long")]
    SearchTooLong,
    /// The address was sent so many mails that it gets none for now.
    #[error("the address was sent too many mails")]
    TooManyMails,
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::OutOfTime => Refused::SearchTooLong,
            error => Refused::Internal(error.into()),
        }
    }
}
