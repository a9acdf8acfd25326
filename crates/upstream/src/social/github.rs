//! GitHub: OAuth 2.0 without OpenID Connect, and an API of its own that says who it is.

use model::JsonObject;
use model::provider::ProviderEndpoints;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{Garbage, Setback, UnavailableReason};
use crate::gate::Stopwatch;
use crate::http::HttpClient;
use crate::oidc::metadata::Metadata;
use crate::oidc::{claims, fetched, token};
use crate::sign_in::{Assertion, AssertionRefused, ProviderTokens, Registration, Returned, SignInProblem};
use crate::urls::UrlPolicy;

/// GitHub, for one question.
pub(crate) struct GitHub<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) urls: &'a UrlPolicy,
    pub(crate) registration: Registration<'a>,
    pub(crate) watch: Stopwatch,
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
        let account: JsonObject =
            serde_json::from_value(answer.json.ok_or(Garbage::NotJson)?).map_err(|_| Garbage::Malformed)?;
        // The id is the account's for good; the login can be given up and taken by somebody else.
        let id = account.get("id").and_then(Value::as_u64).ok_or(Garbage::Malformed)?;
        let address = self.primary_address(&format!("{user}/emails"), access_token).await?;
        let profile = claims::profile(&claims_of(account, address), self.registration.provider);
        Ok(Assertion { subject: id.to_string(), profile, authenticated_at: None, sid: None, tokens })
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

/// What `GET /user` says, with what has a standard claim under the name of that. The address in it is one that the
/// account shows to everybody, and nothing tells whether it was proven.
fn claims_of(account: JsonObject, address: Option<Address>) -> JsonObject {
    let mut claims = account;
    for (claim, member) in [("nickname", "login"), ("picture", "avatar_url")] {
        let said = claims.get(member).cloned().unwrap_or_default();
        claims.insert(claim.to_owned(), said);
    }
    let (email, verified) = address.map(|own| (own.email.into(), own.verified.into())).unwrap_or_default();
    claims.insert("email".to_owned(), email);
    claims.insert("email_verified".to_owned(), verified);
    claims
}
