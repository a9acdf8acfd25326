//! A script that calls the Management API.

use axum::body::Body;
use http::{Method, Request, header};
use protocol::client_metadata::{AppType, GrantType};
use serde_json::Value;
use testkit::{Answer, App, RelyingParty};

/// A caller with a token.
pub(crate) struct Api {
    pub(crate) app: App,
    pub(crate) token: String,
}

impl Api {
    /// With every scope, on a fresh broker.
    pub(crate) async fn new() -> Self {
        Api::on(Box::pin(App::new()).await).await
    }

    /// With every scope, on this broker.
    pub(crate) async fn on(app: App) -> Self {
        let token = app.management_token().await;
        Api { app, token }
    }

    /// Another caller on the same broker, with these scopes alone.
    pub(crate) async fn with_scopes(&self, scope: &str) -> Self {
        let name = format!("machine-{}", scope.replace([':', ' '], "-"));
        let client = machine(&self.app, &name).await;
        let audience = format!("{}api/v2/", self.app.issuer());
        self.app.add_client_grant(&client, &audience, scope).await;
        let token = machine_token(&self.app, &client, &audience).await;
        Api { app: self.app.clone(), token }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> Answer {
        self.send(Method::PATCH, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        call(&self.app, method, path, Some(&self.token), body).await
    }
}

/// A call with this token, if any.
pub(crate) async fn call(app: &App, method: Method, path: &str, token: Option<&str>, body: String) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("/api/v2{path}"));
    request = request.header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
    }
    app.call(request.body(Body::from(body)).expect("a path")).await
}

/// A client that may ask for tokens of its own.
pub(crate) async fn machine(app: &App, name: &str) -> RelyingParty {
    let machine = |client: &mut model::client::Client| {
        client.app_type = AppType::NonInteractive;
        client.grant_types = vec![GrantType::ClientCredentials];
    };
    app.add_client(name, machine).await
}

/// A machine's token for an API.
pub(crate) async fn machine_token(app: &App, client: &RelyingParty, audience: &str) -> String {
    let fields = [("grant_type", "client_credentials"), ("audience", audience)];
    app.token(&client.with_credentials(&fields)).await.text("access_token")
}

/// Panics unless the answer has this status; its body otherwise.
#[track_caller]
pub(crate) fn expect(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.body);
    if answer.body.is_empty() { Value::Null } else { answer.json() }
}

/// Panics unless the answer is a refusal in Auth0's shape with this status, code and message.
#[track_caller]
pub(crate) fn expect_refusal(answer: &Answer, status: u16, code: Option<&str>, message: &str) {
    let body = expect(answer, status);
    let found = (body["statusCode"].as_u64(), body["errorCode"].as_str(), body["message"].as_str());
    assert_eq!(found, (Some(u64::from(status)), code, Some(message)));
    assert_eq!(body["error"].as_str(), answer.status.canonical_reason());
}

/// The changes that are recorded, sorted by what they are called: those of one moment have no order.
pub(crate) async fn recorded(app: &App) -> Vec<(String, Value)> {
    let change = |event: model::event::Event| {
        let operation = event.details["operation"].as_str().expect("a change is called something").to_owned();
        (operation, event.details.into())
    };
    let mut changes: Vec<_> = app.events_of("sapi").await.into_iter().map(change).collect();
    changes.sort_by(|(one, _), (other, _)| one.cmp(other));
    changes
}

/// The values of one property in a list of records.
#[track_caller]
pub(crate) fn each<'a>(list: &'a Value, name: &str) -> Vec<&'a str> {
    let records = list.as_array().unwrap_or_else(|| panic!("not a list: {list}"));
    records.iter().map(|record| record[name].as_str().unwrap_or_default()).collect()
}

/// An id as it stands in a path.
pub(crate) fn in_path(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes()).collect()
}
