//! The OpenID provider, as its discovery document describes it.

mod directory;
mod metadata;

use std::sync::Arc;

use openidconnect::core::{CoreClient, CoreGenderClaim, CoreIdToken, CoreResponseType, CoreTokenResponse};
use openidconnect::{
    AccessToken, AuthenticationFlow, AuthorizationCode, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, LogoutRequest, Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RefreshToken, Scope,
    SubjectIdentifier, TokenResponse, UserInfoClaims,
};
use url::Url;

use self::metadata::Extensions;
use crate::Settings;
use crate::claims::{Claims, OtherClaims};
use crate::failure::Failure;
use crate::http_client::HttpClient;
use crate::tokens::{IdentityRefused, NonceCheck, check_access_token};

pub(crate) use self::directory::Directory;

type Client = CoreClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet, EndpointMaybeSet>;

/// A provider whose discovery document and keys have been read.
pub(crate) struct Provider {
    settings: Arc<Settings>,
    http_client: HttpClient,
    issuer: IssuerUrl,
    client: Client,
    extensions: Extensions,
}

impl Provider {
    /// Where to send the browser to sign in (OpenID Connect Core 3.1.2.1), and what must come back.
    pub(crate) fn authorization_url(&self, challenge: PkceCodeChallenge, is_sign_up: bool) -> (Url, CsrfToken, Nonce) {
        let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
        let scopes = ["profile", "email", "offline_access"].map(|scope| Scope::new(scope.to_owned()));
        let mut request = self.client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
        request = request.add_scopes(scopes).set_pkce_challenge(challenge);
        if let Some(audience) = &self.settings.audience {
            request = request.add_extra_param("audience", audience);
        }
        if is_sign_up {
            request = request.add_extra_param("screen_hint", "signup");
        }
        request.url()
    }

    /// Whether an authorization response with this `iss` is this provider's (RFC 9207 2.4).
    pub(crate) fn has_sent(&self, iss: Option<&str>) -> bool {
        match iss {
            Some(iss) => iss == self.issuer.as_str(),
            None => !self.extensions.authorization_response_iss_parameter_supported,
        }
    }

    /// Redeems an authorization code (RFC 6749 4.1.3, RFC 7636 4.5).
    pub(crate) async fn exchange(
        &self,
        code: String,
        verifier: PkceCodeVerifier,
    ) -> Result<CoreTokenResponse, Failure> {
        let request = self.client.exchange_code(AuthorizationCode::new(code)).set_pkce_verifier(verifier);
        request.request_async(&self.http_client).await.map_err(Failure::from)
    }

    /// Redeems a refresh token (RFC 6749 6).
    pub(crate) async fn refresh(&self, token: &RefreshToken) -> Result<CoreTokenResponse, Failure> {
        let request = self.client.exchange_refresh_token(token);
        request.request_async(&self.http_client).await.map_err(Failure::from)
    }

    /// Asks the userinfo endpoint (OpenID Connect Core 5.3) and refuses an answer about anybody but `sub`.
    pub(crate) async fn userinfo(&self, token: AccessToken, sub: &str) -> Result<Claims, Failure> {
        let expected = SubjectIdentifier::new(sub.to_owned());
        let request = self.client.user_info(token, Some(expected)).map_err(|_| Failure::NoUserinfoEndpoint)?;
        let answer: UserInfoClaims<OtherClaims, CoreGenderClaim> =
            request.request_async(&self.http_client).await.map_err(|error| Failure::Userinfo(Box::new(error)))?;
        Ok(Claims::from_userinfo(&answer))
    }

    /// What the ID token of `answer` says, once it is proven (OpenID Connect Core 3.1.3.7 and 3.1.3.8).
    fn verify(&self, answer: &CoreTokenResponse, nonce: NonceCheck<'_>) -> Result<Claims, IdentityRefused> {
        let verifier = self.client.id_token_verifier();
        let id_token = answer.id_token().ok_or(IdentityRefused::Missing)?;
        let claims = id_token.claims(&verifier, nonce)?;
        if let Some(expected) = claims.access_token_hash() {
            let key = id_token.signing_key(&verifier)?;
            check_access_token(expected, answer, id_token.signing_alg()?, key)?;
        }
        Claims::from_verified(id_token).ok_or(IdentityRefused::Unreadable)
    }

    /// Where to send the browser to end its session at the provider: RP-Initiated Logout 1.0 if the provider announces
    /// it, and otherwise Auth0's `v2/logout`.
    pub(crate) fn logout_url(&self, id_token: &CoreIdToken) -> Url {
        let return_to = self.settings.post_logout_redirect_url();
        match self.extensions.end_session_endpoint.clone() {
            Some(endpoint) => LogoutRequest::from(endpoint)
                .set_id_token_hint(id_token)
                .set_client_id(self.client.client_id().clone())
                .set_post_logout_redirect_uri(PostLogoutRedirectUrl::from_url(return_to))
                .http_get_url(),
            None => self.v2_logout_url(&return_to),
        }
    }

    fn v2_logout_url(&self, return_to: &Url) -> Url {
        let mut url = self.issuer.join("v2/logout").expect("a relative path joins an issuer that was discovered");
        let client_id = self.client.client_id();
        url.query_pairs_mut().append_pair("client_id", client_id).append_pair("returnTo", return_to.as_str());
        url
    }

    /// The origin that signing out leads to.
    pub(crate) fn logout_origin(&self) -> String {
        let endpoint =
            self.extensions.end_session_endpoint.as_ref().map_or(self.issuer.url(), |endpoint| endpoint.url());
        endpoint.origin().ascii_serialization()
    }
}
