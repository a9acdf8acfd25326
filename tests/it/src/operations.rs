//! What whoever runs a broker relies on.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

use crate::harness::{
    Admin, Answer, Application, Authority, BOOTSTRAP_SECRET, Broker, Browser, Engine, Installation, LyingSource,
    PASSWORD, SOURCE_SECRET, Says, Tokens, http, on_each_engine, until,
};

const EMAIL: &str = "ada@example.com";

/// Far longer than any interval at which a broker looks for changes.
const LIMIT: Duration = Duration::from_secs(90);

on_each_engine! {
    what_was_accepted_is_finished_before_the_end,
    dl_01_no_secret_is_in_a_copy_of_the_database,
    dl_03_no_secret_is_in_the_log_and_every_answer_is,
    keys_rotate_while_tokens_stay_good,
    sign_ins_and_tokens_are_counted,
}

async fn what_was_accepted_is_finished_before_the_end(engine: Engine) {
    let installation = Installation::new(engine);
    let broker = installation.start().await;
    let admin = Admin::of(&broker).await;
    let source = LyingSource::start().await;
    let connection = admin.connection_from("people", &source.source(&json!({ "just_in_time": true }))).await;
    let application = admin.application(&connection, &json!({})).await;
    let mut browser = Browser::new();
    let page = application.open(&mut browser).await;

    let may_answer = Arc::new(Semaphore::new(0));
    source.says(source.right("auth0|ada", EMAIL).after(&may_answer));
    let signing_in = tokio::spawn(async move { page.submit(&mut browser, EMAIL, PASSWORD).await });
    until("the source is asked", LIMIT, async || (!source.asked().is_empty()).then_some(())).await;
    broker.ask_to_stop();
    until("nobody else is let in", LIMIT, async || TcpStream::connect(installation.address()).await.err()).await;
    may_answer.add_permits(1);
    let answer = signing_in.await.unwrap().expect(303);
    let log = broker.ended().await;
    assert!(log.lines().last().is_some_and(|line| line.contains("\"stopped\"")), "{log}");

    // What was acknowledged is there after the next start: the code, and that the person has moved.
    let broker = installation.start().await;
    assert_eq!(application.redeem(&answer).await.sub(), "auth0|ada");
    source.says(Says::wrong());
    application.sign_in(EMAIL, PASSWORD).await;
    broker.stop().await;
}

#[tokio::test]
async fn tls_is_terminated_and_a_new_certificate_is_taken_up() {
    let authority = Authority::new();
    let installation = Installation::new(Engine::Sqlite);
    let issuer = installation.issuer().replacen("http:", "https:", 1);
    let installation = installation
        .with("server.issuer", &issuer)
        .with("server.tls.certificate", "tls.pem")
        .with("server.tls.key", "tls.key");
    authority.certify(&installation);
    let broker = installation.start().await;

    let admin = Admin::through(authority.client(), &issuer).await;
    let application = admin.application_for(EMAIL).await;
    let mut browser = Browser::through(authority.client());
    let page = application.open(&mut browser).await;
    let answer = page.submit(&mut browser, EMAIL, PASSWORD).await.expect(303);
    check_over_tls(&answer);
    let redirect = Browser::through(authority.client()).get(&application.authorization_url(&[])).await.expect(302);
    check_over_tls(&redirect);
    let tokens = application.redeem(&answer).await;
    assert_eq!(tokens.claims()["iss"], issuer);
    // The browser's cookies are ours and work.
    let silent = browser.get(&application.authorization_url(&[("prompt", "none")])).await.expect(302);
    application.redeem(&silent).await;
    let plain = issuer.replacen("https:", "http:", 1);
    assert!(http().get(plain).send().await.is_err(), "plain http is answered");

    let successor = Authority::new();
    let healthz = format!("{issuer}healthz");
    // A new client each time, since connections that are open keep the certificate they were opened with.
    let ask = async |authority: &Authority| authority.client().get(&healthz).send().await;
    assert!(ask(&successor).await.is_err(), "whom does it trust?");
    successor.certify(&installation);
    until("the new certificate is taken up", LIMIT, async || ask(&successor).await.ok()).await;
    assert!(ask(&authority).await.is_err(), "the former certificate is still in use");

    installation.write("tls.pem", "not a certificate");
    until("the change is noticed", LIMIT, async || {
        broker.log().contains("the former certificate stays in use").then_some(())
    })
    .await;
    assert_eq!(ask(&successor).await.expect("an answer").status(), 200);
    broker.stop().await;
}

/// Cookies that neither another host nor plain http can plant or read, and https from here on.
#[track_caller]
fn check_over_tls(answer: &Answer) {
    let cookies: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap()).collect();
    assert!(!cookies.is_empty(), "no cookie");
    for cookie in cookies {
        let attributes: BTreeSet<_> = cookie.split("; ").skip(1).collect();
        assert!(cookie.starts_with("__Host-"), "{cookie}");
        assert!(
            ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"].iter().all(|one| attributes.contains(one)),
            "{cookie}"
        );
        assert!(!attributes.iter().any(|attribute| attribute.starts_with("Domain")), "{cookie}");
    }
    assert!(answer.header("strict-transport-security").is_some_and(|value| value.starts_with("max-age=")));
}

#[tokio::test]
async fn readiness_ends_with_the_database_and_life_goes_on() {
    if !Engine::has_postgres() {
        return;
    }
    let broker = Installation::new(Engine::Postgres).start().await;
    Admin::of(&broker).await.application_for(EMAIL).await;
    broker.installation().destroy_database();
    let not_ready = Answer::of(http().get(broker.url("readyz"))).await.expect(503);
    assert_eq!(not_ready.text(), "the database cannot be reached\n");
    Answer::of(http().get(broker.url("healthz"))).await.expect(200);
    // Nobody is told that they are wrong.
    let page = Answer::of(http().get(broker.url("authorize?client_id=app"))).await.expect(503);
    assert!(page.header("retry-after").is_some());
    broker.stop().await;
}

async fn sign_ins_and_tokens_are_counted(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let application = Admin::of(&broker).await.application_for(EMAIL).await;
    let tokens = application.sign_in(EMAIL, PASSWORD).await;
    application.type_in(EMAIL, "not the password").await.expect(400);
    application.refresh(tokens.refresh_token()).await.expect(200);
    application.refresh("nonsense").await.expect(400);
    let metrics = Answer::of(http().get(broker.url("metrics"))).await.expect(200);
    for line in [
        "landbridge_logins_total{result=\"succeeded\"} 1",
        "landbridge_logins_total{result=\"wrong_password\"} 1",
        "landbridge_tokens_total{grant=\"authorization_code\",result=\"issued\"} 1",
        "landbridge_tokens_total{grant=\"refresh_token\",result=\"issued\"} 1",
        "landbridge_tokens_total{grant=\"refresh_token\",result=\"refused\"} 1",
    ] {
        assert!(metrics.text().lines().any(|found| found == line), "{line} is not in:\n{}", metrics.text());
    }
    assert!(!metrics.text().contains("ada@"), "an address is in a label");
    broker.stop().await;
}

#[tokio::test]
async fn metrics_do_not_exist_for_strangers() {
    let installation = Installation::new(Engine::Sqlite).with("metrics.allowed_networks", "192.0.2.0/24");
    let broker = installation.start().await;
    Answer::of(http().get(broker.url("metrics"))).await.expect(404);
    broker.stop().await;
}

/// Everything that happened in [`live`], and every secret that was part of it.
struct Lived {
    request_ids: Vec<String>,
    secrets: Vec<(&'static str, String)>,
}

impl Lived {
    fn note(&mut self, answer: &Answer) {
        self.request_ids.push(answer.header("x-request-id").expect("every answer has an id").to_owned());
    }

    fn keep(&mut self, name: &'static str, secret: impl Into<String>) {
        self.secrets.push((name, secret.into()));
    }

    fn keep_tokens(&mut self, tokens: &Tokens) {
        self.keep("access token", tokens.access_token());
        self.keep("refresh token", tokens.refresh_token());
        self.keep("ID token", tokens.id_token());
    }
}

const WRONG_PASSWORD: &str = "falsches-Pferd-Batterie-7";

/// A day in the life of a broker, the bad parts included.
async fn live(broker: &Broker) -> Lived {
    let mut lived = Lived { request_ids: Vec::new(), secrets: Vec::new() };
    let admin = Admin::of(broker).await;
    let source = LyingSource::start().await;
    let connection = admin.connection_from("people", &source.source(&json!({ "just_in_time": true }))).await;
    let application = admin.application(&connection, &json!({})).await;
    let mut browser = Browser::new();
    let page = application.open(&mut browser).await;
    lived.note(&page.submit(&mut browser, EMAIL, WRONG_PASSWORD).await.expect(400));
    source.says(Says::error(403, "requires_verification", "Suspicious request of ada@example.com"));
    lived.note(&page.submit(&mut browser, EMAIL, WRONG_PASSWORD).await.expect(503));
    source.says(Says::HangUp);
    lived.note(&page.submit(&mut browser, EMAIL, WRONG_PASSWORD).await.expect(503));
    source.says(source.right("auth0|ada", EMAIL));
    let answer = page.submit(&mut browser, EMAIL, PASSWORD).await.expect(303);
    lived.note(&answer);
    let tokens = application.redeem(&answer).await;
    lived.note(&application.userinfo(&tokens).await.expect(200));
    let refreshed = application.refresh(tokens.refresh_token()).await.expect(200);
    lived.note(&refreshed);
    lived.note(&application.refresh("stolen-refresh-token").await.expect(400));
    lived.note(&Answer::of(http().get(broker.url("userinfo")).bearer_auth("stolen-access-token")).await.expect(401));
    lived.note(&Answer::of(http().get(broker.url("authorize?client_id=secret-in-a-query"))).await.expect(400));
    let basic =
        http().post(broker.url("oauth/token")).basic_auth(&application.client_id, Some("guessed-client-secret"));
    lived.note(&Answer::of(basic.form(&[("grant_type", "client_credentials")])).await.expect(401));

    lived.keep("code", answer.code());
    lived.keep_tokens(&tokens);
    lived.keep_tokens(&Tokens(refreshed.json()));
    browser.cookies.iter().for_each(|(_, value)| lived.keep("cookie", value));
    page.hidden().for_each(|value| lived.keep("hidden field", value));
    lived.keep("client secret", &application.client_secret);
    lived.keep("management token", admin.token());
    for (name, secret) in [
        ("password", PASSWORD),
        ("wrong password", WRONG_PASSWORD),
        ("secret at the source", SOURCE_SECRET),
        ("bootstrap secret", BOOTSTRAP_SECRET),
        ("unknown refresh token", "stolen-refresh-token"),
        ("unknown access token", "stolen-access-token"),
        ("query", "secret-in-a-query"),
        ("wrong client secret", "guessed-client-secret"),
        ("e-mail address", EMAIL),
    ] {
        lived.keep(name, secret);
    }
    lived
}

/// How a public RSA key begins where it is kept as such, and a private one (RFC 5280, RFC 5958).
const PUBLIC_KEY: &str = "300d06092a864886f70d010101050003820";
const PRIVATE_KEY: &str = "020100300d06092a864886f70d0101010500";

fn holds(copy: &[u8], text: &str) -> bool {
    memchr::memmem::find(copy, text.as_bytes()).is_some()
}

async fn dl_01_no_secret_is_in_a_copy_of_the_database(engine: Engine) {
    let installation = Installation::new(engine);
    let broker = installation.start().await;
    let lived = live(&broker).await;
    // While it runs, with all that is only in the log of SQLite.
    let running = installation.copy_of_database();
    broker.stop().await;
    for copy in [running, installation.copy_of_database()] {
        let in_hex = hex::encode(&copy);
        let holds_bytes = |hex: &str| holds(&copy, hex) || holds(in_hex.as_bytes(), hex);
        assert!(holds(&copy, EMAIL) && holds_bytes(PUBLIC_KEY), "this is no copy of the database");
        assert!(!holds_bytes(PRIVATE_KEY) && !holds(&copy, "PRIVATE KEY"), "a private key is in it");
        for (name, secret) in lived.secrets.iter().filter(|(_, secret)| secret != EMAIL) {
            assert!(!holds(&copy, secret), "a {name} is in it: {secret}");
            assert!(!holds_bytes(&hex::encode(secret)), "the bytes of a {name} are in it: {secret}");
        }
    }
}

async fn dl_03_no_secret_is_in_the_log_and_every_answer_is(engine: Engine) {
    let broker = Installation::new(engine).with("log.level", "debug").start().await;
    let lived = live(&broker).await;
    let log = broker.stop().await;
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("not JSON: {line}"))).collect();
    assert!(lines.iter().any(|line| line["level"] == "DEBUG"), "debug is not on");
    for line in &lines {
        assert!(line["timestamp"].is_string() && line["level"].is_string() && line["target"].is_string(), "{line}");
    }
    for id in &lived.request_ids {
        let answered =
            lines.iter().filter(|line| line["span"]["request.id"] == *id.as_str() && line["message"] == "answered");
        assert_eq!(answered.count(), 1, "the log does not say what became of {id}");
    }
    for kind in ["cookie", "hidden field"] {
        assert!(lived.secrets.iter().any(|(name, _)| *name == kind), "no {kind} was given out");
    }
    for (name, secret) in &lived.secrets {
        // The parts of a JWS as well: the log might hold a cut one.
        let parts: Vec<_> = secret.split('.').filter(|part| part.len() > 8).collect();
        assert!(!parts.is_empty(), "a {name} is too short to be looked for: {secret}");
        for part in parts {
            let found = log.lines().find(|line| line.contains(part));
            assert!(found.is_none(), "a {name} is in the log: {}", found.unwrap_or_default());
        }
    }
}

async fn keys_rotate_while_tokens_stay_good(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let api = json!({ "identifier": "https://api.example.com/", "allow_offline_access": true });
    admin.post("resource-servers", &api).await;
    let application = admin.application_for(EMAIL).await;
    let application = Application { audience: Some("https://api.example.com/".to_owned()), ..application };
    let before = application.sign_in(EMAIL, PASSWORD).await;
    let [current, next] = published(&broker).await.try_into().expect("the key that signs, and the next one");
    assert!([&current, &next].contains(&&before.kid()));
    let coming = if before.kid() == current { next } else { current };

    let output = broker.installation().run(&["keys", "rotate"]);
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).starts_with(&coming), "{output:?}");
    let keys = until("the rotation is taken up", LIMIT, async || {
        Some(published(&broker).await).filter(|keys| keys.len() == 3)
    })
    .await;
    assert!(keys.contains(&before.kid()) && keys.contains(&coming));

    let after = application.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(after.kid(), coming);
    for tokens in [&before, &after] {
        application.userinfo(tokens).await.expect(200);
        application.refresh(tokens.refresh_token()).await.expect(200);
    }
    assert_eq!(Admin::of(&broker).await.get("clients").await, admin.get("clients").await);
    let list = broker.installation().run(&["keys", "list"]);
    let list = String::from_utf8_lossy(&list.stdout);
    let states: Vec<_> = list.lines().skip(1).filter_map(|row| row.split_whitespace().nth(1)).collect();
    assert_eq!(BTreeSet::from_iter(states), BTreeSet::from(["previous", "signs", "next"]), "{list}");
    broker.stop().await;
}

/// The ids of the keys that the broker publishes.
async fn published(broker: &Broker) -> Vec<String> {
    let jwks = Answer::of(http().get(broker.url(".well-known/jwks.json"))).await.expect(200).json();
    let keys = jwks["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("an id").to_owned()).collect()
}
