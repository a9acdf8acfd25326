//! What a client declares about itself (RFC 7591 2), in the spelling of Auth0's `clients` resource.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares words of the wire: a line for each says its name and its spelling, and everything that knows all of them
/// follows from these lines.
macro_rules! wire_words {
    ($(#[$about:meta])* pub enum $Words:ident { $($(#[$doc:meta])* $Word:ident = $spelling:tt,)* }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $Words { $($(#[$doc])* #[serde(rename = $spelling)] $Word,)* }

        impl $Words {
            /// Every one that this server knows.
            pub const ALL: [$Words; [$($spelling),*].len()] = [$($Words::$Word),*];

            /// The wire spelling.
            pub fn as_str(self) -> &'static str {
                match self { $($Words::$Word => $spelling,)* }
            }

            /// The one with this wire spelling, if there is one.
            pub fn from_wire(text: &str) -> Option<Self> {
                $Words::ALL.into_iter().find(|word| word.as_str() == text)
            }
        }
    };
}

wire_words! {
    /// A value of `grant_type` at the token endpoint, and of `grant_types` on a client.
    pub enum GrantType {
        /// RFC 6749 4.1.
        AuthorizationCode = "authorization_code",
        /// RFC 6749 4.2. Never sent to the token endpoint; a client names it to be allowed front-channel tokens.
        Implicit = "implicit",
        /// RFC 6749 6.
        RefreshToken = "refresh_token",
        /// RFC 6749 4.4.
        ClientCredentials = "client_credentials",
        /// RFC 6749 4.3, against the tenant's default directory.
        Password = "password",
        /// Auth0's password grant that names the connection in `realm`.
        PasswordRealm = "http://auth0.com/oauth/grant-type/password-realm",
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

wire_words! {
    /// With which algorithm a client signs what it sends us (RFC 7518 3.1).
    pub enum ClientAlgorithm {
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        Rs256 = "RS256",
        /// RSASSA-PKCS1-v1_5 with SHA-384.
        Rs384 = "RS384",
        /// RSASSA-PSS with SHA-256.
        Ps256 = "PS256",
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
