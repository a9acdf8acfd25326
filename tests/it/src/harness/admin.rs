//! An operator with the Management API and nothing else.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Application, Broker, Machine, PASSWORD, http, with};

/// The connection most tests need.
const CONNECTION: &str = "people";

#[derive(Clone)]
pub(crate) struct Admin {
    http: reqwest::Client,
    issuer: String,
    /// Where it finds the issuer.
    base: String,
    token: String,
}

/// Where the people of a connection come from.
#[derive(Clone)]
pub(crate) struct Source {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) client_secret: String,
    pub(crate) realm: String,
    /// Further settings, or others in place of ours.
    pub(crate) more: Value,
}

impl Source {
    /// The settings as the Management API takes them.
    pub(crate) fn settings(&self) -> Value {
        let settings = json!({
            "strategy": "auth0",
            "issuer": self.issuer,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "realm": self.realm,
        });
        with(settings, &self.more)
    }
}

impl Admin {
    pub(crate) async fn of(broker: &Broker) -> Self {
        Admin::through(http(), broker.issuer()).await
    }

    pub(crate) async fn through(http: reqwest::Client, issuer: &str) -> Self {
        let token = Machine::through(http.clone(), issuer, issuer).token().await;
        Admin { http, issuer: issuer.to_owned(), base: issuer.to_owned(), token }
    }

    /// The same, sent to this node.
    pub(crate) fn at(&self, node: &Broker) -> Self {
        Admin { base: node.url(""), ..self.clone() }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    /// Calls the API; `path` is relative to `/api/v2/`.
    pub(crate) async fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Answer {
        self.try_call(method, path, body).await.expect("an answer")
    }

    /// Where the other side may hang up.
    pub(crate) async fn try_call(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, reqwest::Error> {
        let request = self.http.request(method, format!("{}api/v2/{path}", self.base)).bearer_auth(&self.token);
        let request = match body {
            Some(body) => request.json(body),
            None => request,
        };
        Answer::try_of(request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        self.call(Method::GET, path, None).await.expect(200).json()
    }

    /// Creates something.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        self.call(Method::POST, path, Some(body)).await.expect(201).json()
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Value {
        self.call(Method::PATCH, path, Some(body)).await.expect(200).json()
    }

    /// A connection without a source, open to everybody who is named later.
    pub(crate) async fn connection(&self, name: &str) -> String {
        id(&self.post("connections", &json!({ "name": name, "strategy": "auth0" })).await)
    }

    /// A connection whose people come from elsewhere.
    pub(crate) async fn connection_from(&self, name: &str, source: &Source) -> String {
        let options = json!({ "source": source.settings() });
        id(&self.post("connections", &json!({ "name": name, "strategy": "auth0", "options": options })).await)
    }

    /// An application whose people are in this connection; `more` is laid over what it is by default.
    pub(crate) async fn application(&self, connection_id: &str, more: &Value) -> Application {
        let client = json!({
            "name": "Application under test",
            "app_type": "regular_web",
            "callbacks": ["https://app.example/callback"],
        });
        let client = self.post("clients", &with(client, more)).await;
        let application = Application::new(&self.issuer, &client);
        self.enable(connection_id, &application.client_id).await;
        Application { http: self.http.clone(), ..application }
    }

    /// Lets a client use a connection.
    pub(crate) async fn enable(&self, connection_id: &str, client_id: &str) {
        let change = json!([{ "client_id": client_id, "status": true }]);
        self.call(Method::PATCH, &format!("connections/{connection_id}/clients"), Some(&change)).await.expect(204);
    }

    /// An application with one person who can sign in to it with [`PASSWORD`].
    pub(crate) async fn application_for(&self, email: &str) -> Application {
        let connection = self.connection(CONNECTION).await;
        self.user(CONNECTION, email, &json!({})).await;
        self.application(&connection, &json!({})).await
    }

    /// Somebody with [`PASSWORD`], and whatever else is said of them.
    pub(crate) async fn user(&self, connection: &str, email: &str, more: &Value) -> Value {
        let user = json!({ "connection": connection, "email": email, "password": PASSWORD });
        self.post("users", &with(user, more)).await
    }

    pub(crate) async fn users_by_email(&self, email: &str) -> Vec<Value> {
        let found = self.get(&format!("users-by-email?email={email}")).await;
        found.as_array().expect("a list of users").clone()
    }

    pub(crate) async fn only_user(&self, email: &str) -> Value {
        let mut users = self.users_by_email(email).await;
        assert_eq!(users.len(), 1, "{users:?}");
        users.remove(0)
    }

    /// What there is, of every kind that tests create.
    pub(crate) async fn everything(&self) -> Vec<Value> {
        let mut everything = Vec::new();
        for kind in ["clients", "connections", "resource-servers", "users"] {
            everything.push(self.get(kind).await);
        }
        everything
    }

    /// The codes of what was recorded about a client, oldest first.
    pub(crate) async fn events(&self, client_id: &str) -> Vec<String> {
        let mut codes = Vec::new();
        for page in 0.. {
            let query = format!("logs?page={page}&per_page=100&sort=date:1&q=client_id:%22{client_id}%22");
            let events = self.get(&query).await;
            let events = events.as_array().expect("a list of events");
            if events.is_empty() {
                break;
            }
            codes.extend(events.iter().map(|event| event["type"].as_str().expect("a code").to_owned()));
        }
        codes
    }
}

/// Where a user is found, relative to `/api/v2/`.
pub(crate) fn user_path(user_id: &str) -> String {
    format!("users/{}", user_id.replace('|', "%7C"))
}

fn id(created: &Value) -> String {
    created["id"].as_str().expect("an id").to_owned()
}
