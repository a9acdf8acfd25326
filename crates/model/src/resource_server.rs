//! APIs that accept our access tokens.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ResourceServerId, Timestamp};

/// A scope that an API offers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiScope {
    /// The scope token.
    pub value: String,
    /// What it allows, in words.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub description: Option<String>,
}

/// The shape of an API's access tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TokenDialect {
    /// Auth0's claims (`azp`, `gty`), header type `JWT`.
    #[default]
    AccessToken,
    /// The same with `permissions`.
    AccessTokenAuthz,
    /// RFC 9068: `client_id`, `jti`, header type `at+jwt`.
    Rfc9068Profile,
    /// The same with `permissions`.
    Rfc9068ProfileAuthz,
}

/// How an API's tokens are bound to keys, by proofs of possession (RFC 9449).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofOfPossession {
    /// Whether tokens that are bound to none are refused to clients.
    pub required: bool,
}

/// An API.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of Auth0's `resource-servers`")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResourceServer {
    /// Its id.
    pub id: ResourceServerId,
    /// The audience of its tokens; never changes.
    pub identifier: String,
    /// A name for administrators.
    pub name: String,
    /// The scopes it offers.
    pub scopes: Vec<ApiScope>,
    /// Whether `offline_access` may be granted for it.
    pub allow_offline_access: bool,
    /// Lifetime of its access tokens, seconds.
    pub token_lifetime: u64,
    /// Lifetime of tokens delivered through the browser, seconds.
    pub token_lifetime_for_web: u64,
    /// The shape of its access tokens.
    pub token_dialect: TokenDialect,
    /// Whether scopes are narrowed to what the person is permitted.
    pub enforce_policies: bool,
    /// Whether first-party clients skip consent.
    pub skip_consent_for_verifiable_first_party_clients: bool,
    /// Whether its tokens are bound to keys.
    #[serde(default)]
    pub proof_of_possession: Option<ProofOfPossession>,
    /// The API this server provides itself (the Management API); it cannot be deleted.
    pub is_system: bool,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with each change.
    #[serde(skip)]
    pub version: i64,
}

impl ResourceServer {
    /// Whether the API offers this scope.
    pub fn offers(&self, scope: &str) -> bool {
        self.scopes.iter().any(|offered| offered.value == scope)
    }

    /// Whether its access tokens say what is permitted.
    pub fn tells_permissions(&self) -> bool {
        let wants_them =
            matches!(self.token_dialect, TokenDialect::AccessTokenAuthz | TokenDialect::Rfc9068ProfileAuthz);
        self.enforce_policies && wants_them
    }
}
