//! What the page says when the source says this or that, or nothing, or nonsense. Each fact has its own word, its own
//! status and its own event; nobody is written into the directory but on proof; and nothing but a wrong password counts
//! as one.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{
    Admin, Answer, Application, Browser, Engine, Installation, LoginPage, LyingSource, PASSWORD, Port, Says,
    on_each_engine, with,
};

const EMAIL: &str = "ada@example.com";
const USER_ID: &str = "auth0|5f7c8ec7c33c6c004bbafe82";

/// How many wrong passwords close an account to an address.
const ALLOWED: usize = 10;

const WRONG: &str = "Wrong email or password";
const UNREACHABLE: &str = "Sign-in is interrupted for the moment";
const THROTTLED: &str = "Sign-in has to wait a moment";

on_each_engine! {
    a_right_password_lets_in_and_is_asked_about_once,
    every_answer_has_its_own_word_and_none_of_them_counts,
    somebody_loaded_ahead_is_proven_by_their_own_id_alone,
    ten_wrong_passwords_close_the_account_and_garbage_between_them_counts_for_nothing,
    a_source_that_keeps_failing_is_left_alone,
}

/// A source with its own connection and application, and a browser that has the login page open.
struct Stage {
    admin: Admin,
    application: Application,
    name: String,
    connection: String,
    source: LyingSource,
    browser: Browser,
    page: LoginPage,
}

impl Stage {
    /// `name` is the connection's. `more` is laid over the settings of its source.
    async fn set(admin: &Admin, name: &str, more: &Value) -> Self {
        let source = LyingSource::start().await;
        // Patient, so that nothing but a test about the breaker is about the breaker.
        let settings = json!({ "just_in_time": true, "breaker_failures": 1000 });
        let connection = admin.connection_from(name, &source.source(&with(settings, more))).await;
        let application = admin.application(&connection, &json!({})).await;
        let mut browser = Browser::new();
        let page = application.open(&mut browser).await;
        Stage { admin: admin.clone(), application, name: name.to_owned(), connection, source, browser, page }
    }

    async fn try_password(&mut self) -> Answer {
        self.page.submit(&mut self.browser, EMAIL, PASSWORD).await
    }

    /// The codes and reasons of the events about the application.
    async fn events(&self) -> Vec<String> {
        let path = format!("logs?sort=date:1&q=client_id:%22{}%22", self.application.client_id);
        let events = self.admin.get(&path).await;
        let told = |event: &Value| match &event["details"]["reason"] {
            Value::Null => event["type"].as_str().expect("a code").to_owned(),
            reason => format!("{} {}", event["type"].as_str().expect("a code"), reason.to_string().replace('"', "")),
        };
        events.as_array().expect("a list of events").iter().map(told).collect()
    }

    /// After one answer that must not count, nine wrong passwords still leave one more try. The source is set anew, so
    /// that it is not left alone for as long as it has asked for.
    async fn check_nothing_was_counted(&mut self) {
        let renewed = json!({ "just_in_time": true, "breaker_failures": 999 });
        let options = json!({ "options": { "source": self.source.source(&renewed).settings() } });
        self.admin.patch(&format!("connections/{}", self.connection), &options).await;
        self.source.says(Says::wrong());
        for _ in 1..ALLOWED {
            assert_eq!(self.try_password().await.expect(400).notice(), Some(WRONG));
        }
        assert_eq!(self.users().await, Vec::<Value>::new());
        // An id of their own: people of several connections share none.
        self.source.says(self.source.right(&format!("auth0|{}", self.name), EMAIL));
        self.try_password().await.expect(303).code();
        assert_eq!(self.users().await.len(), 1);
    }

    /// Users of this connection with the address everybody here types in.
    async fn users(&self) -> Vec<Value> {
        let is_here = |user: &Value| user["identities"][0]["connection"] == self.name;
        self.admin.users_by_email(EMAIL).await.into_iter().filter(is_here).collect()
    }
}

/// What somebody at the page is to be told.
struct Expected {
    status: u16,
    notice: &'static str,
    /// The code, and where there is one the reason, of the event.
    event: &'static str,
    retry_after: Option<&'static str>,
}

const fn told(status: u16, notice: &'static str, event: &'static str) -> Expected {
    Expected { status, notice, event, retry_after: None }
}

/// An answer from which nothing can be learnt about the password.
const fn unavailable(event: &'static str) -> Expected {
    Expected { status: 503, notice: UNREACHABLE, event, retry_after: Some("5") }
}

const fn busy(event: &'static str, retry_after: &'static str) -> Expected {
    Expected { status: 429, notice: THROTTLED, event, retry_after: Some(retry_after) }
}

/// Makes what a source says.
type Lie = fn(&LyingSource) -> Says;

/// Everything but right and wrong.
const CASES: &[(&str, Lie, Expected)] = &[
    (
        "blocked",
        |_| Says::error(403, "unauthorized", "user is blocked"),
        told(403, "This account is blocked", "source_blocked"),
    ),
    (
        "breached",
        |_| Says::error(403, "password_leaked", "This login has been blocked because your password has been leaked."),
        told(403, "This password is not safe any more", "pwd_leak"),
    ),
    (
        "mfa-required",
        |_| Says::json(403, &json!({ "error": "mfa_required", "error_description": "", "mfa_token": "Fe26" })),
        told(403, "A second step is needed", "source_mfa_required"),
    ),
    (
        "throttled",
        |_| Says::error(429, "too_many_requests", "Global limit has been reached").with_header("retry-after", "17"),
        busy("source_throttled 17", "17"),
    ),
    (
        "person-throttled",
        |_| Says::error(429, "too_many_attempts", "Your account has been blocked after multiple attempts."),
        busy("source_throttled", "5"),
    ),
    ("hangs-up", |_| Says::HangUp, unavailable("source_unavailable unreachable")),
    (
        "fails-with-the-words-of-a-wrong-password",
        |_| Says::error(500, "invalid_grant", "Wrong email or password."),
        unavailable("source_unavailable status"),
    ),
    (
        "redirects",
        |_| Says::body(307, "text/html", "").with_header("location", "http://127.0.0.1:1/"),
        unavailable("source_unavailable status"),
    ),
    (
        "web-page",
        |_| Says::body(200, "text/html", "<!doctype html><title>Back soon</title>"),
        unavailable("source_unavailable not_json"),
    ),
    (
        "web-page-with-the-status-of-a-wrong-password",
        |_| Says::body(403, "text/html", "<!doctype html><title>Forbidden</title>"),
        unavailable("source_unavailable not_json"),
    ),
    (
        "truncated-json",
        |_| Says::body(200, "application/json", "{\"id_token\": \"ey"),
        unavailable("source_unavailable not_json"),
    ),
    ("cut-off", |source| source.right(USER_ID, EMAIL).cut_off(), unavailable("source_unavailable cut_off")),
    ("endless", |_| Says::NoEnd, unavailable("source_unavailable too_large")),
    ("without-a-token", |_| Says::json(200, &json!({ "welcome": true })), unavailable("source_unavailable malformed")),
    (
        "about-somebody-else",
        |source| source.right("auth0|eve", "eve@example.com"),
        unavailable("source_unavailable other_person"),
    ),
    (
        "of-another-issuer",
        |source| lying_token(source, "iss", &json!("https://elsewhere.example/")),
        unavailable("source_unavailable wrong_issuer"),
    ),
    (
        "for-another-client",
        |source| lying_token(source, "aud", &json!("another-client")),
        unavailable("source_unavailable wrong_audience"),
    ),
    ("expired", |source| lying_token(source, "exp", &json!(1_000_000_000)), unavailable("source_unavailable expired")),
    (
        "unknown-word",
        |_| Says::error(403, "requires_verification", "Suspicious request requires verification"),
        unavailable("source_unavailable unknown_error"),
    ),
    (
        "does-not-believe-our-client",
        |_| Says::error(401, "access_denied", "Unauthorized"),
        unavailable("source_unavailable our_credentials"),
    ),
];

/// The right ID token but for one claim.
fn lying_token(source: &LyingSource, claim: &str, value: &Value) -> Says {
    let mut claims = json!({ "sub": USER_ID, "email": EMAIL, "email_verified": true });
    claims[claim] = value.clone();
    Says::json(200, &source.tokens(&claims))
}

async fn every_answer_has_its_own_word_and_none_of_them_counts(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    for (name, lie, expected) in CASES {
        // Shown where the test fails.
        println!("{name}");
        let mut stage = Stage::set(&admin, name, &json!({})).await;
        stage.source.says(lie(&stage.source));
        check(&mut stage, expected).await;
    }
    println!("slow");
    let mut stage = Stage::set(&admin, "slow", &json!({ "timeout_ms": 500 })).await;
    stage.source.says(Says::Nothing);
    check(&mut stage, &unavailable("source_unavailable timeout")).await;
    println!("refused");
    let nobody = Port::reserve();
    let elsewhere = json!({ "issuer": format!("http://127.0.0.1:{}/", nobody.number()) });
    let mut stage = Stage::set(&admin, "refused", &elsewhere).await;
    check(&mut stage, &unavailable("source_unavailable unreachable")).await;
    broker.stop().await;
}

/// What holds for every answer that is neither right nor wrong: told by its name, nobody written, nothing counted.
async fn check(stage: &mut Stage, expected: &Expected) {
    let answer = stage.try_password().await.expect(expected.status);
    assert_eq!(answer.notice(), Some(expected.notice));
    assert_eq!(answer.header("retry-after"), expected.retry_after);
    assert_eq!(stage.events().await, [expected.event]);
    stage.check_nothing_was_counted().await;
}

async fn a_right_password_lets_in_and_is_asked_about_once(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let mut stage = Stage::set(&Admin::of(&broker).await, "right", &json!({})).await;
    stage.source.says(stage.source.right(USER_ID, EMAIL));
    let answer = stage.try_password().await.expect(303);
    assert_eq!(stage.application.redeem(&answer).await.sub(), USER_ID);
    let mut events = stage.events().await;
    events.sort();
    assert_eq!(events, ["migrated", "s", "seacft"]);

    let asked = stage.source.asked();
    assert_eq!(asked.len(), 1);
    let told = |name: &str| asked[0].form.get(name).map(String::as_str);
    assert_eq!(told("grant_type"), Some("http://auth0.com/oauth/grant-type/password-realm"));
    assert_eq!((told("username"), told("password"), told("realm")), (Some(EMAIL), Some(PASSWORD), Some("old-people")));
    assert_eq!(asked[0].forwarded_for.as_deref(), Some("127.0.0.1"));

    // Whatever the source says by now.
    stage.source.says(Says::wrong());
    assert_eq!(stage.application.sign_in(EMAIL, PASSWORD).await.sub(), USER_ID);
    assert_eq!(stage.source.asked().len(), 1);
    broker.stop().await;
}

/// The directory knows who it is about, so an address is not enough.
async fn somebody_loaded_ahead_is_proven_by_their_own_id_alone(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let mut stage = Stage::set(&Admin::of(&broker).await, "people", &json!({})).await;
    let file = broker.installation().write("people.ndjson", json!({ "user_id": USER_ID, "email": EMAIL }).to_string());
    let file = file.to_str().expect("a path is text");
    let output = broker.installation().run(&["import", "users", "--connection", "people", file]);
    assert!(output.status.success(), "{output:?}");

    stage.source.says(stage.source.right("auth0|eve", EMAIL));
    assert_eq!(stage.try_password().await.expect(503).notice(), Some(UNREACHABLE));
    stage.source.says(Says::wrong());
    assert_eq!(stage.try_password().await.expect(400).notice(), Some(WRONG));
    assert_eq!(stage.events().await, ["source_unavailable other_person", "fp"]);
    // Neither of them has moved anybody.
    stage.source.says(stage.source.right(USER_ID, EMAIL));
    let answer = stage.try_password().await.expect(303);
    assert_eq!(stage.application.redeem(&answer).await.sub(), USER_ID);
    assert_eq!(stage.source.asked().len(), 3);
    broker.stop().await;
}

async fn ten_wrong_passwords_close_the_account_and_garbage_between_them_counts_for_nothing(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let mut stage = Stage::set(&Admin::of(&broker).await, "people", &json!({})).await;
    for _ in 1..ALLOWED {
        stage.source.says(Says::body(200, "text/html", "<p>garbage"));
        stage.try_password().await.expect(503);
        stage.source.says(Says::wrong());
        assert_eq!(stage.try_password().await.expect(400).notice(), Some(WRONG));
    }
    stage.source.says(Says::body(200, "text/html", "<p>garbage"));
    for _ in 0..ALLOWED {
        stage.try_password().await.expect(503);
    }
    stage.source.says(Says::wrong());
    assert_eq!(stage.try_password().await.expect(400).notice(), Some(WRONG));

    // That was the tenth. The right password is not even asked about now.
    let asked = stage.source.asked().len();
    stage.source.says(stage.source.right(USER_ID, EMAIL));
    let closed = stage.try_password().await.expect(429);
    assert_eq!(closed.notice(), Some("Too many tries from here"));
    assert_eq!(stage.source.asked().len(), asked);
    assert_eq!(stage.users().await, Vec::<Value>::new());
    // It was closed once, when it was.
    let throttled = stage.admin.get("logs?q=type:%22limit_wc%22").await;
    assert_eq!(throttled.as_array().expect("a list of events").len(), 1);

    // Nobody else is closed out with it.
    let other = "bob@example.com";
    stage.source.says(stage.source.right("auth0|bob", other));
    stage.page.submit(&mut stage.browser, other, PASSWORD).await.expect(303).code();
    broker.stop().await;
}

async fn a_source_that_keeps_failing_is_left_alone(engine: Engine) {
    let stubborn = json!({ "breaker_failures": 2, "breaker_open_ms": 3_600_000 });
    let broker = Installation::new(engine).start().await;
    let mut stage = Stage::set(&Admin::of(&broker).await, "people", &stubborn).await;
    stage.source.says(Says::body(502, "text/html", "<p>Bad gateway"));
    for _ in 0..4 {
        assert_eq!(stage.try_password().await.expect(503).notice(), Some(UNREACHABLE));
    }
    assert_eq!(stage.source.asked().len(), 2);
    let (asked, spared) = ("source_unavailable status", "source_unavailable breaker_open");
    assert_eq!(stage.events().await, [asked, asked, spared, spared]);
    assert_eq!(stage.users().await, Vec::<Value>::new());
    let status = format!("connections/{}/status", stage.connection);
    let offline = stage.admin.call(Method::GET, &status, None).await.expect(404).json();
    assert_eq!(offline["errorCode"], "connection_offline");
    broker.stop().await;
}
