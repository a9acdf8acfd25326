//! What a client declares about itself (RFC 7591 2), in the spelling of Auth0's `clients` resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A value of `grant_type` at the token endpoint, and of `grant_types` on a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum GrantType {
    /// RFC 6749 4.1.
    #[serde(rename = "authorization_code")]
    AuthorizationCode,
    /// RFC 6749 4.2. Never sent to the token endpoint; a client names it to be allowed front-channel tokens.
    #[serde(rename = "implicit")]
    Implicit,
    /// RFC 6749 6.
    #[serde(rename = "refresh_token")]
    RefreshToken,
    /// RFC 6749 4.4.
    #[serde(rename = "client_credentials")]
    ClientCredentials,
    /// RFC 6749 4.3, against the tenant's default directory.
    #[serde(rename = "password")]
    Password,
    /// Auth0's password grant that names the connection in `realm`.
    #[serde(rename = "http://auth0.com/oauth/grant-type/password-realm")]
    PasswordRealm,
}

impl GrantType {
    /// Every grant type this server knows.
    pub const ALL: [GrantType; 6] = [
        GrantType::AuthorizationCode,
        GrantType::Implicit,
        GrantType::RefreshToken,
        GrantType::ClientCredentials,
        GrantType::Password,
        GrantType::PasswordRealm,
    ];

    /// The wire spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            GrantType::AuthorizationCode => "authorization_code",
            GrantType::Implicit => "implicit",
            GrantType::RefreshToken => "refresh_token",
            GrantType::ClientCredentials => "client_credentials",
            GrantType::Password => "password",
            GrantType::PasswordRealm => "http://auth0.com/oauth/grant-type/password-realm",
        }
    }

    /// The grant type with this wire spelling, if there is one.
    pub fn from_wire(text: &str) -> Option<Self> {
        GrantType::ALL.into_iter().find(|grant| grant.as_str() == text)
    }
}

/// How a client proves who it is at the token endpoint (RFC 7591 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenEndpointAuthMethod {
    /// A public client: it only names itself.
    None,
    /// Secret in the request body.
    ClientSecretPost,
    /// Secret by HTTP Basic.
    ClientSecretBasic,
    /// A JWT signed with a key whose public half is registered (RFC 7523 2.2).
    PrivateKeyJwt,
}

/// With which algorithm a client signs what it sends us (RFC 7518 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ClientAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PSS with SHA-256.
    Ps256,
}

impl ClientAlgorithm {
    /// Every algorithm a client may register a key for.
    pub const ALL: [ClientAlgorithm; 3] = [ClientAlgorithm::Rs256, ClientAlgorithm::Rs384, ClientAlgorithm::Ps256];

    /// The wire spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            ClientAlgorithm::Rs256 => "RS256",
            ClientAlgorithm::Rs384 => "RS384",
            ClientAlgorithm::Ps256 => "PS256",
        }
    }

    /// The algorithm with this wire spelling, if there is one.
    pub fn from_wire(text: &str) -> Option<Self> {
        ClientAlgorithm::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// What kind of application a client is; decides defaults, never rights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AppType {
    /// A mobile or desktop application.
    Native,
    /// A single-page application.
    Spa,
    /// A web application with a server.
    RegularWeb,
    /// A machine.
    NonInteractive,
}

/// Whether each exchange of a refresh token brings a new one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RotationType {
    /// Each exchange consumes the token and returns its successor.
    Rotating,
    /// The same token may be exchanged until it expires.
    NonRotating,
}

/// Whether refresh tokens have an absolute end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ExpirationType {
    /// They end after `token_lifetime`.
    Expiring,
    /// They do not; only the idle lifetime applies, if finite.
    NonExpiring,
}

/// A client's `refresh_token` object. Durations are whole seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefreshTokenSettings {
    /// Whether exchanges rotate.
    pub rotation_type: RotationType,
    /// Whether there is an absolute end.
    pub expiration_type: ExpirationType,
    /// Seconds during which a consumed token is still answered. Absent: a repeat is answered until its
    /// successor has been seen; zero: any repeat is reuse.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub leeway: Option<u64>,
    /// Absolute lifetime from the first issue; rotation never moves it.
    pub token_lifetime: u64,
    /// Turns the absolute lifetime off.
    pub infinite_token_lifetime: bool,
    /// Lifetime from the last exchange.
    pub idle_token_lifetime: u64,
    /// Turns the idle lifetime off.
    pub infinite_idle_token_lifetime: bool,
}

impl Default for RefreshTokenSettings {
    fn default() -> Self {
        RefreshTokenSettings {
            rotation_type: RotationType::Rotating,
            expiration_type: ExpirationType::Expiring,
            leeway: None,
            token_lifetime: 2_592_000,
            infinite_token_lifetime: false,
            idle_token_lifetime: 1_296_000,
            infinite_idle_token_lifetime: false,
        }
    }
}
