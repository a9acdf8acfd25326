//! The token endpoint (RFC 6749 3.2): one module for each grant.

mod authorization_code;
mod client_credentials;
mod password;
mod refresh_token;
mod unauthenticated;

use std::time::Duration;

use model::client::Client;
use model::resource_server::ResourceServer;
use protocol::client_authentication::Presented;
use protocol::client_metadata::GrantType;
use protocol::pkce::PkceRefused;
use protocol::token::{TokenRequest, TokenResponse};
use store::{Read, StoreError};

use crate::client_authentication::{ClientRefused, authenticate};
use crate::dpop::{self, DpopRefused, PresentedProof};
use crate::login::LoginRefused;
use crate::{InternalError, RequestContext, Services};

/// Why no token is issued.
#[derive(Debug, thiserror::Error)]
pub enum GrantRefused {
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientRefused),
    /// The client does not name this grant among its own.
    #[error("the grant type {} is not allowed for the client", .0.as_str())]
    GrantNotAllowed(GrantType),
    /// The code is unknown, expired, used, or another client's; or its user may not come in any more.
    #[error("invalid authorization code")]
    InvalidCode,
    /// The redirect URI is not the one of the authorization request (RFC 6749 4.1.3).
    #[error("the redirect_uri is not the one of the authorization request")]
    WrongRedirectUri,
    /// The caller has not proven to hold a key, or not in a way that counts.
    #[error(transparent)]
    Dpop(#[from] DpopRefused),
    /// The code is bound to another key than the caller has proven to hold (RFC 9449 10).
    #[error("the code is bound to another key")]
    AnotherKey,
    /// The proof key does not hold.
    #[error(transparent)]
    Pkce(PkceRefused),
    /// The refresh token is unknown, expired, revoked, another client's, or was used again.
    #[error("unknown or invalid refresh token")]
    InvalidRefreshToken,
    /// More is asked than was granted.
    #[error("the scope exceeds what was granted")]
    ScopeExceeded,
    /// The audience is not the one that was granted.
    #[error("the audience is not the one that was granted")]
    AudienceChanged,
    /// The audience names no API.
    #[error("service not found: {0}")]
    UnknownAudience(String),
    /// An audience is needed, and there is no default.
    #[error("audience is missing")]
    AudienceMissing,
    /// The client has no grant for the API.
    #[error("the client is not authorized to access {0}")]
    NoClientGrant(String),
    /// No connection of that name takes passwords for this client.
    #[error("no such connection")]
    UnknownRealm,
    /// The password did not let anybody in.
    #[error("the password was not accepted")]
    Login(LoginRefused),
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl GrantRefused {
    /// How long the caller had better wait, where that is known.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            GrantRefused::Login(LoginRefused::SourceThrottled { retry_after }) => *retry_after,
            _ => None,
        }
    }
}

impl From<StoreError> for GrantRefused {
    fn from(error: StoreError) -> Self {
        GrantRefused::Internal(error.into())
    }
}

/// A call of the token endpoint.
pub struct TokenCall<'a> {
    /// Who the client claims to be.
    pub presented: &'a Presented,
    /// What it asks.
    pub request: TokenRequest,
    /// The person's address as the client tells it, which counts only for clients that are trusted with it.
    pub forwarded_for: Option<std::net::IpAddr>,
    /// The proof that came with the call.
    pub proof: Option<PresentedProof<'a>>,
}

/// Authenticates the client and exchanges its grant.
pub async fn exchange(svc: &Services, cx: &RequestContext, call: TokenCall<'_>) -> Result<TokenResponse, GrantRefused> {
    let TokenCall { presented, request, forwarded_for, proof } = call;
    let client = match authenticate(svc, cx, presented).await {
        Ok(client) => client,
        Err(refused) => {
            unauthenticated::record(svc, cx, presented, &request, &refused).await?;
            return Err(refused.into());
        }
    };
    let grant = request.grant_type();
    if !client.allows(grant) {
        return Err(GrantRefused::GrantNotAllowed(grant));
    }
    let jkt = match &proof {
        Some(proof) => Some(dpop::accept(svc, cx, proof, None).await?),
        None => None,
    };
    let jkt = jkt.as_deref();
    match request {
        TokenRequest::AuthorizationCode(request) => authorization_code::exchange(svc, cx, &client, request, jkt).await,
        TokenRequest::RefreshToken(request) => refresh_token::exchange(svc, cx, &client, request, jkt).await,
        TokenRequest::ClientCredentials(request) => client_credentials::exchange(svc, cx, &client, request, jkt).await,
        TokenRequest::Password(request) => {
            Box::pin(password::exchange(svc, cx, &client, request, forwarded_for, jkt)).await
        }
    }
}

/// The API of a family's audience. It may have been deleted since; then nothing can be issued for it.
async fn api_of(db: &mut impl Read, audience: Option<&str>) -> Result<Option<ResourceServer>, GrantRefused> {
    let Some(audience) = audience else { return Ok(None) };
    let api = store::resource_servers::find(db, audience).await?;
    api.map(Some).ok_or_else(|| GrantRefused::UnknownAudience(audience.to_owned()))
}

/// Lifetimes and the rest of a first refresh token, where one was granted.
fn first_refresh_token(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    family: &model::grant::TokenFamily,
) -> Option<crate::tokens::GivenRefreshToken> {
    family.scope.contains("offline_access").then(|| {
        let lifetimes = protocol::rotation::first_lifetimes(&client.refresh_token, cx.now.millis());
        crate::tokens::GivenRefreshToken::new(svc, &family.id, 0, lifetimes, cx.now)
    })
}
