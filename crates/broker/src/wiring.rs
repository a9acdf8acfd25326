//! Builds the parts of a broker from its configuration.

use std::fs::OpenOptions;
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context, anyhow};
use axum::Router;
use credentials::password::Hasher;
use flows::bootstrap::BootstrapClient;
use flows::hashing::HashPool;
use flows::limits::{LimitSettings, RateLimit};
use flows::startup::{Parts, StartRefused, start};
use flows::{Clock, RequestContext, Services, Settings};
use ipnet::IpNet;
use keys::{Sealer, SystemEntropy};
use metrics_exporter_prometheus::PrometheusHandle;
use protocol::subdomain_wildcards::SubdomainWildcards;
use store::{Load, Store, StoreSettings};
use upstream::{HttpSettings, Upstreams};
use web::{AppState, RenderMetrics};

use crate::Failure;
use crate::clock::SystemClock;
use crate::config::{
    Bootstrap, Compatibility, Config, DatabaseUrl, Hashing, Limits, Network, Outgoing, Pages, RedisUrl, Tls,
    TokenErrorStatus,
};
use crate::mail::mailer;
use crate::memory::in_large_pages;
use crate::secrets::{BootstrapSecretError, bootstrap_secret, master_key};
use crate::server::{TlsCertificate, TlsError};

/// Hashes that may wait for each one that runs. At some thirty a second and core, the last of them waits half a second.
const WAITING_HASHES: usize = 16;

/// What to do when there is no SQLite database yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Make one.
    Create,
    /// Say so: the command looks at what is there, and an empty database would hide a wrong path.
    MustExist,
    /// The same, for a command that writes rows by the million.
    ForImport,
}

impl Opening {
    fn load(self) -> Load {
        if self == Opening::ForImport { Load::Import } else { Load::Service }
    }
}

/// A broker that can serve, on an open database whose schema is up to date.
pub async fn services(
    config: &Config,
    opening: Opening,
    bootstrap: Option<BootstrapClient>,
) -> Result<Services, Failure> {
    check_existence(&config.database.url, opening)?;
    let sealer = Sealer::new(&master_key::find_or_make(config, &SystemEntropy)?);
    let parts = Parts {
        store: open_store(config, opening.load()).await?,
        redis_url: config.redis.url.as_ref().map(RedisUrl::expose),
        sealer,
        upstreams: upstreams(&config.outgoing)?,
        hashing: hash_pool(&config.hashing)?,
        mailer: mailer(config)?,
        entropy: Arc::new(SystemEntropy),
        settings: Settings {
            limits: limit_settings(&config.limits),
            subdomain_wildcards: wildcards(&config.compatibility),
            ..Settings::for_issuer(config.server.issuer.as_str())
        },
        bootstrap,
    };
    start(parts, SystemClock.now()).await.map_err(|refused| match refused {
        StartRefused::WrongMasterKey | StartRefused::Redis(_) => Failure::Configuration(refused.to_string()),
        other => Failure::Work(other.into()),
    })
}

/// The machine client that the configuration names, if it does.
pub fn bootstrap_client(bootstrap: &Bootstrap) -> Result<Option<BootstrapClient>, BootstrapSecretError> {
    let client_id = bootstrap.management_client_id.clone();
    Ok(client_id
        .zip(bootstrap_secret(bootstrap)?)
        .map(|(client_id, client_secret)| BootstrapClient { client_id, client_secret }))
}

/// The certificate, where TLS is terminated here.
pub fn tls_certificate(tls: &Tls) -> Result<Option<Arc<TlsCertificate>>, TlsError> {
    let files = tls.certificate.as_deref().zip(tls.key.as_deref());
    files.map(|(certificate, key)| TlsCertificate::load(certificate, key).map(Arc::new)).transpose()
}

/// The whole HTTP surface.
pub fn router(config: &Config, services: Arc<Services>, metrics: PrometheusHandle) -> Result<Router, Failure> {
    let settings = web::Settings {
        trusted_proxies: networks(&config.server.trusted_proxies),
        metrics_networks: networks(&config.metrics.allowed_networks),
        templates: config.pages.templates.clone(),
        token_error_status: match config.compatibility.token_error_status {
            TokenErrorStatus::Rfc => web::TokenErrorStatus::Rfc,
            TokenErrorStatus::Auth0 => web::TokenErrorStatus::Auth0,
        },
    };
    let render: RenderMetrics = Arc::new(move || metrics.render());
    let state = AppState::new(services, Arc::new(SystemClock), settings, Some(render));
    Ok(web::router(state.map_err(|error| broken_pages(&error))?))
}

/// Whether every page can be rendered, an operator's own among them.
pub fn check_pages(pages: &Pages) -> Result<(), Failure> {
    web::pages::Pages::new(pages.templates.clone()).map(drop).map_err(|error| broken_pages(&error))
}

/// The context of work that nobody asked for by a request: the command line's and the workers'.
pub fn own_context(name: &str) -> RequestContext {
    RequestContext::own(SystemClock.now(), name)
}

fn broken_pages(error: &web::pages::PagesError) -> Failure {
    Failure::Configuration(format!("pages.templates: {error}"))
}

fn check_existence(url: &DatabaseUrl, opening: Opening) -> Result<(), Failure> {
    match url {
        DatabaseUrl::Sqlite(path) if opening != Opening::Create && !path.exists() => Err(anyhow!(
            "there is no database at {}; run the command where the broker runs, or set database.url",
            path.display()
        )
        .into()),
        _ => Ok(()),
    }
}

async fn open_store(config: &Config, load: Load) -> Result<Store, anyhow::Error> {
    let url = &config.database.url;
    if let DatabaseUrl::Sqlite(path) = url {
        make_private(path).with_context(|| format!("cannot write to the database {}", path.display()))?;
    }
    let settings = StoreSettings { url: url.expose(), readers: config.database.readers.get(), load };
    let opened = Store::open(&settings).await;
    opened.with_context(|| format!("cannot open the database {url}; check database.url, and that the database runs"))
}

/// SQLite gives a new file to whoever may read the folder, and the files beside it the permissions of the first.
fn make_private(database: &Path) -> io::Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(database) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn upstreams(outgoing: &Outgoing) -> Result<Upstreams, anyhow::Error> {
    let settings =
        HttpSettings { allow_private_networks: networks(&outgoing.allowed_networks), allow_http: outgoing.allow_http };
    Ok(Upstreams::new(&settings)?)
}

fn hash_pool(hashing: &Hashing) -> Result<HashPool, Failure> {
    let parameters = hashing.parameters().map_err(Failure::Configuration)?;
    let cores = available_parallelism().map_or(1, usize::from);
    let hasher = Hasher::new(parameters, cores).making_memory_by(in_large_pages);
    Ok(HashPool::new(hasher, cores, cores * WAITING_HASHES))
}

fn wildcards(compatibility: &Compatibility) -> SubdomainWildcards {
    if compatibility.subdomain_wildcards { SubdomainWildcards::On } else { SubdomainWildcards::Off }
}

fn limit_settings(limits: &Limits) -> LimitSettings {
    LimitSettings {
        calls_per_address: RateLimit::per_minute(limits.calls_per_address),
        authorizations_per_address: RateLimit::per_minute(limits.authorizations_per_address),
        registrations_per_address: RateLimit::per_minute(limits.registrations_per_address),
        passwords_per_address: RateLimit::per_minute(limits.passwords_per_address),
        passwords_per_account: RateLimit::per_minute(limits.passwords_per_account),
        calls_per_client: RateLimit::per_minute(limits.calls_per_client),
        management_calls_per_client: RateLimit::per_minute(limits.management_calls_per_client),
        exempt_networks: networks(&limits.exempt_networks),
    }
}

fn networks(settings: &[Network]) -> Vec<IpNet> {
    settings.iter().map(|network| network.0).collect()
}
