//! Sources of users.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::provider::Provider;
use crate::{ClientId, ConnectionId, JsonObject, Timestamp};

/// The strategy of our own database of users.
pub const DATABASE_STRATEGY: &str = "auth0";

/// A configured source of users.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name, unique; also the `realm` of the password grant.
    pub name: String,
    /// A name for people.
    pub display_name: Option<String>,
    /// What kind it is: [`DATABASE_STRATEGY`], or an upstream's.
    pub strategy: String,
    /// Which clients may use it. Kept apart from the stored document, because sign-in asks by client.
    #[serde(skip)]
    pub enabled_clients: Vec<ClientId>,
    /// Names by which `realm` may ask for it; by default its name alone.
    pub realms: Vec<String>,
    /// Whether it may be used by third-party clients.
    pub is_domain_connection: bool,
    /// String pairs of the operator's own.
    pub metadata: JsonObject,
    /// What the operator set, as it was set, without the parts that have fields of their own.
    pub options: JsonObject,
    /// Sign-up is off.
    pub disable_signup: bool,
    /// Wrong passwords count towards a block.
    pub brute_force_protection: bool,
    /// How strong a new password must be.
    pub password_policy: PasswordPolicy,
    /// Where people come from who have not moved yet.
    pub source: Option<Source>,
    /// The provider at which its people sign in; none for our own database.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// Whether the login page has a button for it; by default it has.
    #[serde(default)]
    pub show_as_button: Option<bool>,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with each change.
    #[serde(skip)]
    pub version: i64,
}

impl Connection {
    /// A database connection with Auth0's defaults, which is open to no client yet.
    pub fn new(id: ConnectionId, name: impl Into<String>, now: Timestamp) -> Self {
        let name = name.into();
        Connection {
            id,
            realms: vec![name.clone()],
            name,
            display_name: None,
            strategy: DATABASE_STRATEGY.to_owned(),
            enabled_clients: Vec::new(),
            is_domain_connection: false,
            metadata: JsonObject::new(),
            options: JsonObject::new(),
            disable_signup: false,
            brute_force_protection: true,
            password_policy: PasswordPolicy::default(),
            source: None,
            provider: None,
            show_as_button: None,
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Whether it is our own database of users.
    pub fn is_database(&self) -> bool {
        self.strategy == DATABASE_STRATEGY
    }

    /// Whether this client may use it.
    pub fn is_enabled_for(&self, client: &ClientId) -> bool {
        self.enabled_clients.contains(client)
    }

    /// Whether `realm` asks for this connection.
    pub fn answers_to(&self, realm: &str) -> bool {
        self.name == realm || self.realms.iter().any(|own| own == realm)
    }
}

/// Auth0's names for the strength of a new password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PasswordPolicy {
    /// At least one character here in Auth0; at least eight with us.
    None,
    /// At least eight characters.
    Low,
    /// Lower case, upper case and a digit as well.
    Fair,
    /// Three of the four kinds of characters.
    #[default]
    Good,
    /// At least ten characters, of three of the four kinds, and no more than two equal ones in a row.
    Excellent,
}

/// Where a database connection asks for people who have not moved yet. Its secret is not part of it: the
/// store holds it sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name by which a password credential says who holds the password.
    pub name: String,
    /// Whether it is asked at all.
    pub enabled: bool,
    /// Whether an address that is not in our directory is looked up there.
    pub just_in_time: bool,
    /// How long one question may take, milliseconds.
    pub timeout_ms: u64,
    /// How many questions may be under way at once.
    pub max_concurrency: u32,
    /// How many failures in a row stop the questions for a while.
    pub breaker_failures: u32,
    /// For how long they stop, milliseconds.
    pub breaker_open_ms: u64,
    /// What it is and how to reach it.
    pub kind: SourceKind,
}

/// The kinds of source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum SourceKind {
    /// An Auth0 tenant, or anything that speaks its dialect, asked by the `password-realm` grant.
    Auth0 {
        /// The tenant's issuer, with its trailing slash.
        issuer: String,
        /// Our confidential client there.
        client_id: String,
        /// The database connection there.
        realm: String,
        /// Whether that client may read users through the Management API, which brings metadata along.
        read_profiles: bool,
    },
}
