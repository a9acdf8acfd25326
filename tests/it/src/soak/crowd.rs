//! Whoever asks: people, their applications, machines and operators.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Mutex;

use super::mix::Operation;
use crate::harness::{Admin, Answer, Application, Broker, Machine, PASSWORD, Tokens, http_builder};
use crate::importing::people::{self, Person};

const CONNECTION: &str = "people";

/// Imported with the hashes of their passwords, which become our own as they sign in.
const PEOPLE: u64 = 1_000;

/// The row behind them is one that is refused.
const PEOPLE_THERE: u64 = PEOPLE - 1;

/// Applications that stay signed in.
const CHAINS: u64 = 64;

/// Less than the broker keeps a connection that nobody uses, as its documents ask of whoever stands before it.
const IDLE: Duration = Duration::from_secs(30);

pub(super) struct Crowd {
    http: reqwest::Client,
    admin: Admin,
    application: Application,
    machine: Machine,
    /// The last tokens of each.
    chains: Vec<Mutex<Tokens>>,
}

impl Crowd {
    pub(super) async fn gather(broker: &Broker) -> Self {
        let http = http_builder().pool_idle_timeout(IDLE).build().expect("a client");
        let admin = Admin::through(http.clone(), broker.issuer()).await;
        let connection = admin.connection(CONNECTION).await;
        people::load(broker.installation(), CONNECTION, PEOPLE);
        let settings = json!({ "rotation_type": "rotating", "expiration_type": "expiring", "leeway": 0 });
        let application = admin.application(&connection, &json!({ "refresh_token": settings })).await;
        let mut chains = Vec::new();
        for number in 0..CHAINS {
            chains.push(Mutex::new(sign_in(&application, somebody(number)).await));
        }
        let machine = Machine::through(http.clone(), broker.issuer(), broker.issuer());
        Crowd { http, admin, application, machine, chains }
    }

    /// Does something, which has to succeed.
    pub(super) async fn carry_out(&self, operation: Operation, number: u64) {
        match operation {
            Operation::Discovery => self.discover().await,
            Operation::Keys => self.read_keys().await,
            Operation::MachineToken => drop(self.machine.token().await),
            Operation::Refresh => self.refresh(number).await,
            Operation::UserInfo => self.ask_who(number).await,
            Operation::Introspection => self.introspect(number).await,
            Operation::UserById => self.read(somebody(number)).await,
            Operation::Search => self.search(somebody(number)).await,
            Operation::SignIn => drop(sign_in(&self.application, somebody(number)).await),
            Operation::WrongPassword => self.mistype(somebody(number)).await,
            Operation::SignUp => self.sign_up(number).await,
        }
    }

    async fn get(&self, path: &str) -> Value {
        Answer::of(self.http.get(self.application.url(path))).await.expect(200).json()
    }

    async fn discover(&self) {
        assert_eq!(self.get(".well-known/openid-configuration").await["issuer"], self.application.issuer);
    }

    async fn read_keys(&self) {
        assert!(self.get(".well-known/jwks.json").await["keys"][0]["n"].is_string());
    }

    fn chain(&self, number: u64) -> &Mutex<Tokens> {
        &self.chains[usize::try_from(number % CHAINS).expect("a small number")]
    }

    async fn refresh(&self, number: u64) {
        let mut tokens = self.chain(number).lock().await;
        *tokens = Tokens(self.application.refresh(tokens.refresh_token()).await.expect(200).json());
    }

    async fn access_token(&self, number: u64) -> Tokens {
        self.chain(number).lock().await.clone()
    }

    async fn ask_who(&self, number: u64) {
        let tokens = self.access_token(number).await;
        let claims = self.application.userinfo(&tokens).await.expect(200).json();
        assert_eq!(claims["email"], somebody(number % CHAINS).email());
    }

    async fn introspect(&self, number: u64) {
        let tokens = self.access_token(number).await;
        assert_eq!(self.application.introspect(tokens.access_token()).await["active"], true);
    }

    async fn read(&self, person: Person) {
        let user = self.admin.get(&format!("users/auth0%7C{}", person.id())).await;
        assert_eq!(user["email"], person.email());
    }

    async fn search(&self, person: Person) {
        let found = self.admin.get(&format!("users?search_engine=v3&q=email:%22{}%22", person.email())).await;
        assert_eq!(found[0]["email"], person.email());
    }

    async fn mistype(&self, person: Person) {
        let answer = self.application.type_in(&person.email(), "not the password").await.expect(400);
        assert_eq!(answer.notice(), Some("Wrong email or password"));
    }

    async fn sign_up(&self, number: u64) {
        let body = json!({
            "client_id": self.application.client_id,
            "connection": CONNECTION,
            "email": format!("new-{number}@example.com"),
            "password": PASSWORD,
        });
        let url = self.application.url("dbconnections/signup");
        Answer::of(self.http.post(url).json(&body)).await.expect(200);
    }
}

fn somebody(number: u64) -> Person {
    Person(number % PEOPLE_THERE)
}

async fn sign_in(application: &Application, person: Person) -> Tokens {
    let tokens = application.sign_in(&person.email(), person.password()).await;
    assert_eq!(tokens.sub(), format!("auth0|{}", person.id()));
    tokens
}
