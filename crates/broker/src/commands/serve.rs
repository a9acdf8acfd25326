//! `landbridge serve`.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use flows::{Clock, InternalError, Services};
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use crate::clock::SystemClock;
use crate::config::{Config, Loaded};
use crate::server::{self, Drained, Limits, Reload, Server, TlsCertificate};
use crate::signals::StopRequests;
use crate::workers::Workers;
use crate::{telemetry, wiring};

use super::Failure;

/// How soon a rotation, a revocation or another name of the tenant is taken up that came about on another node, where
/// no word of it comes through Redis.
const RELOAD_PERIOD: Duration = Duration::from_secs(15);

/// How soon a lost Redis is found, and one that is back.
const REDIS_PERIOD: Duration = Duration::from_secs(1);

const SWEEP_PERIOD: Duration = Duration::from_mins(1);

/// How soon nobody can alter an event any more without it showing.
const SEAL_PERIOD: Duration = Duration::from_secs(10);

const CERTIFICATE_PERIOD: Duration = Duration::from_secs(5);

/// How soon work for later is begun, or begun again.
const JOBS_PERIOD: Duration = Duration::from_secs(1);

/// How many jobs of any kind are worked at side by side, beside one of each kind: however long those of one kind take,
/// such as mails to a server that does not answer, the others go on.
const JOBS_AT_ONCE: usize = 2;

const JOBS_MEASURE_PERIOD: Duration = Duration::from_secs(15);

/// Memory for hashes that nobody has needed for so long is given back.
const HASHING_PERIOD: Duration = Duration::from_secs(15);

/// How often measurements are folded together, so that memory does not grow where nobody collects them.
const METRICS_PERIOD: Duration = Duration::from_secs(5);

/// Serves until it is told to stop, and finishes what was accepted.
pub(super) async fn run(loaded: &Loaded) -> Result<(), Failure> {
    let config = &loaded.config;
    let mut stop_requests = StopRequests::listen().context("cannot listen for signals")?;
    let _logging = telemetry::log(&config.log).context("cannot set up logging")?;
    for warning in loaded.warnings() {
        tracing::warn!("{warning}");
    }
    let metrics = telemetry::metrics().context("cannot set up metrics")?;
    let tls = wiring::tls_certificate(&config.server.tls)?;
    let bootstrap = wiring::bootstrap_client(&config.bootstrap)?;
    // Before the database is touched, so that a second broker by mistake leaves it alone.
    let listener = server::bind(config.server.listen.0).await.map_err(anyhow::Error::from)?;
    let services = Arc::new(wiring::services(config, wiring::Opening::Create, bootstrap).await?);
    let router = wiring::router(config, Arc::clone(&services), metrics.clone())?;
    // So that the first calls are limited together too.
    flows::nodes::tend(&services).await;
    let workers = workers(&services, tls.as_ref(), metrics);
    announce(config, &listener);
    let most_connections = usize::try_from(config.server.max_connections.get()).expect("a usize has 32 bits at least");
    let server = Server { router, tls, limits: Limits::for_connections(most_connections) };
    serve(server, listener, &mut stop_requests, config.server.shutdown_timeout.duration()).await;
    workers.stop().await;
    services.store.close().await;
    tracing::info!("stopped");
    Ok(())
}

/// Until the first request to stop; a second one cuts short the wait for what was accepted.
async fn serve(server: Server, listener: TcpListener, stop_requests: &mut StopRequests, patience: Duration) {
    let stop = CancellationToken::new();
    let mut running = tokio::spawn(server.run(listener, stop.clone(), patience));
    stop_requests.next().await;
    tracing::info!("stopping: no further connection is accepted, and what was accepted is finished");
    stop.cancel();
    tokio::select! {
        drained = &mut running => match drained.expect("the accept loop does not panic") {
            Drained::Completely => {}
            Drained::Cut(connections) => tracing::warn!(connections, "server.shutdown_timeout has passed; cut the rest"),
        },
        () = stop_requests.next() => tracing::warn!("told to stop again; cut what was left"),
    }
}

pub(super) fn workers(
    services: &Arc<Services>,
    tls: Option<&Arc<TlsCertificate>>,
    metrics: PrometheusHandle,
) -> Workers {
    let workers = Workers::default();
    let sweeping = Arc::clone(services);
    workers.every("sweep", SWEEP_PERIOD, move || sweep(Arc::clone(&sweeping)));
    let sealed = Arc::clone(services);
    workers.every("event seals", SEAL_PERIOD, move || seal_events(Arc::clone(&sealed)));
    let working = Arc::clone(services);
    workers.side_by_side(JOBS_AT_ONCE, "jobs", JOBS_PERIOD, move || run_jobs(Arc::clone(&working), None));
    for kind in flows::jobs::KINDS {
        let working = Arc::clone(services);
        workers.every("jobs", JOBS_PERIOD, move || run_jobs(Arc::clone(&working), Some(kind)));
    }
    let measured = Arc::clone(services);
    workers.every("waiting jobs", JOBS_MEASURE_PERIOD, move || {
        let services = Arc::clone(&measured);
        async move { flows::jobs::measure(&services).await }
    });
    listen_to_other_nodes(&workers, services);
    workers.every("metrics", METRICS_PERIOD, move || {
        metrics.run_upkeep();
        std::future::ready(Ok::<_, Infallible>(()))
    });
    let hashing = Arc::clone(services);
    workers.every("hashing memory", HASHING_PERIOD, move || {
        hashing.hashing.drop_unused_memory();
        std::future::ready(Ok::<_, Infallible>(()))
    });
    if let Some(certificate) = tls.cloned() {
        workers.every("certificate", CERTIFICATE_PERIOD, move || reload_certificate(Arc::clone(&certificate)));
    }
    workers
}

fn listen_to_other_nodes(workers: &Workers, services: &Arc<Services>) {
    let tended = Arc::clone(services);
    workers.every("redis", REDIS_PERIOD, move || {
        let services = Arc::clone(&tended);
        async move {
            flows::nodes::tend(&services).await;
            Ok::<_, Infallible>(())
        }
    });
    let take_up = |services: &Arc<Services>| {
        let services = Arc::clone(services);
        move || {
            let services = Arc::clone(&services);
            async move { flows::nodes::take_up(&services).await }
        }
    };
    workers.every("changes elsewhere", RELOAD_PERIOD, take_up(services));
    let hearing = Arc::clone(services);
    let heard = move || {
        let services = Arc::clone(&hearing);
        async move { flows::nodes::heard_of_change(&services).await }
    };
    workers.whenever("announced changes", heard, take_up(services));
}

async fn sweep(services: Arc<Services>) -> Result<(), InternalError> {
    let swept = flows::sweeping::sweep(&services, SystemClock.now()).await?;
    tracing::debug!(rows = swept, "swept what had expired");
    Ok(())
}

async fn seal_events(services: Arc<Services>) -> Result<(), InternalError> {
    flows::event_seals::seal(&services, SystemClock.now()).await.map(|_| ())
}

async fn run_jobs(services: Arc<Services>, kind: Option<&'static str>) -> Result<(), InternalError> {
    while flows::jobs::run_next(&services, &wiring::own_context("jobs"), kind).await? {}
    Ok(())
}

async fn reload_certificate(certificate: Arc<TlsCertificate>) -> Result<(), anyhow::Error> {
    match spawn_blocking(move || certificate.reload()).await? {
        Reload::Unchanged => Ok(()),
        Reload::Replaced => {
            tracing::info!("new connections get the new certificate");
            Ok(())
        }
        Reload::Kept(error) => Err(anyhow!("{error}; the former certificate stays in use")),
    }
}

fn announce(config: &Config, listener: &TcpListener) {
    let address =
        listener.local_addr().map_or_else(|_| config.server.listen.to_string(), |address| address.to_string());
    let scheme = if config.server.tls.certificate.is_some() { "https" } else { "http" };
    tracing::info!(
        issuer = config.server.issuer.as_str(),
        database = config.database.url.engine(),
        version = env!("CARGO_PKG_VERSION"),
        "listening on {scheme}://{address}"
    );
}
