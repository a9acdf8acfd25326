//! Asking upstream providers: what stands before each of them, and what is remembered of it.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::provider::{Provider, ProviderProtocol};
use model::{ConnectionId, Timestamp};
use secrecy::SecretString;
use tracing::field::Empty;
use tracing::{Span, instrument};
use url::Url;

use crate::answer::{Setback, UnavailableReason};
use crate::gate::{Gate, GateLimits, Stopwatch};
use crate::oidc::logout::{self, LogoutNotice, SignOutRequest};
use crate::oidc::metadata::{Metadata, MetadataRefused};
use crate::oidc::{Memory, OpenIdProvider, authorization};
use crate::sign_in::{Assertion, Registration, Returned, SignInProblem, SignInRequest};
use crate::social::github::GitHub;
use crate::upstreams::Upstreams;
use crate::urls::UrlRefused;

/// Nobody is sent to a provider of which nothing was heard for longer than this: whoever is down does not show our
/// page.
const SIGN_OF_LIFE_AGE: Duration = Duration::from_mins(1);

/// A silent request is made while somebody waits for a page they may not need.
const SILENT_PATIENCE: Duration = Duration::from_secs(2);

/// Of one connection. A slow provider holds up nobody but its own people.
const LIMITS: GateLimits = GateLimits {
    timeout: Duration::from_secs(10),
    max_concurrency: 64,
    breaker_failures: 5,
    breaker_open: Duration::from_secs(10),
};

/// What is kept of the provider behind one connection, as long as its settings stay what they are.
struct Known {
    provider: Provider,
    gate: Gate,
    memory: Memory,
}

/// What is kept of all providers.
#[derive(Default)]
pub(crate) struct Providers(Mutex<HashMap<ConnectionId, Arc<Known>>>);

impl Providers {
    fn of(&self, registration: &Registration<'_>) -> Arc<Known> {
        let mut known = self.lock();
        let id = registration.connection_id;
        if let Some(known) = known.get(id).filter(|known| known.provider == *registration.provider) {
            return Arc::clone(known);
        }
        let provider = registration.provider.clone();
        let fresh = Arc::new(Known { provider, gate: Gate::new(LIMITS), memory: Memory::default() });
        known.insert(id.clone(), Arc::clone(&fresh));
        fresh
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Known>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why a connection cannot be set up. The texts are fit to be shown to an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProviderRefused {
    /// Its document may not be fetched from there.
    #[error("it {0}")]
    Place(UrlRefused),
    /// Its document, or what was written down, may not be used.
    #[error(transparent)]
    Metadata(#[from] MetadataRefused),
    /// The document could not be read.
    #[error("the provider's metadata document could not be read ({})", .0.as_str())]
    Unavailable(UnavailableReason),
}

impl Upstreams {
    /// Reads a provider's metadata document, as a connection is set up that names it, and says which issuer it is of.
    /// Whether that is the right one is the caller's to judge (OpenID Connect Discovery 1.0 4.3).
    pub async fn discover(&self, discovery_url: &str, now: Timestamp) -> Result<String, ProviderRefused> {
        let watch = Stopwatch::start(now);
        let url = self.urls.check(discovery_url).map_err(ProviderRefused::Place)?;
        let question = async { crate::oidc::fetched(self.http.get_public(&url).await?, watch) };
        let out_of_time = Err(Setback::Unavailable(UnavailableReason::Timeout));
        let answer = tokio::time::timeout(LIMITS.timeout, question).await.unwrap_or(out_of_time);
        let answer = answer.map_err(|setback| match setback {
            Setback::Unavailable(reason) => ProviderRefused::Unavailable(reason),
            Setback::Throttled { .. } => ProviderRefused::Unavailable(UnavailableReason::Status(429)),
        })?;
        Ok(Metadata::read(answer, &self.urls)?.0)
    }

    /// Whether these endpoints may be written down.
    pub fn check_endpoints(&self, endpoints: &model::provider::FixedEndpoints) -> Result<(), ProviderRefused> {
        Ok(Metadata::written_down(endpoints, &self.urls).map(|_| ())?)
    }

    /// Where to send a browser that is to sign in at a provider. A provider that was not heard of for a while is asked
    /// for its metadata first, and nobody is sent to one that does not answer.
    #[instrument(skip_all, fields(connection = registration.connection, provider.answer = Empty))]
    pub async fn authorization_url(
        &self,
        registration: &Registration<'_>,
        request: &SignInRequest<'_>,
        now: Timestamp,
    ) -> Result<Url, SignInProblem> {
        let watch = Stopwatch::start(now);
        let metadata = self.ask(registration, watch, |known| self.metadata(registration, known, watch));
        let outcome = if request.prompt == Some("none") {
            let out_of_time = Err(SignInProblem::Unavailable(UnavailableReason::Timeout));
            tokio::time::timeout(SILENT_PATIENCE, metadata).await.unwrap_or(out_of_time)
        } else {
            metadata.await
        };
        report(registration, "authorization", outcome.as_ref().err().copied(), watch);
        Ok(authorization::url(&outcome?.authorization_endpoint, registration, request))
    }

    /// Exchanges what a browser brought back for who it is.
    #[instrument(skip_all, fields(connection = registration.connection, provider.answer = Empty))]
    pub async fn redeem(
        &self,
        registration: &Registration<'_>,
        returned: &Returned<'_>,
        now: Timestamp,
    ) -> Result<Assertion, SignInProblem> {
        let watch = Stopwatch::start(now);
        let outcome =
            Box::pin(self.ask(registration, watch, |known| self.redeemed(registration, returned, known, watch)));
        let outcome = outcome.await.and_then(|assertion| assertion);
        report(registration, "redeem", outcome.as_ref().err().copied(), watch);
        outcome
    }

    /// Where to send a browser that is to sign out at a provider; none where that is not possible.
    pub async fn sign_out_url(
        &self,
        registration: &Registration<'_>,
        request: &SignOutRequest<'_>,
        now: Timestamp,
    ) -> Option<Url> {
        let watch = Stopwatch::start(now);
        let metadata = self.ask(registration, watch, |known| self.metadata(registration, known, watch)).await.ok()?;
        logout::url(&metadata, registration, request)
    }

    /// Verifies a logout token that a provider has posted to us (OpenID Connect Back-Channel Logout 1.0 2.6).
    pub async fn verify_logout_token(
        &self,
        registration: &Registration<'_>,
        token: &SecretString,
        now: Timestamp,
    ) -> Result<LogoutNotice, SignInProblem> {
        let watch = Stopwatch::start(now);
        let verified = self.ask(registration, watch, |known| async move {
            self.openid(registration, &known, watch).logout_notice(token).await
        });
        Ok(verified.await??)
    }

    /// Puts a question through the gate before the provider.
    async fn ask<T, F: Future<Output = Result<T, Setback>>>(
        &self,
        registration: &Registration<'_>,
        watch: Stopwatch,
        question: impl FnOnce(Arc<Known>) -> F,
    ) -> Result<T, SignInProblem> {
        let known = self.providers.of(registration);
        Ok(known.gate.ask(watch, question(Arc::clone(&known))).await?)
    }

    fn openid<'a>(&'a self, registration: &Registration<'a>, known: &'a Known, watch: Stopwatch) -> OpenIdProvider<'a> {
        OpenIdProvider { http: &self.http, urls: &self.urls, memory: &known.memory, registration: *registration, watch }
    }

    fn github<'a>(&'a self, registration: &Registration<'a>, watch: Stopwatch) -> GitHub<'a> {
        GitHub { http: &self.http, urls: &self.urls, registration: *registration, watch }
    }

    async fn metadata(
        &self,
        registration: &Registration<'_>,
        known: Arc<Known>,
        watch: Stopwatch,
    ) -> Result<Arc<Metadata>, Setback> {
        match registration.provider.protocol {
            ProviderProtocol::GitHub => self.github(registration, watch).metadata().map(Arc::new),
            ProviderProtocol::OpenIdConnect => {
                let copy = self.openid(registration, &known, watch).metadata(SIGN_OF_LIFE_AGE).await?;
                match copy.setback.filter(|setback| says_nothing(*setback)) {
                    Some(setback) => Err(setback),
                    None => Ok(copy.document),
                }
            }
        }
    }

    async fn redeemed(
        &self,
        registration: &Registration<'_>,
        returned: &Returned<'_>,
        known: Arc<Known>,
        watch: Stopwatch,
    ) -> Result<Result<Assertion, SignInProblem>, Setback> {
        match registration.provider.protocol {
            ProviderProtocol::GitHub => self.github(registration, watch).redeem(returned).await,
            ProviderProtocol::OpenIdConnect => self.openid(registration, &known, watch).redeem(returned).await,
        }
    }
}

/// Whether nobody answered at all. Somebody who answers badly still has the place where people sign in.
fn says_nothing(setback: Setback) -> bool {
    use UnavailableReason::{Timeout, Tls, Unreachable};
    matches!(setback, Setback::Unavailable(Timeout | Unreachable | Tls))
}

fn report(registration: &Registration<'_>, question: &'static str, problem: Option<SignInProblem>, watch: Stopwatch) {
    let seconds = watch.elapsed().as_secs_f64();
    let answer = problem.map_or("answered", SignInProblem::as_str);
    let connection = registration.connection.to_owned();
    metrics::counter!("landbridge_provider_answers_total", "connection" => connection.clone(), "question" => question, "answer" => answer)
        .increment(1);
    metrics::histogram!("landbridge_provider_duration_seconds", "connection" => connection).record(seconds);
    Span::current().record("provider.answer", answer);
    if let Some(problem) = problem {
        tracing::warn!(question, ?problem, seconds, "a provider gave no usable answer");
    } else {
        tracing::debug!(question, seconds, "a provider answered");
    }
}
