//! People who sign up, who move, and whose passwords change.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Cut, Writing, lets_in};
use crate::harness::{Admin, Answer, Application, LyingSource, PASSWORD, Says, http, user_path};

pub(super) const CONNECTION: &str = "people";

/// Sign-ups by `/dbconnections/signup`.
pub(super) struct SignUps {
    application: Application,
    http: reqwest::Client,
    number: u64,
    /// Since the last check.
    acknowledged: Vec<String>,
    in_doubt: Option<String>,
    /// Of all who were there when they were checked.
    there: u64,
    count: u64,
}

impl SignUps {
    pub(super) fn of(application: &Application) -> Self {
        SignUps {
            application: application.clone(),
            http: http(),
            number: 0,
            acknowledged: Vec::new(),
            in_doubt: None,
            there: 0,
            count: 0,
        }
    }
}

impl Writing for SignUps {
    async fn write(&mut self) -> Result<(), Cut> {
        self.number += 1;
        let email = format!("new-{}@example.com", self.number);
        self.in_doubt = Some(email.clone());
        let body = json!({
            "client_id": self.application.client_id,
            "connection": CONNECTION,
            "email": email,
            "password": PASSWORD,
        });
        Answer::try_of(self.http.post(self.application.url("dbconnections/signup")).json(&body)).await?.expect(200);
        self.acknowledged.extend(self.in_doubt.take());
        self.count += 1;
        Ok(())
    }

    async fn check(&mut self, admin: &Admin) {
        for email in &self.acknowledged {
            assert_eq!(admin.users_by_email(email).await.len(), 1, "{email} is lost");
            self.there += 1;
        }
        let last = self.acknowledged.last().cloned();
        self.acknowledged.clear();
        if let Some(email) = last {
            assert!(lets_in(&self.application, &email, PASSWORD).await, "{email} has no password");
        }
        if let Some(email) = self.in_doubt.take() {
            let found = admin.users_by_email(&email).await;
            let recorded = events(admin, "ss", &email).await;
            assert_eq!(recorded, found.len(), "{email} and what was recorded of it");
            if !found.is_empty() {
                assert!(lets_in(&self.application, &email, PASSWORD).await, "{email} has no password");
                self.there += 1;
            }
        }
        let all = admin.get("users?include_totals=true&per_page=1&q=email:new-*&search_engine=v3").await;
        assert_eq!(all["total"], self.there);
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}

/// How many events of a type there are about somebody.
async fn events(admin: &Admin, code: &str, email: &str) -> usize {
    let events = admin.get(&format!("logs?q=type:{code}%20AND%20user_name:%22{email}%22")).await;
    events.as_array().expect("a list of events").len()
}

/// People who sign in for the first time and whose password the source knows.
pub(super) struct Movers {
    source: LyingSource,
    application: Application,
    number: u64,
    /// Since the last check.
    acknowledged: Vec<String>,
    in_doubt: Option<String>,
    count: u64,
}

impl Movers {
    pub(super) fn from(source: LyingSource, application: Application) -> Self {
        Movers { source, application, number: 0, acknowledged: Vec::new(), in_doubt: None, count: 0 }
    }

    fn source_knows(&self, email: &str) {
        let id = format!("auth0|{:024x}", self.number);
        self.source.says(self.source.right(&id, email));
    }

    /// The source is not needed any more.
    async fn check_has_moved(&self, admin: &Admin, email: &str) {
        self.source.says(Says::HangUp);
        assert_eq!(admin.users_by_email(email).await.len(), 1, "{email} is lost");
        assert!(lets_in(&self.application, email, PASSWORD).await, "{email} has not moved");
    }
}

impl Writing for Movers {
    async fn write(&mut self) -> Result<(), Cut> {
        self.number += 1;
        let email = format!("mover-{}@example.com", self.number);
        self.in_doubt = Some(email.clone());
        self.source_knows(&email);
        self.application.try_type_in(&email, PASSWORD).await?.expect(303);
        self.acknowledged.extend(self.in_doubt.take());
        self.count += 1;
        Ok(())
    }

    async fn check(&mut self, admin: &Admin) {
        if let Some(email) = self.in_doubt.take() {
            // Whoever is there has come as a whole, and needs no source.
            if admin.users_by_email(&email).await.is_empty() {
                self.source_knows(&email);
                assert!(lets_in(&self.application, &email, PASSWORD).await, "{email} cannot move any more");
            }
            self.check_has_moved(admin, &email).await;
        }
        let acknowledged = std::mem::take(&mut self.acknowledged);
        for email in &acknowledged {
            assert_eq!(admin.users_by_email(email).await.len(), 1, "{email} is lost");
        }
        if let Some(last) = acknowledged.last() {
            self.check_has_moved(admin, last).await;
        }
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}

/// The password of one person, changed by an operator.
pub(super) struct Passwords {
    admin: Admin,
    application: Application,
    user: String,
    number: u64,
    before: Option<String>,
    now: String,
    in_doubt: Option<String>,
    count: u64,
}

const CHANGING: &str = "changing@example.com";

impl Passwords {
    pub(super) async fn of(admin: &Admin, application: &Application) -> Self {
        let user: Value = admin.user(CONNECTION, CHANGING, &json!({})).await;
        Passwords {
            admin: admin.clone(),
            application: application.clone(),
            user: user_path(user["user_id"].as_str().expect("an id")),
            number: 0,
            before: None,
            now: PASSWORD.to_owned(),
            in_doubt: None,
            count: 0,
        }
    }
}

impl Writing for Passwords {
    async fn write(&mut self) -> Result<(), Cut> {
        self.number += 1;
        let next = format!("{PASSWORD}-{}", self.number);
        self.in_doubt = Some(next.clone());
        let body = json!({ "password": next, "connection": CONNECTION });
        self.admin.try_call(Method::PATCH, &self.user, Some(&body)).await?.expect(200);
        self.in_doubt = None;
        self.before = Some(std::mem::replace(&mut self.now, next));
        self.count += 1;
        Ok(())
    }

    async fn check(&mut self, admin: &Admin) {
        self.admin = admin.clone();
        if let Some(before) = &self.before {
            assert!(!lets_in(&self.application, CHANGING, before).await, "a former password is good again");
        }
        if let Some(next) = self.in_doubt.take() {
            let was_changed = lets_in(&self.application, CHANGING, &next).await;
            assert_ne!(lets_in(&self.application, CHANGING, &self.now).await, was_changed, "two passwords, or none");
            if was_changed {
                self.before = Some(std::mem::replace(&mut self.now, next));
            }
        }
        assert!(lets_in(&self.application, CHANGING, &self.now).await, "the password is lost");
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}
