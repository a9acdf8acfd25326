//! How fast the released binary answers, and what each answer takes of a processor. The broker has one processor, and
//! whoever asks another.
//!
//! `SPEED_SECONDS` says for how long each operation is repeated, `PEOPLE` how many people there are, and `CROWD` how many
//! there are where that should make no difference. What is measured is measured by `cargo xtask bench http`; in a run
//! of all tests each answer is checked, and no figure counts.

mod floor;
mod lap;
mod mirror;
mod starts;

use std::cell::RefCell;
use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::times::ms;
use crate::harness::{
    Admin, Answer, Application, Broker, Engine, Installation, Machine, PASSWORD, Tokens, apart, http, on_each_engine,
    own_cpu, wanted,
};
use crate::importing::people;
use floor::Floor;
use lap::Lap;
use mirror::Mirror;
use starts::how_fast_it_starts;

const CONNECTIONS: usize = 16;
/// How many people a page has.
const PAGE: usize = 50;
const CONNECTION: &str = "people";
const EMAIL: &str = "ada@example.com";

on_each_engine! {
    how_fast_it_answers,
    how_fast_it_starts,
    what_two_processors_bring,
    what_a_crowd_costs,
}

/// A broker with people, somebody signed in, and whoever asks.
struct Course {
    broker: Broker,
    admin: Admin,
    application: Application,
    http: reqwest::Client,
    people: u64,
    time: Duration,
    floor: Floor,
}

impl Course {
    async fn lay(engine: Engine, people: u64) -> Self {
        let broker = apart(Installation::new(engine).start()).await;
        println!("{engine:?}: {} MiB at rest, {} of them the program", broker.memory(), broker.program_memory());
        let admin = Admin::of(&broker).await;
        let connection = admin.connection(CONNECTION).await;
        admin.user(CONNECTION, EMAIL, &json!({})).await;
        people::load(broker.installation(), CONNECTION, people);
        let settings = json!({ "rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0 });
        let application = admin.application(&connection, &json!({ "refresh_token": settings })).await;
        println!("{people} people, {CONNECTIONS} connections");
        println!(
            "{:<22}{:>9}{:>9}{:>9}{:>9}{:>11}{:>9}",
            "", "a second", "p50 ms", "p95 ms", "p99 ms", "CPU ms", "floor ms"
        );
        Course { broker, admin, application, http: http(), people, time: time(), floor: Floor::measure() }
    }

    /// Measures one operation, which takes `floor` whoever carries it out.
    async fn run(&self, name: &str, floor: Duration, once: impl AsyncFn(usize)) {
        let lap = Lap::of(|| self.broker.cpu(), CONNECTIONS, self.time, once).await;
        println!(
            "{name:<22}{:>9.0}{:>9.2}{:>9.2}{:>9.2}{:>11.3}{:>9.3}",
            lap.per_second(),
            lap.within_ms(500),
            lap.within_ms(950),
            lap.within_ms(990),
            ms(lap.cpu()),
            ms(floor),
        );
    }

    async fn get(&self, path: &str) -> Answer {
        Answer::of(self.http.get(self.application.url(path))).await.expect(200)
    }

    async fn documents(&self) {
        let issuer = self.broker.issuer();
        let keys = json!(format!("{issuer}.well-known/jwks.json"));
        let path = ".well-known/openid-configuration";
        self.run("discovery", self.carrying(path).await, async |_| {
            let document = self.get(path).await.json();
            assert_eq!((&document["issuer"], &document["jwks_uri"]), (&json!(issuer), &keys));
        })
        .await;
        let path = ".well-known/jwks.json";
        self.run("JWKS", self.carrying(path).await, async |_| {
            let keys = self.get(path).await.json();
            let is_whole = |key: &Value| ["kid", "n", "e"].iter().all(|part| key[part].is_string());
            assert!(keys["keys"].as_array().is_some_and(|keys| keys.len() == 2 && keys.iter().all(is_whole)), "{keys}");
        })
        .await;
    }

    /// What it takes to send the same answer without having read the request.
    async fn carrying(&self, path: &str) -> Duration {
        Mirror::of(&self.broker, &self.get(path).await).measure(CONNECTIONS, self.time, &self.http).await
    }

    async fn tokens(&self) {
        let machine = Machine::at(&self.broker);
        self.run("client_credentials", self.floor.signature, async |_| drop(machine.token().await)).await;
        let mut chains = Vec::new();
        for _ in 0..CONNECTIONS {
            chains.push(RefCell::new(self.application.sign_in(EMAIL, PASSWORD).await.refresh_token().to_owned()));
        }
        self.run("refresh", 2 * self.floor.signature, async |connection| {
            let token = chains[connection].take();
            let answer = self.application.refresh(&token).await.expect(200).json();
            chains[connection].replace(Tokens(answer).refresh_token().to_owned());
        })
        .await;
    }

    async fn logins(&self) {
        self.run("login", self.floor.hash + 2 * self.floor.signature, async |_| {
            self.application.sign_in(EMAIL, PASSWORD).await;
        })
        .await;
    }

    async fn questions(&self) {
        let tokens = self.application.sign_in(EMAIL, PASSWORD).await;
        self.run("userinfo", self.floor.verification, async |_| {
            assert_eq!(self.application.userinfo(&tokens).await.expect(200).json()["email"], EMAIL);
        })
        .await;
        self.run("introspection", self.floor.verification, async |_| {
            assert_eq!(self.application.introspect(tokens.access_token()).await["active"], true);
        })
        .await;
    }

    async fn directory(&self) {
        let somebody = people::Person(self.people / 2);
        let one = format!("users/auth0%7C{}", somebody.id());
        let by_email = format!("users?search_engine=v3&q=email:%22{}%22", somebody.email());
        let is_somebody = |user: &Value| user["email"] == somebody.email();
        let is_page = |users: &Value| users.as_array().is_some_and(|users| users.len() == PAGE);
        // And whoever signs in.
        let everybody = self.people - people::refused_among(self.people) + 1;
        self.ask("user by id", &one, is_somebody).await;
        self.ask("users, a page", "users?per_page=50", is_page).await;
        let with_total = |found: &Value| is_page(&found["users"]) && found["total"] == everybody;
        self.ask("users, with total", "users?per_page=50&include_totals=true", with_total).await;
        let only_somebody =
            |found: &Value| found.as_array().is_some_and(|users| users.len() == 1 && is_somebody(&users[0]));
        self.ask("search", &by_email, only_somebody).await;
    }

    /// Asks the Management API.
    async fn ask(&self, name: &str, path: &str, is_right: impl Fn(&Value) -> bool) {
        self.run(name, self.floor.verification, async |_| {
            let found = self.admin.get(path).await;
            assert!(is_right(&found), "{name}: {found}");
        })
        .await;
    }
}

async fn how_fast_it_answers(engine: Engine) {
    let course = Course::lay(engine, wanted("PEOPLE").unwrap_or(1_000)).await;
    course.documents().await;
    course.tokens().await;
    course.logins().await;
    course.questions().await;
    course.directory().await;
    println!("{} MiB at most, {} of them the program", course.broker.peak_memory(), course.broker.program_memory());
    course.broker.stop().await;
}

/// One broker has a processor, and the next one both, of which whoever asks needs some: what they take for a token is
/// what keeps two processors from being twice as good.
async fn what_two_processors_bring(engine: Engine) {
    let measure = async |broker: Broker| {
        let machine = Machine::at(&broker);
        let before = own_cpu();
        let lap = Lap::of(|| broker.cpu(), CONNECTIONS, time(), async |_| drop(machine.token().await)).await;
        let asking = lap.share_of(own_cpu().saturating_sub(before));
        broker.stop().await;
        (lap, asking)
    };
    let (two, asking) = measure(Installation::new(engine).start().await).await;
    let (one, _) = measure(apart(Installation::new(engine).start()).await).await;
    println!(
        "{engine:?}: {:.0} tokens a second on one processor, {:.0} on all, {:.2} times as many; each took {:.3} ms of \
         the broker and {:.3} of whoever asked",
        one.per_second(),
        two.per_second(),
        two.per_second() / one.per_second(),
        ms(two.cpu()),
        ms(asking),
    );
}

/// What it takes to be or to find somebody among many.
async fn what_a_crowd_costs(engine: Engine) {
    for people in [1_000, wanted("CROWD").unwrap_or(2_000)] {
        let course = Course::lay(engine, people).await;
        course.tokens().await;
        course.logins().await;
        course.questions().await;
        course.directory().await;
        println!("{} MiB at most", course.broker.peak_memory());
        course.broker.stop().await;
    }
}

/// For how long each operation is repeated.
fn time() -> Duration {
    wanted("SPEED_SECONDS").map_or(Duration::from_millis(100), Duration::from_secs)
}
