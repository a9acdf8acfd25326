//! GitHub: OAuth 2.0 without OpenID Connect, and an API of its own that says who it is.

use model::provider::{EmailVerification, ProviderEndpoints};
use model::user::Profile;
use secrecy::SecretString;
use serde::Deserialize;

use crate::answer::{Garbage, Setback, UnavailableReason};
use crate::gate::Stopwatch;
use crate::http::HttpClient;
use crate::oidc::metadata::Metadata;
use crate::oidc::{fetched, token};
use crate::sign_in::{Assertion, AssertionRefused, ProviderTokens, Registration, Returned, SignInProblem};
use crate::urls::UrlPolicy;

/// GitHub, for one question.
pub(crate) struct GitHub<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) urls: &'a UrlPolicy,
    pub(crate) registration: Registration<'a>,
    pub(crate) watch: Stopwatch,
}

/// `GET /user`. The id is the account's for good; the login can be given up and taken by somebody else.
#[derive(Deserialize)]
struct Account {
    id: u64,
    login: String,
    name: Option<String>,
    avatar_url: Option<String>,
}

/// An entry of `GET /user/emails`.
#[derive(Deserialize)]
struct Address {
    email: String,
    primary: bool,
    verified: bool,
}

impl GitHub<'_> {
    pub(crate) fn metadata(&self) -> Result<Metadata, Setback> {
        match &self.registration.provider.endpoints {
            ProviderEndpoints::Fixed(endpoints) => Ok(Metadata::written_down(endpoints, self.urls)?),
            ProviderEndpoints::Discovered(_) => Err(UnavailableReason::Misconfigured.into()),
        }
    }

    pub(crate) async fn redeem(&self, returned: &Returned<'_>) -> Result<Result<Assertion, SignInProblem>, Setback> {
        // It promises no issuer, but would send its own if it did.
        if returned.issuer.is_some_and(|issuer| issuer != self.registration.provider.issuer) {
            return Ok(Err(AssertionRefused::ResponseIssuer.into()));
        }
        let metadata = self.metadata()?;
        let exchanged = token::exchange(self.http, &metadata.token_endpoint, &self.registration, returned, self.watch);
        match exchanged.await? {
            Ok(tokens) => self.assertion(&metadata, tokens).await.map(Ok),
            Err(problem) => Ok(Err(problem)),
        }
    }

    async fn assertion(&self, metadata: &Metadata, tokens: ProviderTokens) -> Result<Assertion, Setback> {
        let access_token = tokens.access_token.as_ref().ok_or(Garbage::Malformed)?;
        let user = metadata.userinfo_endpoint.as_ref().ok_or(UnavailableReason::Misconfigured)?;
        let answer = fetched(self.http.get(user, access_token).await?, self.watch)?;
        let account: Account =
            serde_json::from_value(answer.json.ok_or(Garbage::NotJson)?).map_err(|_| Garbage::Malformed)?;
        let address = self.primary_address(&format!("{user}/emails"), access_token).await?;
        let is_believed = match self.registration.provider.email_verification {
            EmailVerification::Ignored => false,
            EmailVerification::Believed => address.as_ref().is_some_and(|address| address.verified),
            EmailVerification::Assumed => address.is_some(),
        };
        let profile = Profile {
            email: address.map(|address| address.email),
            email_verified: is_believed,
            name: account.name.filter(|name| !name.is_empty()),
            nickname: Some(account.login),
            picture: account.avatar_url,
            ..Profile::default()
        };
        Ok(Assertion { subject: account.id.to_string(), profile, authenticated_at: None, sid: None, tokens })
    }

    /// The address that the account is about. None where we were not given the right to see it.
    async fn primary_address(&self, url: &str, access_token: &SecretString) -> Result<Option<Address>, Setback> {
        let url = self.urls.check(url).map_err(|_| UnavailableReason::Misconfigured)?;
        let answer = self.http.get(&url, access_token).await?;
        if matches!(answer.status, 403 | 404) {
            return Ok(None);
        }
        let json = fetched(answer, self.watch)?.json.ok_or(Garbage::NotJson)?;
        let addresses: Vec<Address> = serde_json::from_value(json).map_err(|_| Garbage::Malformed)?;
        Ok(addresses.into_iter().find(|address| address.primary))
    }
}
