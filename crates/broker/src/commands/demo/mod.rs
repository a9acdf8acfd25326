//! `landbridge demo`: two brokers and an application on one machine, with nothing installed.
//!
//! The second broker plays the old provider, with a thousand people in it. The first one stands where people are to
//! go: its directory knows most of them, and none of their passwords. Everything is set up through the same flows
//! that the Management API and `landbridge import` use, and lies in one folder that can be looked at and thrown away.

mod folder;
mod people;
mod setup;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use flows::Services;
use flows::bootstrap::BootstrapClient;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::config::{Loaded, Sources, load};
use crate::server::{self, Limits, Server};
use crate::signals::StopRequests;
use crate::workers::Workers;
use crate::{telemetry, wiring};

use super::{Failure, output, serve};
use folder::Folder;

const PATIENCE: Duration = Duration::from_secs(5);

/// What can be chosen.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// Where the databases and configuration files go; kept, so that the next demo finds the people as they are
    #[arg(long, default_value = "landbridge-demo", value_name = "FOLDER")]
    dir: PathBuf,
    /// The broker's port; the old provider and the application take the next two
    #[arg(long, default_value_t = 3000)]
    port: u16,
}

/// The three addresses.
#[derive(Clone, Copy, Debug)]
struct Ports {
    broker: u16,
    old: u16,
    application: u16,
}

/// A broker that is ready to serve.
struct Ready {
    services: Arc<Services>,
    administrator: BootstrapClient,
    server: Server,
    listener: TcpListener,
    workers: Workers,
}

/// Runs everything until it is told to stop.
pub(super) async fn run(options: &DemoOptions) -> Result<(), Failure> {
    let ports = ports(options.port)?;
    let folder = Folder::prepare(&options.dir, ports)?;
    let mut stop_requests = StopRequests::listen().context("cannot listen for signals")?;
    let (old, new) = (read(&folder.old_config())?, read(&folder.config())?);
    let _logging = telemetry::log(&new.config.log).context("cannot set up logging")?;
    let metrics = telemetry::metrics().context("cannot set up metrics")?;
    // All three before anything is written, so that a port in use stops the demo at once.
    let (old_listener, new_listener) = (bind(ports.old).await?, bind(ports.broker).await?);
    let application_listener = bind(ports.application).await?;
    output::say(format_args!("Preparing the demo in {} …\n", folder.path().display()))?;
    let old = prepare(&old, old_listener, &metrics).await?;
    let new = prepare(&new, new_listener, &metrics).await?;
    let application = setup::set_up(&old, &new, ports).await?;
    let stop = CancellationToken::new();
    let serving = [old, new].map(|broker| tokio::spawn(broker.run(stop.clone())));
    let application = tokio::spawn(sample::serve(application_listener, application, stop.clone().cancelled_owned()));
    announce(&folder, ports)?;
    stop_requests.next().await;
    stop.cancel();
    for broker in serving {
        broker.await.context("a broker stopped early")?;
    }
    application.await.context("the application stopped early")?.context("the application stopped early")?;
    Ok(())
}

fn ports(first: u16) -> Result<Ports, Failure> {
    let application = first.checked_add(2).filter(|_| first > 0);
    let application = application
        .ok_or_else(|| Failure::Configuration("--port must leave room for two more ports: 1 to 65533".to_owned()))?;
    Ok(Ports { broker: first, old: first + 1, application })
}

fn read(file: &std::path::Path) -> Result<Loaded, Failure> {
    Ok(load(&Sources { file: Some(file.to_owned()), environment: Vec::new(), overrides: Vec::new() })?)
}

async fn bind(port: u16) -> Result<TcpListener, Failure> {
    let bound = server::bind(SocketAddr::from(([127, 0, 0, 1], port))).await;
    Ok(bound.context("another --port may help")?)
}

async fn prepare(loaded: &Loaded, listener: TcpListener, metrics: &PrometheusHandle) -> Result<Ready, Failure> {
    let config = &loaded.config;
    let administrator = wiring::bootstrap_client(&config.bootstrap)?.context("the demo's administrator is missing")?;
    let bootstrap = Some(administrator.clone());
    let services = Arc::new(wiring::services(config, wiring::Opening::Create, bootstrap).await?);
    let router = wiring::router(config, Arc::clone(&services), metrics.clone())?;
    let workers = serve::workers(&services, None, metrics.clone());
    let server = Server { router, tls: None, limits: Limits::for_connections(1000) };
    Ok(Ready { services, administrator, server, listener, workers })
}

impl Ready {
    async fn run(self, stop: CancellationToken) {
        self.server.run(self.listener, stop, PATIENCE).await;
        self.workers.stop().await;
        self.services.store.close().await;
    }
}

fn announce(folder: &Folder, ports: Ports) -> anyhow::Result<()> {
    let Ports { broker, old, application } = ports;
    let config = folder.config();
    // A newly built program is on nobody's path.
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("landbridge"));
    let [in_directory, only_there, blocked] = people::to_try();
    output::say(format_args!(
        "
  Harbour Notes, the application    http://localhost:{application}/
  Landbridge, the broker            http://localhost:{broker}/.well-known/openid-configuration
  The old provider                  http://localhost:{old}/.well-known/openid-configuration

  Sign in to Harbour Notes as one of {count} people. Their password is {password}

    {in_directory:<34}in the broker's directory; the old provider holds the password
    {only_there:<34}known to the old provider alone
    {blocked:<34}blocked at the old provider

  Whoever has signed in once has moved; the old provider is not asked about them again. See the count:

    {program} --config {config} migration status

  Ctrl-C stops the demo. Its databases stay in {folder}; remove the folder to start afresh.

",
        program = program.display(),
        count = people::COUNT,
        password = people::PASSWORD,
        config = config.display(),
        folder = folder.path().display(),
    ))
}
