//! Operators who create clients and rotate keys.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Cut, Writing};
use crate::harness::Admin;

/// Clients that are created.
pub(super) struct Clients {
    admin: Admin,
    number: u64,
    /// As they were shown when they were created, since the last check.
    acknowledged: Vec<Value>,
    in_doubt: Option<String>,
    count: u64,
}

impl Clients {
    pub(super) fn of(admin: &Admin) -> Self {
        Clients { admin: admin.clone(), number: 0, acknowledged: Vec::new(), in_doubt: None, count: 0 }
    }
}

impl Writing for Clients {
    async fn write(&mut self) -> Result<(), Cut> {
        self.number += 1;
        let name = format!("Client {}", self.number);
        let body = json!({ "name": name, "app_type": "regular_web", "callbacks": ["https://app.example/callback"] });
        self.in_doubt = Some(name);
        let created = self.admin.try_call(Method::POST, "clients", Some(&body)).await?.expect(201).json();
        self.in_doubt = None;
        self.acknowledged.push(created);
        self.count += 1;
        Ok(())
    }

    /// They are deleted afterwards, so that the list of all stays short.
    async fn check(&mut self, admin: &Admin) {
        self.admin = admin.clone();
        for created in self.acknowledged.drain(..) {
            let path = path(&created);
            assert_eq!(admin.get(&path).await, created, "a client is lost, or other than it was");
            admin.call(Method::DELETE, &path, None).await.expect(204);
        }
        let name = self.in_doubt.take();
        for client in admin.get("clients?per_page=100").await.as_array().expect("a list of clients") {
            let is_ours = client["name"].as_str().is_some_and(|name| name.starts_with("Client "));
            if is_ours {
                assert_eq!(client["name"].as_str(), name.as_deref(), "a client that nobody asked for");
                assert!(client["client_secret"].is_string(), "half a client: {client}");
                admin.call(Method::DELETE, &path(client), None).await.expect(204);
            }
        }
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}

fn path(client: &Value) -> String {
    format!("clients/{}", client["client_id"].as_str().expect("an id"))
}

/// Signing keys that are rotated, once in each life of the broker.
pub(super) struct Keys {
    admin: Admin,
    has_rotated: bool,
    acknowledged: Option<String>,
    count: u64,
}

impl Keys {
    pub(super) fn of(admin: &Admin) -> Self {
        Keys { admin: admin.clone(), has_rotated: false, acknowledged: None, count: 0 }
    }
}

impl Writing for Keys {
    async fn write(&mut self) -> Result<(), Cut> {
        if self.has_rotated {
            self.admin.try_call(Method::GET, "keys/signing", None).await?.expect(200);
            return Ok(());
        }
        let rotated = self.admin.try_call(Method::POST, "keys/signing/rotate", Some(&json!({}))).await?.expect(201);
        self.acknowledged = Some(kid(&rotated.json()));
        self.has_rotated = true;
        self.count += 1;
        Ok(())
    }

    async fn check(&mut self, admin: &Admin) {
        self.admin = admin.clone();
        self.has_rotated = false;
        let keys = admin.get("keys/signing").await;
        let keys = keys.as_array().expect("a list of keys");
        for state in ["current", "next"] {
            assert_eq!(keys.iter().filter(|key| key[state] == true).count(), 1, "one {state} key: {keys:?}");
        }
        if let Some(current) = self.acknowledged.take() {
            let is_current = |key: &&Value| key["current"] == true;
            assert_eq!(keys.iter().find(is_current).map(kid), Some(current), "a rotation is lost");
        }
        for key in keys.iter().filter(|key| key["previous"] == true) {
            admin.call(Method::PUT, &format!("keys/signing/{}/revoke", kid(key)), None).await.expect(200);
        }
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}

fn kid(key: &Value) -> String {
    key["kid"].as_str().expect("an id").to_owned()
}
