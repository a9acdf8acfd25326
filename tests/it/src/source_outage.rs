//! The source is down for a while, in every manner in which a source is down. Whoever has moved does not notice; whoever
//! has not is told so, and is neither counted nor written; and when it is back, people move as before.
//!
//! `OUTAGE_MINUTES` says for how long, in place of a few seconds, and then the source is left alone for as long as it is
//! by default.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::harness::times::{now, timed, within};
use crate::harness::{
    Admin, Application, Broker, Engine, Installation, LyingSource, PASSWORD, Says, Tokens, figure, on_each_engine,
    until, wanted,
};

const CONNECTION: &str = "people";

/// People of each kind.
const PEOPLE: usize = 10;

/// How often somebody comes, of those who have moved and of those who have not.
const EVERY: Duration = Duration::from_millis(250);

/// The words of a page that does not know.
const INTERRUPTED: &str = "Sign-in is interrupted for the moment";

/// Far longer than a source is left alone.
const LIMIT: Duration = Duration::from_mins(5);

on_each_engine! {
    mg_01_an_outage_of_the_source_is_no_matter_to_those_who_have_moved,
}

/// Somebody of the old tenant.
struct Person {
    id: String,
    email: String,
}

struct Town {
    broker: Broker,
    admin: Admin,
    application: Application,
    source: LyingSource,
    moved: Vec<Person>,
    waiting: Vec<Person>,
    length: Duration,
}

/// What people were told during an outage.
#[derive(Default)]
struct Told {
    signed_in: Vec<Duration>,
    refreshed: usize,
    interrupted: Vec<Duration>,
}

impl Town {
    /// Everybody is in the directory, and some have moved.
    async fn build(engine: Engine) -> Self {
        let broker = Installation::new(engine).start().await;
        let (admin, source) = (Admin::of(&broker).await, LyingSource::start().await);
        let (length, settings) = outage();
        let connection = admin.connection_from(CONNECTION, &source.source(&settings)).await;
        let application = admin.application(&connection, &json!({})).await;
        let (moved, waiting) = (people("moved"), people("waiting"));
        let rows: Vec<_> = moved.iter().chain(&waiting).map(Person::row).collect();
        let file = broker.installation().write("people.ndjson", rows.join("\n"));
        let imported = broker.installation().import(CONNECTION, &file, None);
        assert_eq!(imported.code, Some(0), "{imported:?}");
        let town = Town { broker, admin, application, source, moved, waiting, length };
        for person in &town.moved {
            town.source_knows(person);
            assert_eq!(town.application.sign_in(&person.email, PASSWORD).await.sub(), person.id);
        }
        town
    }

    fn source_knows(&self, person: &Person) {
        self.source.says(self.source.right(&person.id, &person.email));
    }

    /// How many people of each kind there are.
    fn count(&self) -> Value {
        self.broker.installation().migration_status(CONNECTION)
    }

    /// Events of wrong passwords, of people we know and of strangers.
    async fn wrong_passwords(&self) -> [Value; 2] {
        [self.admin.get("logs?q=type:%22fp%22").await, self.admin.get("logs?q=type:%22fu%22").await]
    }

    /// The source is down in one manner after another.
    async fn without_source(&self) -> Told {
        let mut told = Told::default();
        for down in [Says::HangUp, Says::Nothing, Says::body(502, "text/html", "<p>Bad gateway")] {
            self.source.says(down);
            let until = now() + self.length / 3;
            let (signed_in, refreshed, interrupted) = (&mut told.signed_in, &mut told.refreshed, &mut told.interrupted);
            tokio::join!(self.go_on(until, signed_in, refreshed), self.be_told(until, interrupted));
        }
        told
    }

    /// Those who have moved sign in and refresh their tokens.
    async fn go_on(&self, until: Instant, signed_in: &mut Vec<Duration>, refreshed: &mut usize) {
        let mut pace = pace();
        for person in self.moved.iter().cycle() {
            pace.tick().await;
            let (time, tokens) = timed(self.application.sign_in(&person.email, PASSWORD)).await;
            signed_in.push(time);
            let refreshed_tokens = self.application.refresh(tokens.refresh_token()).await.expect(200);
            self.application.userinfo(&Tokens(refreshed_tokens.json())).await.expect(200);
            *refreshed += 1;
            if now() > until {
                break;
            }
        }
    }

    /// Those who have not, and strangers, hear that nobody can know. It is always the same one among the former, for
    /// whom whatever were counted would soon be too much.
    async fn be_told(&self, until: Instant, interrupted: &mut Vec<Duration>) {
        let mut pace = pace();
        for email in [self.waiting[0].email.as_str(), "stranger@example.com"].into_iter().cycle() {
            pace.tick().await;
            let (time, answer) = timed(self.application.type_in(email, PASSWORD)).await;
            let answer = answer.expect(503);
            assert_eq!(answer.notice(), Some(INTERRUPTED));
            assert!(answer.header("retry-after").is_some());
            interrupted.push(time);
            if now() > until {
                break;
            }
        }
    }

    /// Everybody moves at the first try once the source is asked again. Says after what time that was.
    async fn come_back(&self) -> Duration {
        let began = now();
        let (first, others) = self.waiting.split_first().expect("somebody waits");
        self.source_knows(first);
        until("the source is asked again", LIMIT, async || {
            let answer = self.application.type_in(&first.email, PASSWORD).await;
            (answer.status == 303).then_some(())
        })
        .await;
        let time = began.elapsed();
        for person in others {
            self.source_knows(person);
            assert_eq!(self.application.sign_in(&person.email, PASSWORD).await.sub(), person.id);
        }
        time
    }
}

async fn mg_01_an_outage_of_the_source_is_no_matter_to_those_who_have_moved(engine: Engine) {
    let town = Town::build(engine).await;
    let (before, asked) = (town.count(), town.source.asked().len());
    let told = town.without_source().await;
    let asked = town.source.asked().len() - asked;
    assert_eq!(town.count(), before, "somebody was written");
    assert_eq!(town.wrong_passwords().await, [json!([]), json!([])], "somebody was counted");
    let back = town.come_back().await;
    assert_eq!(town.count()["moved"], PEOPLE * 2, "{}", town.count());
    figure(
        &format!("a source that is down for {} s, {engine}", town.length.as_secs()),
        &format!(
            "{} sign-ins of people who have moved, 0 failed, p99 {:.0?}; {} honest pages, p99 {:.0?}, for {asked} \
             questions; 0 people written or counted; moving again after {back:.1?}",
            told.signed_in.len(),
            within(&told.signed_in, 990),
            told.interrupted.len(),
            within(&told.interrupted, 990),
        ),
    );
    println!("{} refreshed tokens", told.refreshed);
    town.broker.stop().await;
}

impl Person {
    fn row(&self) -> String {
        json!({ "user_id": self.id, "email": self.email }).to_string()
    }
}

fn people(kind: &str) -> Vec<Person> {
    let person =
        |number| Person { id: format!("auth0|{kind}-{number}"), email: format!("{kind}-{number}@example.com") };
    (0..PEOPLE).map(person).collect()
}

fn pace() -> Interval {
    let mut pace = interval(EVERY);
    pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
    pace
}

/// How long it takes, and the settings of the source.
fn outage() -> (Duration, Value) {
    match wanted("OUTAGE_MINUTES") {
        Some(minutes) => (Duration::from_mins(minutes), json!({ "just_in_time": true, "timeout_ms": 5_000 })),
        None => (
            Duration::from_secs(3),
            json!({ "just_in_time": true, "timeout_ms": 1_000, "breaker_failures": 2, "breaker_open_ms": 500 }),
        ),
    }
}
