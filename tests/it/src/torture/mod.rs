//! A broker is killed at random moments, again and again, while people and operators write. What it acknowledged is
//! there when it comes back; what it did not is there whole or not at all.
//!
//! `TORTURE_CYCLES` says how often, in place of a minute of it. `cargo xtask torture` does it a thousand times.

mod imports;
mod operators;
mod people;
mod tokens;

use std::time::{Duration, Instant};

use reqwest::Error as Cut;
use serde_json::json;

use crate::harness::times::{median, now, timed, within};
use crate::harness::{Admin, Application, Broker, Engine, Installation, LyingSource, figure, on_each_engine, wanted};
use imports::Imports;
use operators::{Clients, Keys};
use people::{Movers, Passwords, SignUps};
use tokens::Chain;

const LONG: Duration = Duration::from_mins(1);

/// The longest that a broker serves before it is killed.
const LONGEST_LIFE_MS: u64 = 700;

/// Seconds within which a refresh token may be presented again, where any are allowed: far longer than a restart takes.
const LEEWAY_S: u32 = 3_600;

/// How many lives are enough for each kind of write to be acknowledged once, on however slow a machine.
const ENOUGH: usize = 500;

on_each_engine! {
    dl_05_rt_05_nothing_that_was_acknowledged_is_lost,
}

/// One kind of write, done again and again by somebody who keeps a record outside the broker.
trait Writing {
    /// Writes once. An error where no answer came: then it was done as a whole or not at all.
    async fn write(&mut self) -> Result<(), Cut>;

    /// Holds the record against a broker that has come back, and makes up its mind about what was in doubt.
    async fn check(&mut self, admin: &Admin);

    /// How many writes were acknowledged so far.
    fn acknowledged(&self) -> u64;
}

/// Whoever writes, of each kind one.
pub(crate) struct Everybody {
    sign_ups: SignUps,
    movers: Movers,
    passwords: Passwords,
    patient: Chain,
    strict: Chain,
    clients: Clients,
    keys: Keys,
    imports: Imports,
}

impl Everybody {
    pub(crate) async fn gather(broker: &Broker) -> Self {
        let admin = Admin::of(broker).await;
        let connection = admin.connection(people::CONNECTION).await;
        let source = LyingSource::start().await;
        let settings = json!({ "just_in_time": true, "breaker_failures": 1000 });
        let moving = admin.connection_from("moving", &source.source(&settings)).await;
        let leeway = |seconds: u32| {
            let settings = json!({ "rotation_type": "rotating", "expiration_type": "expiring", "leeway": seconds });
            json!({ "refresh_token": settings })
        };
        let patient = admin.application(&connection, &leeway(LEEWAY_S)).await;
        let strict = admin.application(&connection, &leeway(0)).await;
        let moving = admin.application(&moving, &json!({})).await;
        Everybody {
            imports: Imports::of(&admin, &strict, &connection),
            sign_ups: SignUps::of(&strict),
            movers: Movers::from(source, moving),
            passwords: Passwords::of(&admin, &strict).await,
            patient: Chain::begin(&admin, patient, "patient@example.com", true).await,
            strict: Chain::begin(&admin, strict, "strict@example.com", false).await,
            clients: Clients::of(&admin),
            keys: Keys::of(&admin),
        }
    }

    /// Writes until the broker has gone.
    pub(crate) async fn write_until(&mut self, gone: impl Future<Output = ()>) {
        tokio::join!(
            gone,
            keep_writing(&mut self.sign_ups),
            keep_writing(&mut self.movers),
            keep_writing(&mut self.passwords),
            keep_writing(&mut self.patient),
            keep_writing(&mut self.strict),
            keep_writing(&mut self.clients),
            keep_writing(&mut self.keys),
            keep_writing(&mut self.imports),
        );
    }

    pub(crate) async fn check(&mut self, broker: &Broker) {
        // What signed the token of before may be revoked by now.
        let admin = Admin::of(broker).await;
        self.sign_ups.check(&admin).await;
        self.movers.check(&admin).await;
        self.passwords.check(&admin).await;
        self.patient.check(&admin).await;
        self.strict.check(&admin).await;
        self.clients.check(&admin).await;
        self.keys.check(&admin).await;
        self.imports.check(&admin).await;
    }

    /// Waits for what goes on after it was acknowledged. A job that a kill has interrupted takes minutes to begin again,
    /// so this is for whoever has asked for a long run.
    pub(crate) async fn finish(&mut self, broker: &Broker) {
        self.imports.finish(&Admin::of(broker).await).await;
    }

    fn acknowledged(&self) -> [(&'static str, u64); 8] {
        [
            ("sign-ups", self.sign_ups.acknowledged()),
            ("first sign-ins of moving people", self.movers.acknowledged()),
            ("changed passwords", self.passwords.acknowledged()),
            ("refreshed tokens with leeway", self.patient.acknowledged()),
            ("and without", self.strict.acknowledged()),
            ("clients", self.clients.acknowledged()),
            ("rotated keys", self.keys.acknowledged()),
            ("files of 9,000 people", self.imports.acknowledged()),
        ]
    }

    /// Prints what was acknowledged, and says how much that was.
    pub(crate) fn print(&self) -> u64 {
        for (what, count) in self.acknowledged() {
            println!("{count:>10} {what}");
        }
        self.acknowledged().iter().map(|(_, count)| count).sum()
    }

    /// Whether nothing of some kind was acknowledged.
    pub(crate) fn lacks_something(&self) -> bool {
        self.acknowledged().iter().any(|(_, count)| *count == 0)
    }
}

async fn keep_writing(somebody: &mut impl Writing) {
    while somebody.write().await.is_ok() {}
}

async fn dl_05_rt_05_nothing_that_was_acknowledged_is_lost(engine: Engine) {
    let installation = Installation::new(engine);
    let mut broker = installation.start().await;
    let mut everybody = Everybody::gather(&broker).await;
    let mut starts = Vec::new();
    let begun = now();
    while goes_on(starts.len(), begun) || (starts.len() < ENOUGH && everybody.lacks_something()) {
        everybody.write_until(kill_after(broker, life())).await;
        installation.settle();
        let (time, started) = timed(installation.start()).await;
        broker = started;
        starts.push(time);
        everybody.check(&broker).await;
    }
    if cycles().is_some() {
        everybody.finish(&broker).await;
    }
    broker.stop().await;
    let (middle, longest) = (median(&starts), within(&starts, 1000));
    println!("{engine:?}: killed {} times; ready again after {middle:.0?}, at most {longest:.0?}", starts.len());
    let acknowledged = everybody.print();
    assert!(!everybody.lacks_something(), "nothing of some kind was acknowledged");
    figure(
        &format!("{} kills, {engine}", starts.len()),
        &format!("0 of {acknowledged} acknowledged writes lost; ready again after {middle:.0?}, at most {longest:.0?}"),
    );
}

/// A time that no clock decides.
pub(crate) fn life() -> Duration {
    Duration::from_millis(fastrand::u64(..LONGEST_LIFE_MS))
}

#[expect(clippy::disallowed_methods, reason = "somebody pulls the plug while the broker works")]
pub(crate) async fn kill_after(broker: Broker, life: Duration) {
    tokio::time::sleep(life).await;
    broker.kill();
}

fn goes_on(kills: usize, begun: Instant) -> bool {
    match cycles() {
        Some(wanted) => kills < wanted,
        None => kills == 0 || begun.elapsed() < LONG,
    }
}

fn cycles() -> Option<usize> {
    wanted("TORTURE_CYCLES")
}

/// Whether this password lets somebody in; a wrong one is refused in so many words.
async fn lets_in(application: &Application, email: &str, password: &str) -> bool {
    let answer = application.type_in(email, password).await;
    let is_in = answer.status == 303;
    if !is_in {
        assert_eq!(answer.expect(400).notice(), Some("Wrong email or password"));
    }
    is_in
}
