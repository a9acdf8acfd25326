//! Postgres goes away while two nodes write: it restarts, it crashes, or its server is gone for good and a standby takes
//! its place. What was acknowledged is there afterwards, and nobody has to be restarted.
//!
//! `FAILOVERS` says how often the standby takes over, in place of once; then every other server goes without a word, as
//! a machine without power does, and whoever was asking it waits.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::task::{JoinHandle, spawn_blocking};

use crate::harness::times::now;
use crate::harness::{
    Admin, Answer, Application, Broker, Browser, Installation, Nodes, PASSWORD, PostgresPair, PostgresServer, Tokens,
    figure, http, until, wanted,
};

const EMAIL: &str = "ada@example.com";

/// Far longer than anything takes that has to happen here.
const LIMIT: Duration = Duration::from_mins(5);

/// Two nodes and somebody who can sign in.
struct Deployment {
    nodes: Nodes,
    admin: Admin,
    application: Application,
    pids: [u32; 2],
}

impl Deployment {
    async fn on(postgres: &str) -> Self {
        let nodes = Nodes::on(Installation::on(Some(postgres)), &[]).await;
        let admin = Admin::of(&nodes.one).await;
        let application = admin.application_for(EMAIL).await;
        let pids = nodes.both().map(Broker::pid);
        Deployment { nodes, admin, application, pids }
    }

    /// Returns when both nodes serve, whatever happened to the database.
    async fn recover(&self) {
        for node in self.nodes.both() {
            until("the node has recovered", LIMIT, async || {
                let ready = Answer::of(http().get(node.url("readyz"))).await;
                (ready.status == 200).then_some(())
            })
            .await;
            // That is, keeps an authorization request.
            let url = self.application.at(node).authorization_url(&[]);
            until("it writes", LIMIT, async || (Browser::new().get(&url).await.status == 302).then_some(())).await;
        }
    }

    async fn stop(self) {
        let reuse: Value = self.admin.get("logs?q=type:%22ferrt%22").await;
        assert_eq!(reuse, json!([]), "somebody was taken for a thief");
        assert_eq!(self.nodes.both().map(Broker::pid), self.pids);
        self.nodes.stop().await;
    }
}

/// People who go on writing until they are told to stop.
struct Writers {
    done: Arc<AtomicBool>,
    refreshing: Vec<JoinHandle<(String, Written)>>,
    creating: JoinHandle<(Vec<String>, Written)>,
}

/// What somebody was answered.
#[derive(Default)]
struct Written {
    acknowledged: usize,
    last: Option<Instant>,
    /// The longest time between two writes that were acknowledged.
    pause: Duration,
    is_refused: bool,
}

impl Written {
    /// Whether it was done. Anything but that and what is `allowed` fails at once: whoever is refused for good would
    /// try for ever.
    fn note(&mut self, status: u16, allowed: &[u16]) -> bool {
        let is_done = matches!(status, 200 | 201);
        assert!(is_done || allowed.contains(&status), "{status}");
        self.is_refused = !is_done;
        if is_done {
            let now = now();
            let pause = self.last.replace(now).map(|last| now - last);
            self.pause = self.pause.max(pause.unwrap_or_default());
            self.acknowledged += 1;
        }
        is_done
    }

    /// Nobody goes before they were served once more, so that the pause has an end.
    fn may_end(&self, done: &AtomicBool) -> bool {
        done.load(Ordering::SeqCst) && !self.is_refused
    }
}

impl Writers {
    async fn begin(deployment: &Deployment, series: usize) -> Self {
        let done = Arc::new(AtomicBool::new(false));
        let mut refreshing = Vec::new();
        for _ in 0..2 {
            let first = deployment.application.sign_in(EMAIL, PASSWORD).await.refresh_token().to_owned();
            let both = deployment.nodes.both().map(|node| deployment.application.at(node));
            refreshing.push(tokio::spawn(refresh_on_and_on(both, first, Arc::clone(&done))));
        }
        let creating = tokio::spawn(create_users(deployment.admin.clone(), series, Arc::clone(&done)));
        Writers { done, refreshing, creating }
    }

    /// Holds what was acknowledged against what is there; says how much it was, and the longest pause.
    async fn end(self, deployment: &Deployment) -> (usize, Duration) {
        self.done.store(true, Ordering::SeqCst);
        let (created, mut all) = self.creating.await.unwrap();
        assert!(!created.is_empty());
        for email in created {
            assert_eq!(deployment.admin.users_by_email(&email).await.len(), 1, "{email}");
        }
        for user in self.refreshing {
            let (last, written) = user.await.unwrap();
            deployment.application.refresh(&last).await.expect(200);
            all.acknowledged += written.acknowledged;
            all.pause = all.pause.max(written.pause);
        }
        (all.acknowledged, all.pause)
    }
}

/// Refreshes a token again and again, at one node and then the other, and keeps what was acknowledged.
async fn refresh_on_and_on(nodes: [Application; 2], first: String, done: Arc<AtomicBool>) -> (String, Written) {
    let (mut token, mut written) = (first, Written::default());
    for turn in 0.. {
        if written.may_end(&done) {
            break;
        }
        let answer = nodes[turn % 2].refresh(&token).await;
        if written.note(answer.status, &[503]) {
            Tokens(answer.json()).refresh_token().clone_into(&mut token);
        }
    }
    (token, written)
}

async fn create_users(admin: Admin, series: usize, done: Arc<AtomicBool>) -> (Vec<String>, Written) {
    let (mut created, mut written) = (Vec::new(), Written::default());
    for number in 0.. {
        if written.may_end(&done) {
            break;
        }
        let email = format!("person-{series}-{number}@example.com");
        let user = json!({ "connection": "people", "email": email, "password": PASSWORD });
        let answer = admin.call(reqwest::Method::POST, "users", Some(&user)).await;
        // A commit whose answer was lost may have happened.
        if written.note(answer.status, &[409, 503]) {
            created.push(email);
        }
    }
    (created, written)
}

#[tokio::test]
async fn a_restart_of_postgres_costs_seconds_and_nothing_that_was_acknowledged() {
    if !Nodes::have_servers() {
        return;
    }
    let postgres = Arc::new(PostgresServer::start());
    let deployment = Deployment::on(&postgres.url()).await;
    for (series, crash) in [false, true].into_iter().enumerate() {
        let writers = Writers::begin(&deployment, series).await;
        let restarted = Arc::clone(&postgres);
        let restart = move || if crash { restarted.crash_and_restart() } else { restarted.restart() };
        spawn_blocking(restart).await.unwrap();
        deployment.recover().await;
        let (acknowledged, pause) = writers.end(&deployment).await;
        let what = if crash { "crashes" } else { "restarts" };
        let mut pauses = Pauses::default();
        pauses.add(acknowledged, pause);
        pauses.tell(&format!("{what} of Postgres"));
    }
    deployment.stop().await;
}

#[tokio::test]
async fn a_standby_takes_over_with_everything_that_was_acknowledged() {
    if !Nodes::have_servers() {
        return;
    }
    let mut pair = PostgresPair::start();
    let [mut killed, mut silent] = [Pauses::default(), Pauses::default()];
    let deployment = Deployment::on(&pair.url()).await;
    for number in 0..wanted::<usize>("FAILOVERS").unwrap_or(1) {
        if number > 0 {
            pair = spawn_blocking(move || pair.with_another_standby()).await.unwrap();
        }
        let writers = Writers::begin(&deployment, number).await;
        let is_silent = number % 2 == 1;
        pair = spawn_blocking(move || pair.fail_over(is_silent)).await.unwrap();
        deployment.recover().await;
        let (acknowledged, pause) = writers.end(&deployment).await;
        let pauses = if is_silent { &mut silent } else { &mut killed };
        pauses.add(acknowledged, pause);
    }
    deployment.stop().await;
    killed.tell("failovers from a Postgres that is killed");
    silent.tell("failovers from a Postgres that goes without a word");
}

/// What was seen of several losses of one kind.
#[derive(Default)]
struct Pauses {
    count: usize,
    acknowledged: usize,
    longest: Duration,
}

impl Pauses {
    fn add(&mut self, acknowledged: usize, pause: Duration) {
        self.count += 1;
        self.acknowledged += acknowledged;
        self.longest = self.longest.max(pause);
    }

    fn tell(&self, what: &str) {
        let Pauses { count, acknowledged, longest } = self;
        if *count > 0 {
            let longest = longest.as_secs_f64();
            let seen = format!(
                "0 of {acknowledged} acknowledged writes lost; for {longest:.1} s at the most no write was acknowledged"
            );
            figure(&format!("{what}: {count}"), &seen);
        }
    }
}
