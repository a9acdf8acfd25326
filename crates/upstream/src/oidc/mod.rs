//! An OpenID provider, asked as its relying party (OpenID Connect Core 1.0, authorization code flow).
//!
//! ID tokens are verified in full although they come straight from the token endpoint, because what they say decides
//! who somebody is. Signatures are checked by the `openidconnect` crate; what claims must say is decided in `id_token`.

pub(crate) mod authorization;
pub(crate) mod claims;
pub(crate) mod id_token;
mod jws;
pub(crate) mod keys;
pub(crate) mod logout;
pub(crate) mod metadata;
pub(crate) mod token;

use std::time::Duration;

use model::provider::ProviderEndpoints;
use model::{JsonObject, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use self::jws::Jws;
use self::keys::{KeyRing, Signer};
use self::logout::LogoutNotice;
use self::metadata::Metadata;
use crate::answer::{Garbage, Setback, UnavailableReason};
use crate::gate::Stopwatch;
use crate::http::{HttpAnswer, HttpClient};
use crate::kept::{BestCopy, Kept, PAUSE};
use crate::sign_in::{Assertion, AssertionRefused, ProviderTokens, Registration, Returned, SignInProblem};
use crate::urls::UrlPolicy;

/// A metadata document is read again after this time; see [`crate::Upstreams`] for when it must be younger.
const METADATA_AGE: Duration = Duration::from_mins(10);
/// A key that was taken from the set is believed no longer than this, while the set can be fetched.
const KEYS_AGE: Duration = Duration::from_hours(1);

/// What is remembered of a provider.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    metadata: Kept<Metadata>,
    keys: Kept<KeyRing>,
}

/// One provider, for one question.
pub(crate) struct OpenIdProvider<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) urls: &'a UrlPolicy,
    pub(crate) memory: &'a Memory,
    pub(crate) registration: Registration<'a>,
    pub(crate) watch: Stopwatch,
}

impl OpenIdProvider<'_> {
    /// Where the provider is asked, as a document of at most this age says.
    pub(crate) async fn metadata(&self, age: Duration) -> Result<BestCopy<Metadata>, Setback> {
        self.memory.metadata.get(self.watch, age, self.fetch_metadata()).await
    }

    async fn fetch_metadata(&self) -> Result<Metadata, Setback> {
        let provider = self.registration.provider;
        match &provider.endpoints {
            ProviderEndpoints::Fixed(endpoints) => Ok(Metadata::written_down(endpoints, self.urls)?),
            ProviderEndpoints::Discovered(url) => {
                let url = self.urls.check(url).map_err(|_| UnavailableReason::Misconfigured)?;
                let answer = fetched(self.http.get_public(&url).await?, self.watch)?;
                Ok(Metadata::of_issuer(answer, &provider.issuer, self.urls)?)
            }
        }
    }

    /// Exchanges what a browser brought back for who it is.
    pub(crate) async fn redeem(&self, returned: &Returned<'_>) -> Result<Result<Assertion, SignInProblem>, Setback> {
        let metadata = self.metadata(METADATA_AGE).await?.document;
        if let Err(why) = self.check_response_issuer(&metadata, returned) {
            return Ok(Err(why.into()));
        }
        let exchanged = token::exchange(self.http, &metadata.token_endpoint, &self.registration, returned, self.watch);
        match exchanged.await? {
            Ok(tokens) => self.assertion(&metadata, returned, tokens).await,
            Err(problem) => Ok(Err(problem)),
        }
    }

    /// A code is not shown to the token endpoint of one provider when another has sent it (RFC 9207 2.4).
    fn check_response_issuer(&self, metadata: &Metadata, returned: &Returned<'_>) -> Result<(), AssertionRefused> {
        match returned.issuer {
            Some(issuer) if issuer == self.registration.provider.issuer => Ok(()),
            None if !metadata.promises_issuer => Ok(()),
            _ => Err(AssertionRefused::ResponseIssuer),
        }
    }

    async fn assertion(
        &self,
        metadata: &Metadata,
        returned: &Returned<'_>,
        tokens: ProviderTokens,
    ) -> Result<Result<Assertion, SignInProblem>, Setback> {
        let claims = match self.id_token_claims(metadata, returned, &tokens).await? {
            Ok(claims) => claims,
            Err(why) => return Ok(Err(why.into())),
        };
        let provider = self.registration.provider;
        let (subject, all) = match claims::subject(&claims, &provider.subject_claim) {
            Ok(subject) => (subject, self.completed(metadata, &claims, tokens.access_token.as_ref()).await?),
            Err(why) => return Ok(Err(why.into())),
        };
        Ok(all.map_err(SignInProblem::from).map(|all| Assertion {
            subject,
            profile: claims::profile(&claims::with_posted_name(all, returned.posted_user, provider), provider),
            authenticated_at: id_token::moment(&claims, "auth_time")
                .map(|seconds| Timestamp::from_millis(seconds.saturating_mul(1000))),
            sid: claims::sid(&claims),
            tokens,
        }))
    }

    async fn id_token_claims(
        &self,
        metadata: &Metadata,
        returned: &Returned<'_>,
        tokens: &ProviderTokens,
    ) -> Result<Result<JsonObject, AssertionRefused>, Setback> {
        let Some(token) = &tokens.id_token else { return Ok(Err(AssertionRefused::NoIdToken)) };
        let access_token = tokens.access_token.as_ref().map(ExposeSecret::expose_secret);
        self.verified(metadata, token, |token, signer| {
            id_token::check(&token.claims, &self.registration, returned, self.watch.now())?;
            id_token::check_hashes(&token.claims, signer, access_token, returned.code)?;
            Ok(token.claims.clone())
        })
        .await
    }

    /// Verifies a logout token.
    pub(crate) async fn logout_notice(
        &self,
        token: &SecretString,
    ) -> Result<Result<LogoutNotice, AssertionRefused>, Setback> {
        let metadata = self.metadata(METADATA_AGE).await?.document;
        self.verified(&metadata, token, |token, _| {
            let typ = token.header.typ.as_deref().unwrap_or("JWT");
            if !["logout+jwt", "JWT"].iter().any(|own| own.eq_ignore_ascii_case(typ)) {
                return Err(AssertionRefused::Type);
            }
            logout::notice(&token.claims, &self.registration, self.watch.now())
        })
        .await
    }

    /// Hands a token whose signature is right to whoever judges it. Keys are fetched again where its key is unknown,
    /// but not in a rush: anybody can make up key ids.
    async fn verified<T>(
        &self,
        metadata: &Metadata,
        token: &SecretString,
        judge: impl Fn(&Jws<'_>, &Signer<'_>) -> Result<T, AssertionRefused>,
    ) -> Result<Result<T, AssertionRefused>, Setback> {
        let token = match Jws::parse(token.expose_secret()) {
            Ok(token) => token,
            Err(why) => return Ok(Err(why)),
        };
        let first = self.keys(metadata, KEYS_AGE).await?.document;
        let signer = first.signer_of(&token);
        if signer.as_ref().err() != Some(&AssertionRefused::UnknownKey) {
            return Ok(signer.and_then(|signer| judge(&token, &signer)));
        }
        let newer = self.keys(metadata, PAUSE).await?;
        match (newer.document.signer_of(&token), newer.setback) {
            // Whether the key is one of theirs is not known as long as they do not say.
            (Err(AssertionRefused::UnknownKey), Some(setback)) => Err(setback),
            (signer, _) => Ok(signer.and_then(|signer| judge(&token, &signer))),
        }
    }

    async fn keys(&self, metadata: &Metadata, age: Duration) -> Result<BestCopy<KeyRing>, Setback> {
        self.memory.keys.get(self.watch, age, self.fetch_keys(metadata.jwks_uri.as_ref())).await
    }

    async fn fetch_keys(&self, jwks_uri: Option<&Url>) -> Result<KeyRing, Setback> {
        let url = jwks_uri.ok_or(UnavailableReason::Misconfigured)?;
        let answer = fetched(self.http.get_public(url).await?, self.watch)?;
        Ok(KeyRing::of(&answer.json.ok_or(Garbage::NotJson)?)?)
    }

    /// The claims of the ID token, and what userinfo adds where they lack something that was asked for. Those of the
    /// ID token win, because they are signed.
    async fn completed(
        &self,
        metadata: &Metadata,
        claims: &JsonObject,
        access_token: Option<&SecretString>,
    ) -> Result<Result<JsonObject, AssertionRefused>, Setback> {
        let (Some(endpoint), Some(access_token)) = (&metadata.userinfo_endpoint, access_token) else {
            return Ok(Ok(claims.clone()));
        };
        if !claims::lack_what_was_asked_for(claims, self.registration.provider) {
            return Ok(Ok(claims.clone()));
        }
        let answer = fetched(self.http.get(endpoint, access_token).await?, self.watch)?;
        let Some(Value::Object(mut userinfo)) = answer.json else { return Err(Garbage::NotJson.into()) };
        // OpenID Connect Core 5.3.2: tokens may be swapped.
        if userinfo.get("sub").is_none_or(|subject| Some(subject) != claims.get("sub")) {
            return Ok(Err(AssertionRefused::UserinfoSubject));
        }
        claims::join(&mut userinfo, claims, self.registration.provider);
        Ok(Ok(userinfo))
    }
}

/// An answer to a plain question of which only success says something.
pub(crate) fn fetched(answer: HttpAnswer, watch: Stopwatch) -> Result<HttpAnswer, Setback> {
    match answer.status {
        200 => Ok(answer),
        429 => Err(Setback::Throttled { retry_after: answer.retry_after(watch.now()) }),
        status => Err(UnavailableReason::Status(status).into()),
    }
}
