//! What may happen once, tried fifty times at the same moment, a hundred times over: at one process on SQLite and at two
//! on Postgres.
//!
//! `ROUNDS` says how often, in place of a hundred.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{
    Admin, Answer, Application, Broker, Browser, Engine, Installation, LyingSource, Nodes, PASSWORD, Tokens,
    on_each_engine, wanted,
};

const AT_ONCE: usize = 50;
const CONNECTION: &str = "people";
const EMAIL: &str = "ada@example.com";

on_each_engine! {
    co_02_a_code_is_exchanged_once_and_worthless_afterwards,
    rt_03_a_refresh_token_without_leeway_serves_once_and_its_family_ends,
    pw_04_a_link_changes_a_password_once,
    mg_04_first_sign_ins_make_one_person,
    up_10_an_answer_of_a_provider_is_taken_once,
}

/// The processes of one deployment.
enum Deployment {
    One(Broker),
    Two(Nodes),
}

impl Deployment {
    /// None where a server is missing.
    async fn start(engine: Engine) -> Option<Self> {
        Some(match engine {
            Engine::Sqlite => Deployment::One(Installation::new(engine).start().await),
            Engine::Postgres => Deployment::Two(Nodes::start(&[]).await?),
        })
    }

    /// One after another.
    fn node(&self, number: usize) -> &Broker {
        match self {
            Deployment::One(broker) => broker,
            Deployment::Two(nodes) => nodes.both()[number % 2],
        }
    }

    /// What has the issuer's URL, as a balancer sends it to this node.
    fn at_node(&self, number: usize, url: &str) -> String {
        let node = self.node(number);
        url.replacen(node.issuer(), &node.url(""), 1)
    }

    async fn admin(&self) -> Admin {
        Admin::of(self.node(0)).await
    }

    /// An application, one person, and their browser, which is signed in to it.
    async fn signed_in(&self, more: &Value) -> (Application, Browser) {
        let admin = self.admin().await;
        let connection = admin.connection(CONNECTION).await;
        admin.user(CONNECTION, EMAIL, &json!({})).await;
        let application = admin.application(&connection, more).await;
        let mut browser = Browser::new();
        let page = application.open(&mut browser).await;
        page.submit(&mut browser, EMAIL, PASSWORD).await.expect(303);
        (application, browser)
    }

    async fn stop(self) {
        match self {
            Deployment::One(broker) => drop(broker.stop().await),
            Deployment::Two(nodes) => nodes.stop().await,
        }
    }
}

/// Those of fifty at once that were not refused. A refusal has the status 400; besides, fifty passwords at once are more
/// than two cores hash, and some of them may be asked to come again.
async fn not_refused<F: Future<Output = Answer>>(once: impl Fn(usize) -> F) -> Vec<Answer> {
    let mut answers = join_all((0..AT_ONCE).map(once)).await;
    answers.retain(|answer| {
        let is_done = matches!(answer.status, 200 | 302 | 303);
        assert!(is_done || answer.status == 400 || is_busy(answer), "{}: {}", answer.status, answer.text());
        is_done
    });
    answers
}

#[track_caller]
fn the_only(mut answers: Vec<Answer>) -> Answer {
    assert_eq!(answers.len(), 1, "it happened once");
    answers.remove(0)
}

fn is_busy(answer: &Answer) -> bool {
    answer.status == 503 && answer.headline() == Some("Very busy right now")
}

/// A code for somebody whose session lives.
async fn code(application: &Application, browser: &mut Browser) -> Answer {
    browser.get(&application.authorization_url(&[("prompt", "none")])).await.expect(302)
}

async fn check_worthless(application: &Application, tokens: &Tokens) {
    assert_eq!(application.refresh(tokens.refresh_token()).await.expect(400).error(), "invalid_grant");
    application.userinfo(tokens).await.expect(401);
}

/// The same shape of flaw: CVE-2020-15222.
async fn co_02_a_code_is_exchanged_once_and_worthless_afterwards(engine: Engine) {
    let Some(deployment) = Deployment::start(engine).await else { return };
    let (application, mut browser) = deployment.signed_in(&json!({})).await;
    for _ in 0..rounds() {
        let answer = code(&application, &mut browser).await;
        let exchange = |number| {
            let application = application.at(deployment.node(number));
            let answer = &answer;
            async move { application.exchange(answer).await }
        };
        let tokens = Tokens(the_only(not_refused(exchange).await).json());
        check_worthless(&application, &tokens).await;
    }
    deployment.stop().await;
}

async fn rt_03_a_refresh_token_without_leeway_serves_once_and_its_family_ends(engine: Engine) {
    let Some(deployment) = Deployment::start(engine).await else { return };
    let settings = json!({ "rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0 });
    let (application, mut browser) = deployment.signed_in(&json!({ "refresh_token": settings })).await;
    for _ in 0..rounds() {
        let answer = code(&application, &mut browser).await;
        let first = application.redeem(&answer).await;
        let refresh = |number| {
            let application = application.at(deployment.node(number));
            let token = first.refresh_token();
            async move { application.refresh(token).await }
        };
        let successor = Tokens(the_only(not_refused(refresh).await).json());
        for tokens in [&first, &successor] {
            check_worthless(&application, tokens).await;
        }
    }
    deployment.stop().await;
}

async fn pw_04_a_link_changes_a_password_once(engine: Engine) {
    let Some(deployment) = Deployment::start(engine).await else { return };
    let admin = deployment.admin().await;
    let application = admin.application_for(EMAIL).await;
    let user = admin.only_user(EMAIL).await;
    for round in 0..rounds() {
        let ticket = admin.post("tickets/password-change", &json!({ "user_id": user["user_id"] })).await;
        let mut browser = Browser::new();
        let page = browser.get(ticket["ticket"].as_str().expect("a link")).await.expect(200).hidden_fields();
        let choose = |number| {
            let (page, mut browser, deployment) = (&page, browser.clone(), &deployment);
            async move {
                let password = password(round, number);
                let hidden = page.iter().map(|(name, value)| (name.as_str(), value.as_str()));
                let form: Vec<_> = hidden.chain([("password", password.as_str())]).collect();
                browser.try_post(&deployment.node(number).url("u/reset-verify"), &form).await.expect("an answer")
            }
        };
        let answers = join_all((0..AT_ONCE).map(choose)).await;
        let chosen: Vec<_> = (0..AT_ONCE).filter(|number| answers[*number].status == 200).collect();
        let [chosen] = chosen[..] else { panic!("one choice: {chosen:?}") };
        for answer in answers.iter().filter(|answer| answer.status != 200 && !is_busy(answer)) {
            assert_eq!((answer.status, answer.headline()), (400, Some("This link does not work any more")));
        }
        assert_eq!(application.type_in(EMAIL, &password(round, chosen)).await.status, 303);
        assert_eq!(application.type_in(EMAIL, &password(round, (chosen + 1) % AT_ONCE)).await.status, 400);
    }
    deployment.stop().await;
}

fn password(round: usize, number: usize) -> String {
    format!("{PASSWORD}-{round}-{number}")
}

async fn mg_04_first_sign_ins_make_one_person(engine: Engine) {
    let Some(deployment) = Deployment::start(engine).await else { return };
    let (admin, source) = (deployment.admin().await, LyingSource::start().await);
    let connection = admin.connection_from(CONNECTION, &source.source(&json!({ "just_in_time": true }))).await;
    let application = admin.application(&connection, &json!({})).await;
    for round in 0..rounds() {
        let (id, email) = (format!("auth0|{round:024x}"), format!("ada-{round}@example.com"));
        source.says(source.right(&id, &email));
        let sign_in = |number| {
            let (application, email) = (application.at(deployment.node(number)), &email);
            async move { application.type_in(email, PASSWORD).await }
        };
        let signed_in = not_refused(sign_in).await;
        assert!(!signed_in.is_empty(), "nobody is let in");
        for answer in &signed_in {
            assert_eq!(application.redeem(answer).await.sub(), id);
        }
        let found = admin.users_by_email(&email).await;
        assert_eq!(found.iter().map(|user| &user["user_id"]).collect::<Vec<_>>(), [&json!(id)]);
    }
    deployment.stop().await;
}

/// The same shape of flaw: CVE-2025-46815.
async fn up_10_an_answer_of_a_provider_is_taken_once(engine: Engine) {
    let Some(deployment) = Deployment::start(engine).await else { return };
    let provider = Deployment::One(Installation::new(Engine::Sqlite).start().await);
    let callback = format!("{}login/callback", deployment.node(0).issuer());
    let (at_provider, mut browser_there) = provider.signed_in(&json!({ "callbacks": [callback] })).await;
    let admin = deployment.admin().await;
    let connection = admin
        .post(
            "connections",
            &json!({
                "name": "provider",
                "strategy": "oidc",
                "options": {
                    "discovery_url": format!("{}.well-known/openid-configuration", at_provider.issuer),
                    "client_id": at_provider.client_id,
                    "client_secret": at_provider.client_secret,
                },
            }),
        )
        .await;
    let application = admin.application(connection["id"].as_str().expect("an id"), &json!({})).await;
    for _ in 0..rounds() {
        let mut browser = Browser::new();
        let leaving = browser.get(&application.authorization_url(&[("connection", "provider")])).await.expect(302);
        let leaving = browser.get(&application.url(leaving.location().trim_start_matches('/'))).await.expect(302);
        let back = browser_there.get(leaving.location()).await.expect(302);
        let arrive = |number| {
            let (mut browser, url) = (browser.clone(), deployment.at_node(number, back.location()));
            async move { browser.get(&url).await }
        };
        application.redeem(&the_only(not_refused(arrive).await)).await;
    }
    deployment.stop().await;
    provider.stop().await;
}

fn rounds() -> usize {
    wanted("ROUNDS").unwrap_or(100)
}
