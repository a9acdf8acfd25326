//! Who has an account, and which client exists, is not told by how long a refusal takes. Requests of each kind are sent
//! one at a time, in turns; what they are answered is compared too.
//!
//! `TIMING_SAMPLES` says how often each kind is sent. `cargo xtask timing` sends a thousand of each and compares how long
//! they took; in a run of all tests a few are sent, and no time counts.

mod arms;

use std::time::Duration;

use serde_json::{Value, json};

use crate::harness::times::timed;
use crate::harness::{Admin, Answer, Application, Browser, Engine, Installation, LyingSource, http, on_each_engine};
use crate::importing::people::{self, Person};
use arms::{Arms, samples};

const CONNECTION: &str = "people";
const WRONG: &str = "not-the-password-of-anybody-8";

/// How often a wrong password is typed for one account: one less than makes it wait.
const TRIES: usize = 9;

on_each_engine! {
    te_01_a_refused_client_tells_nothing_by_time,
    pw_01_a_refused_sign_in_tells_nothing_by_time,
    pw_02_a_request_for_a_mail_tells_nothing_by_time,
    mg_03_a_wrong_password_takes_as_long_before_the_move,
}

async fn te_01_a_refused_client_tells_nothing_by_time(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let connection = admin.connection(CONNECTION).await;
    let machine = json!({ "grant_types": ["client_credentials"] });
    let one = admin.application(&connection, &machine).await;
    let other = admin.application(&connection, &machine).await;
    let http = http();
    let (url, audience) = (one.url("oauth/token"), format!("{}api/v2/", broker.issuer()));
    let wrong = "w".repeat(one.client_secret.len());
    let unknown = "u".repeat(one.client_id.len());
    let pairs = [(&one.client_id, &wrong), (&unknown, &wrong), (&one.client_id, &other.client_secret)];
    let mut arms = Arms::new(["a wrong secret", "a client that does not exist", "another client's secret"]);
    arms.sample(async |kind, _| {
        let (id, secret) = pairs[kind];
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", id.as_str()),
            ("client_secret", secret.as_str()),
            ("audience", &audience),
        ];
        let (time, answer) = timed(Answer::of(http.post(&url).form(&form))).await;
        let answer = answer.expect(401);
        (time, answer.text().to_owned())
    })
    .await;
    arms.check(&format!("{engine:?}, TE-01"));
    broker.stop().await;
}

async fn pw_01_a_refused_sign_in_tells_nothing_by_time(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let connection = admin.connection(CONNECTION).await;
    let application = admin.application(&connection, &json!({})).await;
    let kinds = ["nobody", "somebody", "blocked", "unverified"];
    for account in 0..samples().div_ceil(TRIES) {
        let add = async |kind: &str, more: Value| {
            admin.user(CONNECTION, &address(kind, account), &more).await;
        };
        add("somebody", json!({ "email_verified": true })).await;
        add("blocked", json!({ "email_verified": true, "blocked": true })).await;
        add("unverified", json!({ "email_verified": false })).await;
    }
    let mut arms = Arms::new(kinds);
    arms.sample(async |kind, number| wrong_password(&application, &address(kinds[kind], number / TRIES)).await).await;
    arms.check(&format!("{engine:?}, PW-01"));
    broker.stop().await;
}

async fn mg_03_a_wrong_password_takes_as_long_before_the_move(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let source = LyingSource::start().await;
    let settings = json!({ "just_in_time": true });
    let connection = admin.connection_from(CONNECTION, &source.source(&settings)).await;
    let application = admin.application(&connection, &json!({})).await;
    let kinds = ["moved", "waiting"];
    for account in 0..samples().div_ceil(TRIES) {
        admin.user(CONNECTION, &address("moved", account), &json!({})).await;
    }
    let mut arms = Arms::new(kinds);
    arms.sample(async |kind, number| wrong_password(&application, &address(kinds[kind], number / TRIES)).await).await;
    assert_eq!(source.asked().len(), samples(), "the source is asked once about each who has not moved");
    arms.check(&format!("{engine:?}, MG-03"));
    broker.stop().await;
}

fn address(kind: &str, account: usize) -> String {
    format!("{kind}-{account}@example.com")
}

/// How long the refusal takes, and what it says.
async fn wrong_password(application: &Application, email: &str) -> (Duration, String) {
    let mut browser = Browser::through(application.http.clone());
    let page = application.open(&mut browser).await;
    let (time, answer) = timed(page.submit(&mut browser, email, WRONG)).await;
    let answer = answer.expect(400);
    (time, answer.notice().expect("a notice").to_owned())
}

async fn pw_02_a_request_for_a_mail_tells_nothing_by_time(engine: Engine) {
    let installation = Installation::new(engine);
    let broker = installation.start().await;
    let admin = Admin::of(&broker).await;
    let connection = admin.connection(CONNECTION).await;
    let application = admin.application(&connection, &json!({})).await;
    people::load(&installation, CONNECTION, u64::try_from(samples()).expect("a number of people"));
    let (http, url) = (http(), application.url("dbconnections/change_password"));
    let mut arms = Arms::new(["nobody", "somebody"]);
    arms.sample(async |kind, number| {
        let somebody = Person(u64::try_from(number).expect("a number")).email();
        let email = if kind == 0 { format!("x{somebody}") } else { somebody };
        let body = json!({ "client_id": application.client_id, "email": email, "connection": CONNECTION });
        let (time, answer) = timed(Answer::of(http.post(&url).json(&body))).await;
        (time, answer.expect(200).text().to_owned())
    })
    .await;
    arms.check(&format!("{engine:?}, PW-02"));
    broker.stop().await;
}
