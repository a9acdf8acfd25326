//! A broker in process.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use credentials::password::{Hasher, Parameters};
use flows::bootstrap::BootstrapClient;
use flows::event_seals::{Head, NotWhole, Report};
use flows::hashing::HashPool;
use flows::jobs::Work;
use flows::limits::LimitSettings;
use flows::mail::{Mail, MailRefused, Mailer};
use flows::startup::{Parts, start};
use flows::{Clock, RequestContext, Services, Settings};
use http::{Method, Request, header};
use keys::{MasterKey, Sealer};
use model::event::Event;
use model::job::ReportedJob;
use model::{JobId, JsonObject, Timestamp};
use protocol::subdomain_wildcards::SubdomainWildcards;
use serde_json::Value;
use store::events::EventFilter;
use store::{Page, Store};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tower::ServiceExt;
use upstream::{HttpSettings, Upstreams};
use url::form_urlencoded;
use web::{AppState, RenderMetrics, TokenErrorStatus};

use crate::database::{Database, Engine};
use crate::mailbox::Mailbox;
use crate::{Answer, Browser, Dump, SeededEntropy, SettableClock, meanwhile};

/// What time it is when a test begins: a whole second, so that claims in seconds are easy to compare.
const BEGINNING: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// Where calls come from unless a test says otherwise.
const PEER: SocketAddr = SocketAddr::V4(std::net::SocketAddrV4::new(std::net::Ipv4Addr::new(203, 0, 113, 7), 40_000));
/// So little that a test can sign people in a thousand times.
pub(crate) const HASH_KIB: u32 = 32;

/// How an [`App`] differs from the usual one.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its database.
    pub engine: Engine,
    /// Its public URL, with the trailing slash.
    pub issuer: String,
    /// The status codes of token errors.
    pub token_error_status: TokenErrorStatus,
    /// Peers whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<&'static str>,
    /// Whether a client's addresses may have a wildcard.
    pub subdomain_wildcards: SubdomainWildcards,
    /// How often anybody may ask: by default, more often than any test does.
    pub limits: LimitSettings,
    /// What its nodes share besides the database. Nothing here tends the connection.
    pub redis_url: Option<String>,
    /// Whether its configuration names a client for scripts, which may do everything.
    pub has_bootstrap_client: bool,
    /// How many passwords are hashed at once, and how many more may wait.
    pub hashing_places: (usize, usize),
}

impl Default for Options {
    fn default() -> Self {
        Options {
            engine: Engine::Sqlite,
            issuer: "https://id.test/".to_owned(),
            token_error_status: TokenErrorStatus::default(),
            trusted_proxies: Vec::new(),
            subdomain_wildcards: SubdomainWildcards::Off,
            limits: LimitSettings::generous(),
            redis_url: None,
            has_bootstrap_client: true,
            hashing_places: (4, 1000),
        }
    }
}

/// A broker on a database of its own. Clones are the same broker.
#[derive(Clone)]
pub struct App {
    pub(crate) services: Arc<Services>,
    clock: Arc<SettableClock>,
    database: Arc<Database>,
    mailbox: Arc<Mailbox>,
    options: Options,
    state: AppState,
    router: Router,
    _listening: Option<Arc<Listening>>,
}

/// A listener that stops with the last clone of its [`App`].
struct Listening(AbortHandle);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Runs a test on a fresh broker for each engine at hand.
pub async fn for_each_engine(test: impl AsyncFn(App)) {
    for_each_engine_with(Options::default(), test).await;
}

/// Runs a test for each engine at hand on a fresh broker that differs from the usual one.
pub async fn for_each_engine_with(options: Options, test: impl AsyncFn(App)) {
    for engine in Engine::at_hand() {
        // Shown only where the test fails.
        println!("on {engine:?}");
        test(App::with(Options { engine, ..options.clone() }).await).await;
    }
}

/// Runs a test on the nodes of a fresh deployment: one on SQLite, two on one Postgres database.
pub async fn for_each_deployment(test: impl AsyncFn([App; 2])) {
    for_each_engine(async |app| {
        let other = if app.options.engine == Engine::Postgres { app.another_node().await } else { app.clone() };
        test([app, other]).await;
    })
    .await;
}

impl App {
    /// A broker at `https://id.test/` on SQLite.
    pub async fn new() -> Self {
        App::with(Options::default()).await
    }

    /// A broker that differs from the usual one. What its start records is gone, so that a test finds in the log what it
    /// brings about.
    pub async fn with(options: Options) -> Self {
        let database = Arc::new(Database::new(options.engine).await);
        let app = App::on(database, Arc::new(SettableClock::at(BEGINNING)), Arc::default(), options, "first").await;
        let mut tx = app.services.store.write().await.expect("the database can be written to");
        store::events::number(&mut tx, 1000).await.expect("events can be numbered");
        store::events::sweep(&mut tx, i64::MAX).await.expect("events can be swept");
        tx.commit().await.expect("the database keeps what is written");
        app
    }

    /// A broker that listens on a loopback port, which is its issuer.
    pub async fn listening() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free loopback port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let app = App::with(Options { issuer: format!("http://{address}/"), ..Options::default() }).await;
        let service = app.router.clone().into_make_service_with_connect_info::<SocketAddr>();
        let task = tokio::spawn(async move { axum::serve(listener, service).await });
        App { _listening: Some(Arc::new(Listening(task.abort_handle()))), ..app }
    }

    /// Two nodes that are started at the same moment on an empty database, without even a schema.
    pub async fn two_at_once(options: Options) -> [App; 2] {
        let database = Arc::new(Database::bare(options.engine).await);
        let (clock, mailbox) = (Arc::new(SettableClock::at(BEGINNING)), Arc::<Mailbox>::default());
        let start = |seed| {
            let (database, clock, mailbox) = (Arc::clone(&database), Arc::clone(&clock), Arc::clone(&mailbox));
            Box::pin(App::on(database, clock, mailbox, options.clone(), seed))
        };
        let (one, other) = tokio::join!(start("first"), start("second"));
        [one, other]
    }

    /// A second node on the same database, at the same time of day.
    pub async fn another_node(&self) -> Self {
        self.another_node_with(self.options.clone()).await
    }

    /// The same, with options of its own besides the database.
    pub async fn another_node_with(&self, options: Options) -> Self {
        let (database, clock, mailbox) = (&self.database, &self.clock, &self.mailbox);
        App::on(Arc::clone(database), Arc::clone(clock), Arc::clone(mailbox), options, "second").await
    }

    async fn on(
        database: Arc<Database>,
        clock: Arc<SettableClock>,
        mailbox: Arc<Mailbox>,
        options: Options,
        seed: &str,
    ) -> Self {
        // Two deployments in one test must not make the same ids and secrets either.
        let seed = format!("{seed} {}", database.url);
        let services =
            Arc::new(Box::pin(start_services(database.open().await, &seed, mailbox.clone(), &options)).await);
        let settings = web::Settings {
            token_error_status: options.token_error_status,
            trusted_proxies: options.trusted_proxies.iter().map(|net| net.parse().expect("a network")).collect(),
            ..web::Settings::default()
        };
        let as_clock: Arc<dyn Clock> = Arc::clone(&clock) as _;
        let state = AppState::new(Arc::clone(&services), as_clock, settings, None).expect("our own pages render");
        let router = web::router(state.clone());
        App { services, clock, database, mailbox, options, state, router, _listening: None }
    }

    /// The same broker, showing its metrics to everybody.
    #[must_use]
    pub fn with_metrics(&self, render: RenderMetrics) -> Self {
        self.with_metrics_for("0.0.0.0/0", render)
    }

    /// The same broker, showing its metrics to this network.
    #[must_use]
    pub fn with_metrics_for(&self, network: &str, render: RenderMetrics) -> Self {
        let metrics_networks = vec![network.parse().expect("a network")];
        let settings = web::Settings { metrics_networks, ..(*self.state.settings).clone() };
        let state = AppState { metrics: Some(render), settings: Arc::new(settings), ..self.state.clone() };
        App { router: web::router(state.clone()), state, ..self.clone() }
    }

    /// How it differs from the usual one.
    pub fn options(&self) -> Options {
        self.options.clone()
    }

    /// The public URL.
    pub fn issuer(&self) -> &str {
        &self.options.issuer
    }

    /// Every path outside the Management API.
    pub fn paths(&self) -> Vec<&'static str> {
        web::paths(&self.state)
    }

    /// What time it is.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    /// Leaves work for later, told of as `report`.
    pub async fn enqueue(&self, work: &Work, report: &JsonObject) -> JobId {
        let mut tx = self.services.store.write().await.expect("the database can be written to");
        let enqueued = flows::jobs::enqueue_reported(&self.services, &self.worker(), &mut tx, work, report).await;
        tx.commit().await.expect("the database keeps what is written");
        enqueued.expect("work can be stored")
    }

    /// What is told of a job.
    pub async fn find_job(&self, id: &JobId) -> Option<ReportedJob> {
        let mut db = self.services.store.read().await.expect("the database can be read");
        store::jobs::find_reported(&mut db, id, self.now()).await.expect("jobs can be read")
    }

    /// Makes one attempt at the job that is due longest, if any is.
    pub async fn run_one_job(&self) -> bool {
        self.run_one_job_of(None).await
    }

    /// The same among those of one kind.
    pub async fn run_one_job_of(&self, kind: Option<&str>) -> bool {
        flows::jobs::run_next(&self.services, &self.worker(), kind).await.expect("the database keeps what jobs write")
    }

    /// Begins the job that is due longest as a process does that dies of it: nothing more is heard, and its lease runs
    /// out.
    pub async fn die_of_a_job(&self) {
        let lease_ends = self.now().plus(Duration::from_mins(2));
        let mut tx = self.services.store.write().await.expect("the database can be written to");
        let claimed = store::jobs::claim(&mut tx, None, self.now(), lease_ends).await.expect("jobs can be claimed");
        tx.commit().await.expect("the database keeps what is written");
        assert!(claimed.is_some(), "a job is due");
        self.advance(Duration::from_mins(2));
    }

    /// Does what is due, until nothing is.
    pub async fn run_jobs_until_idle(&self) {
        while self.run_one_job().await {}
    }

    /// Seals the events that are not sealed yet, and frees the room of what has expired.
    pub async fn sweep(&self) {
        self.seal_events().await;
        flows::sweeping::sweep(&self.services, self.now()).await.expect("the database can be written to");
    }

    /// Seals the events that are not sealed yet.
    pub async fn seal_events(&self) {
        flows::event_seals::seal(&self.services, self.now()).await.expect("the database can be written to");
    }

    /// Whether the log of events is as it was sealed, and comes by this head.
    pub async fn verify_events(&self, kept: Option<&Head>) -> Result<Report, NotWhole> {
        flows::event_seals::verify(&self.services, kept).await
    }

    /// Alters the database behind the broker's back, as an intruder does.
    pub async fn tamper(&self, statement: &str) {
        self.database.execute(statement.to_owned()).await;
    }

    fn worker(&self) -> RequestContext {
        let request_id = "jobs".to_owned();
        RequestContext { now: self.now(), request_id, peer: None, user_agent: None, languages: Vec::new() }
    }

    /// Every mail that left since this was last asked, once the jobs have done what is due.
    pub async fn mails(&self) -> Vec<Mail> {
        self.run_jobs_until_idle().await;
        self.mailbox.take()
    }

    /// Lets no mail leave from now on; with `None`, lets them leave again.
    pub fn refuse_mails(&self, refusal: Option<MailRefused>) {
        self.mailbox.refuse(refusal);
    }

    /// Lets no event be recorded from now on, so that whatever is to be told of fails as it is told; with `false`, lets
    /// them be recorded again.
    pub async fn refuse_events(&self, refused: bool) {
        self.database.refuse_events(refused).await;
    }

    /// Leaves the deployment without any way to send mails.
    pub fn remove_mailbox(&self) {
        self.mailbox.remove();
    }

    /// A browser without cookies.
    pub fn browser(&self) -> Browser {
        Browser::new(self.clone())
    }

    /// Everything in the database but the events.
    pub async fn dump(&self) -> Dump {
        Dump::of(&self.database.url).await
    }

    /// What a call is answered while somebody else deletes something with this statement, in a write that ends once the
    /// call waits for it. On SQLite, where one write waits for the other as a whole, it is gone before the call.
    pub async fn while_deleting<T>(&self, delete: &'static str, call: impl Future<Output = T>) -> T {
        meanwhile::delete(&self.database.url, delete, call).await
    }

    /// What a call is answered in whose write another begins, and what the other is answered: the call waits for what
    /// this statement locks until the other waits as well. On SQLite, where one write waits for the other as a whole, one
    /// comes after the other.
    pub fn amid<'a, A: 'a, B: 'a>(
        &'a self,
        lock: &'static str,
        call: impl Future<Output = A> + 'a,
        other: impl Future<Output = B> + 'a,
    ) -> Pin<Box<dyn Future<Output = (A, B)> + 'a>> {
        // Two calls are large.
        Box::pin(meanwhile::amid(&self.database.url, lock, call, other))
    }

    /// What a call is answered that waits for what the first statement locks, while whoever holds that comes to wait for
    /// the call, with the second. Postgres ends the write of the call. On SQLite, where one write waits for the other as
    /// a whole, the call is alone.
    pub async fn in_a_ring<T>(&self, locks: [&'static str; 2], call: impl Future<Output = T>) -> T {
        meanwhile::in_a_ring(&self.database.url, locks, call).await
    }

    /// Has every statement fail that names this table, as long as it is hidden.
    pub async fn hide_table(&self, table: &str) {
        self.database.rename_table(table, &hidden(table)).await;
    }

    /// Ends that.
    pub async fn show_table(&self, table: &str) {
        self.database.rename_table(&hidden(table), table).await;
    }

    /// Takes the database away from this node for good. [`App::dump`] still sees it.
    pub async fn lose_database(&self) {
        self.services.store.close().await;
    }

    /// Panics where anything but events was written since.
    pub async fn assert_unchanged_since(&self, before: &Dump) {
        before.assert_changed_only(&self.dump().await, &[]);
    }

    /// Every event, oldest first.
    pub async fn events(&self) -> Vec<Event> {
        let mut db = self.services.store.read().await.expect("the database can be read");
        let filter = EventFilter { oldest_first: true, ..EventFilter::default() };
        let all = Page::Offset { skip: 0, limit: u32::MAX };
        store::events::list(&mut db, &filter, &all).await.expect("events can be read")
    }

    /// The events with this type code.
    pub async fn events_of(&self, code: &str) -> Vec<Event> {
        self.events().await.into_iter().filter(|event| event.code == code).collect()
    }

    /// Asks the router. Without a peer's address the call comes from an ordinary one.
    pub async fn call(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(PEER));
        }
        let response = self.router.clone().oneshot(request).await.expect("the router answers everything");
        Answer::read(response).await
    }

    /// `GET` of a path within the issuer.
    pub async fn get(&self, path: &str) -> Answer {
        self.call(Request::get(path).body(Body::empty()).expect("a path")).await
    }

    /// `POST` of a form to a path within the issuer.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.call(form_request(path, fields)).await
    }

    /// `GET` of a path within the issuer, with this bearer token.
    pub async fn get_as(&self, access_token: &str, path: &str) -> Answer {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {access_token}"));
        self.call(request.body(Body::empty()).expect("a token is header text")).await
    }

    /// `GET /userinfo` with this bearer token.
    pub async fn userinfo(&self, access_token: &str) -> Answer {
        self.get_as(access_token, "/userinfo").await
    }

    /// A call of the Management API by somebody who may do everything.
    pub async fn manage(&self, method: Method, path: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {}", self.management_token().await);
        let request = Request::builder().method(method).uri(format!("/api/v2/{path}"));
        let request = request.header(header::AUTHORIZATION, authorization);
        let request = request.header(header::CONTENT_TYPE, "application/json");
        self.call(request.body(Body::from(body.to_string())).expect("a path")).await
    }
}

fn hidden(table: &str) -> String {
    format!("hidden_{table}")
}

pub(crate) fn form_request(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    request.body(Body::from(body)).expect("a path")
}

/// A broker's services on this database. Every test has the same master key, since prepared keys are sealed under it.
pub(crate) async fn start_services(store: Store, seed: &str, mailer: Arc<dyn Mailer>, options: &Options) -> Services {
    let hashing = Parameters::new(HASH_KIB, 1, 1).expect("the least that argon2 allows, and a little more");
    let loopback = vec!["127.0.0.0/8".parse().expect("a network")];
    let upstreams = HttpSettings { allow_private_networks: loopback, allow_http: false };
    let parts = Parts {
        redis_url: options.redis_url.clone(),
        store,
        sealer: Sealer::new(&MasterKey::from_random(std::array::from_fn(|index| u8::try_from(index).unwrap_or(0)))),
        upstreams: Upstreams::new(&upstreams).expect("the system has root certificates"),
        hashing: HashPool::new(Hasher::new(hashing, 4), options.hashing_places.0, options.hashing_places.1),
        mailer,
        entropy: Arc::new(SeededEntropy::new(seed)),
        settings: Settings {
            limits: options.limits.clone(),
            subdomain_wildcards: options.subdomain_wildcards,
            ..Settings::for_issuer(options.issuer.as_str())
        },
        bootstrap: options.has_bootstrap_client.then(|| BootstrapClient {
            client_id: crate::builders::BOOTSTRAP_CLIENT.to_owned(),
            client_secret: crate::builders::BOOTSTRAP_SECRET.to_owned().into(),
        }),
    };
    start(parts, BEGINNING).await.expect("a broker on a database of its own starts")
}
