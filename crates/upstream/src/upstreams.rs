//! The long-lived handle through which sources are asked.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::Timestamp;
use model::connection::{Source, SourceKind};
use secrecy::SecretString;
use tracing::field::Empty;
use tracing::{Span, instrument};

use crate::addresses::AddressPolicy;
use crate::answer::{DirectoryAnswer, Setback, SourceAnswer, UnavailableReason};
use crate::attempt::PasswordAttempt;
use crate::auth0::{ManagementToken, Tenant};
use crate::breaker::BreakerPosition;
use crate::gate::{Gate, GateLimits, Stopwatch};
use crate::http::{HttpClient, HttpSettings, HttpSetupError};
use crate::issuer::{Issuer, IssuerRefused};
use crate::providers::Providers;
use crate::urls::UrlPolicy;

/// What is asked. Each kind has a gate of its own: anybody can have the directory asked by signing up, and must not be
/// able to stop everybody's move by using up what the source allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Question {
    Password,
    Directory,
}

/// Asks sources, and remembers how they are doing.
///
/// State is kept by the source's name, which is therefore unique in a deployment, and starts afresh when the
/// source's settings change. It is of this process alone.
pub struct Upstreams {
    pub(crate) http: HttpClient,
    pub(crate) urls: UrlPolicy,
    pub(crate) providers: Providers,
    sources: Mutex<HashMap<(String, Question), Arc<Asked>>>,
}

/// What is kept of one source for one kind of question, as long as its settings stay what they are.
struct Asked {
    source: Source,
    gate: Gate,
    management_token: ManagementToken,
}

impl Asked {
    fn new(source: Source) -> Self {
        let limits = GateLimits {
            timeout: Duration::from_millis(source.timeout_ms),
            max_concurrency: source.max_concurrency,
            breaker_failures: source.breaker_failures,
            breaker_open: Duration::from_millis(source.breaker_open_ms),
        };
        Asked { source, gate: Gate::new(limits), management_token: ManagementToken::default() }
    }
}

impl Upstreams {
    /// Opens no connection. Uses the process's default TLS provider.
    pub fn new(settings: &HttpSettings) -> Result<Self, HttpSetupError> {
        let addresses = AddressPolicy::new(&settings.allow_private_networks);
        let http = HttpClient::new(addresses.clone())?;
        let urls = UrlPolicy { allow_http: settings.allow_http, addresses };
        Ok(Upstreams { http, urls, providers: Providers::default(), sources: Mutex::default() })
    }

    /// Whether this text may become the issuer of a source. What its name resolves to is checked at each
    /// connection instead, because it may change.
    pub fn check_issuer(&self, issuer: &str) -> Result<(), IssuerRefused> {
        self.issuer(issuer).map(|_| ())
    }

    /// Asks a source whose password this is. `secret` is the secret of our client there.
    ///
    /// Whatever goes wrong is an answer. The person is proven only by [`SourceAnswer::Verified`]; only
    /// [`SourceAnswer::WrongPassword`] may count as a failed attempt. With `read_profiles`, a profile that could
    /// not be read makes the answer unavailable although the password was right: moving the person now would lose
    /// their metadata for good. Only a source that clearly says it has none to give (not found, not allowed) is
    /// taken at its word, and [`crate::SourceProfile::origin`] then says so.
    #[instrument(skip_all, fields(source.name = source.name, source.answer = Empty, source.reason = Empty))]
    pub async fn check_password(
        &self,
        source: &Source,
        secret: &SecretString,
        attempt: &PasswordAttempt<'_>,
        now: Timestamp,
    ) -> SourceAnswer {
        let watch = Stopwatch::start(now);
        let answer = Box::pin(self.ask_password(source, secret, attempt, watch)).await.unwrap_or_else(Into::into);
        let reason = match &answer {
            SourceAnswer::Unavailable(reason) => Some(*reason),
            _ => None,
        };
        report(source, answer.as_str(), reason, watch);
        answer
    }

    /// Asks a source who has this address, for just-in-time look-up. The address is folded first.
    #[instrument(skip_all, fields(source.name = source.name, source.answer = Empty, source.reason = Empty))]
    pub async fn find_by_email(
        &self,
        source: &Source,
        secret: &SecretString,
        email: &str,
        now: Timestamp,
    ) -> DirectoryAnswer {
        let watch = Stopwatch::start(now);
        let answer = Box::pin(self.ask_directory(source, secret, email, watch)).await.unwrap_or_else(Into::into);
        let reason = match &answer {
            DirectoryAnswer::Unavailable(reason) => Some(*reason),
            _ => None,
        };
        report(source, answer.as_str(), reason, watch);
        answer
    }

    /// Whether the source of this name is asked for passwords. `None` while this process has not asked it.
    pub fn breaker(&self, source_name: &str, now: Timestamp) -> Option<BreakerPosition> {
        self.sources().get(&(source_name.to_owned(), Question::Password)).map(|asked| asked.gate.position(now))
    }

    async fn ask_password(
        &self,
        source: &Source,
        secret: &SecretString,
        attempt: &PasswordAttempt<'_>,
        watch: Stopwatch,
    ) -> Result<SourceAnswer, Setback> {
        let asked = self.asked(source, Question::Password)?;
        let tenant = self.tenant(source, secret, &asked, watch)?;
        asked.gate.ask(watch, tenant.check_password(attempt)).await
    }

    async fn ask_directory(
        &self,
        source: &Source,
        secret: &SecretString,
        email: &str,
        watch: Stopwatch,
    ) -> Result<DirectoryAnswer, Setback> {
        let asked = self.asked(source, Question::Directory)?;
        let tenant = self.tenant(source, secret, &asked, watch)?;
        if !tenant.read_profiles {
            return Ok(DirectoryAnswer::Unsupported);
        }
        asked.gate.ask(watch, tenant.find_by_email(email)).await
    }

    fn tenant<'a>(
        &'a self,
        source: &'a Source,
        secret: &'a SecretString,
        asked: &'a Asked,
        watch: Stopwatch,
    ) -> Result<Tenant<'a>, UnavailableReason> {
        let SourceKind::Auth0 { issuer, client_id, realm, read_profiles } = &source.kind;
        Ok(Tenant {
            http: &self.http,
            issuer: self.issuer(issuer).map_err(unusable)?,
            client_id,
            secret,
            realm,
            read_profiles: *read_profiles,
            management_token: &asked.management_token,
            watch,
        })
    }

    fn issuer(&self, text: &str) -> Result<Issuer, IssuerRefused> {
        Issuer::parse(text, &self.urls)
    }

    fn asked(&self, source: &Source, question: Question) -> Result<Arc<Asked>, UnavailableReason> {
        if !source.enabled {
            return Err(UnavailableReason::Disabled);
        }
        let mut sources = self.sources();
        let key = (source.name.clone(), question);
        if let Some(asked) = sources.get(&key).filter(|asked| asked.source == *source) {
            return Ok(Arc::clone(asked));
        }
        let asked = Arc::new(Asked::new(source.clone()));
        sources.insert(key, Arc::clone(&asked));
        Ok(asked)
    }

    fn sources(&self) -> MutexGuard<'_, HashMap<(String, Question), Arc<Asked>>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn unusable(refused: IssuerRefused) -> UnavailableReason {
    match refused {
        IssuerRefused::PrivateNetwork => UnavailableReason::AddressRefused,
        IssuerRefused::NotAUrl
        | IssuerRefused::NotHttps
        | IssuerRefused::NoTrailingSlash
        | IssuerRefused::Ornamented => UnavailableReason::Misconfigured,
    }
}

fn report(source: &Source, answer: &'static str, reason: Option<UnavailableReason>, watch: Stopwatch) {
    let seconds = watch.elapsed().as_secs_f64();
    let label = reason.map_or("", UnavailableReason::as_str);
    metrics::counter!("landbridge_source_answers_total", "source" => source.name.clone(), "answer" => answer, "reason" => label)
        .increment(1);
    metrics::histogram!("landbridge_source_duration_seconds", "source" => source.name.clone()).record(seconds);
    Span::current().record("source.answer", answer);
    if let Some(reason) = reason {
        Span::current().record("source.reason", label);
        tracing::warn!(?reason, seconds, "a source gave no answer");
    } else {
        tracing::debug!(answer, seconds, "a source answered");
    }
}
