//! Applications registered with us.

use std::collections::BTreeSet;

use protocol::client_metadata::{AppType, GrantType, RefreshTokenSettings, TokenEndpointAuthMethod};
use protocol::origin::origin_of;
use protocol::scope::ScopeSet;
use serde::{Deserialize, Serialize};

use crate::{ClientGrantId, ClientId, CredentialId, JsonObject, Timestamp};

/// How a client signs its authorization requests (RFC 9101).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedRequestObject {
    /// Whether a request that is not signed is refused.
    pub required: bool,
    /// The keys that count.
    pub credentials: Vec<CredentialId>,
}

/// A client, without its secret, which only the store holds, sealed.
#[expect(clippy::struct_excessive_bools, reason = "each is a field of Auth0's `clients`")]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Client {
    /// Its id.
    pub client_id: ClientId,
    /// The name people read on the login page.
    pub name: String,
    /// Free text for administrators.
    pub description: Option<String>,
    /// What kind of application it is.
    pub app_type: AppType,
    /// Whether it belongs to the operator; others need consent.
    pub is_first_party: bool,
    /// Redirect URIs, compared byte for byte.
    pub callbacks: Vec<String>,
    /// URLs to which a logout may return.
    pub allowed_logout_urls: Vec<String>,
    /// Origins that may call the Authentication API from a browser.
    pub allowed_origins: Vec<String>,
    /// Origins that may receive a `web_message`.
    pub web_origins: Vec<String>,
    /// Grants it may use.
    pub grant_types: Vec<GrantType>,
    /// How it authenticates at the token endpoint.
    pub token_endpoint_auth_method: TokenEndpointAuthMethod,
    /// The keys it authenticates with, where the method is `private_key_jwt`.
    #[serde(default)]
    pub private_key_jwt_credentials: Vec<CredentialId>,
    /// With which keys it signs its authorization requests, if it does.
    #[serde(default)]
    pub signed_request_object: Option<SignedRequestObject>,
    /// Lifetime of its ID tokens, seconds.
    pub id_token_lifetime: u64,
    /// Rotation and lifetimes of its refresh tokens.
    pub refresh_token: RefreshTokenSettings,
    /// Where a login that nobody asked for is sent (https).
    pub initiate_login_uri: Option<String>,
    /// A picture for the login page.
    pub logo_uri: Option<String>,
    /// Whether `auth0-forwarded-for` is believed from this client.
    pub is_token_endpoint_ip_header_trusted: bool,
    /// Whether it must send its authorization requests ahead (RFC 9126 5).
    #[serde(default)]
    pub require_pushed_authorization_requests: bool,
    /// For how many seconds such a request is kept, where the client says so.
    #[serde(default)]
    pub par_request_expiry: Option<u64>,
    /// Whether its access tokens are always bound to a key (RFC 9449).
    #[serde(default)]
    pub require_proof_of_possession: bool,
    /// Where it is told that a session it takes part in has ended.
    #[serde(default)]
    pub backchannel_logout_urls: Vec<String>,
    /// At most ten string pairs of the operator's own.
    pub client_metadata: JsonObject,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// Rises with each change; guards concurrent edits.
    #[serde(skip)]
    pub version: i64,
}

impl Client {
    /// A client with Auth0's defaults for its kind and no addresses yet.
    pub fn new(client_id: ClientId, name: impl Into<String>, app_type: AppType, now: Timestamp) -> Self {
        Client {
            client_id,
            name: name.into(),
            description: None,
            app_type,
            is_first_party: true,
            callbacks: Vec::new(),
            allowed_logout_urls: Vec::new(),
            allowed_origins: Vec::new(),
            web_origins: Vec::new(),
            grant_types: default_grants(app_type),
            token_endpoint_auth_method: default_auth_method(app_type),
            private_key_jwt_credentials: Vec::new(),
            signed_request_object: None,
            id_token_lifetime: 36_000,
            refresh_token: RefreshTokenSettings::default(),
            initiate_login_uri: None,
            logo_uri: None,
            is_token_endpoint_ip_header_trusted: false,
            require_pushed_authorization_requests: false,
            par_request_expiry: None,
            require_proof_of_possession: false,
            backchannel_logout_urls: Vec::new(),
            client_metadata: JsonObject::new(),
            created_at: now,
            updated_at: now,
            version: 1,
        }
    }

    /// Whether the client names this grant among its own.
    pub fn allows(&self, grant: GrantType) -> bool {
        self.grant_types.contains(&grant)
    }

    /// Where its pages come from: the origins it names, and those of its callbacks.
    pub fn origins(&self) -> BTreeSet<String> {
        let named = self.web_origins.iter().chain(&self.allowed_origins).chain(&self.callbacks);
        named.filter_map(|address| origin_of(address)).collect()
    }

    /// The credentials it names, whatever for.
    pub fn named_credentials(&self) -> impl Iterator<Item = &CredentialId> {
        let signs_requests_with = self.signed_request_object.iter().flat_map(|signed| &signed.credentials);
        self.private_key_jwt_credentials.iter().chain(signs_requests_with)
    }

    /// Whether it cannot keep a secret.
    pub fn is_public(&self) -> bool {
        self.token_endpoint_auth_method == TokenEndpointAuthMethod::None
    }
}

fn default_auth_method(app_type: AppType) -> TokenEndpointAuthMethod {
    match app_type {
        AppType::Native | AppType::Spa => TokenEndpointAuthMethod::None,
        AppType::RegularWeb | AppType::NonInteractive => TokenEndpointAuthMethod::ClientSecretPost,
    }
}

/// Auth0's, without `implicit`: front-channel tokens and password grants are for clients that name them.
fn default_grants(app_type: AppType) -> Vec<GrantType> {
    match app_type {
        AppType::Native | AppType::Spa => vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        AppType::RegularWeb => {
            vec![GrantType::AuthorizationCode, GrantType::RefreshToken, GrantType::ClientCredentials]
        }
        AppType::NonInteractive => vec![GrantType::ClientCredentials],
    }
}

/// Leave for one client to call one API as itself (`client_credentials`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientGrant {
    /// Its id.
    pub id: ClientGrantId,
    /// Who may call.
    pub client_id: ClientId,
    /// The API's identifier.
    pub audience: String,
    /// With which scopes.
    pub scope: ScopeSet,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}
