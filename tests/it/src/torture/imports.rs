//! An operator who uploads files of people.

use std::time::Duration;

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{Cut, Writing, lets_in};
use crate::harness::{Admin, Answer, Application, http, until};

/// More than two batches, so that a kill meets files that are in the database in part.
const PEOPLE: u64 = 9_000;

/// Every so many have a password: with one for each, the file would be too large.
const PER_PASSWORD: u64 = 1_000;
const PASSWORD: &str = "correct horse battery";
const HASH: &str = "$2b$04$xs1akFNcyzxZtCgGAXYHGOLUAHnL7t0nc8gCOnYIdequNHD4LBE7m";

const BOUNDARY: &str = "----file";

/// A job is anybody's two minutes after its process has died, and may be killed again in each of its batches.
const LONGEST: Duration = Duration::from_mins(10);

/// Files that are uploaded, one after another.
pub(super) struct Imports {
    admin: Admin,
    application: Application,
    connection_id: String,
    http: reqwest::Client,
    number: u64,
    under_way: Option<Import>,
    /// Files of which everybody is said to be there, since the last check.
    done: Vec<u64>,
    /// A file of which nobody knows whether it was taken.
    in_doubt: Option<u64>,
    count: u64,
}

/// A file that was taken.
struct Import {
    number: u64,
    job: String,
}

impl Imports {
    pub(super) fn of(admin: &Admin, application: &Application, connection_id: &str) -> Self {
        Imports {
            admin: admin.clone(),
            application: application.clone(),
            connection_id: connection_id.to_owned(),
            http: http(),
            number: 0,
            under_way: None,
            done: Vec::new(),
            in_doubt: None,
            count: 0,
        }
    }

    async fn upload(&mut self) -> Result<(), Cut> {
        self.number += 1;
        self.in_doubt = Some(self.number);
        let request = self
            .http
            .post(self.application.url("api/v2/jobs/users-imports"))
            .bearer_auth(self.admin.token())
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .body(form(&[("connection_id", &self.connection_id), ("users", &file(self.number))]));
        let answer = Answer::try_of(request).await?;
        self.in_doubt = None;
        // Files of which nobody knows may be under way.
        if answer.status == 429 {
            return Ok(());
        }
        let job = answer.expect(202).json()["id"].as_str().expect("an id").to_owned();
        self.under_way = Some(Import { number: self.number, job });
        self.count += 1;
        Ok(())
    }

    /// How many of a file are said to be there, and whether that is everybody.
    async fn inserted(&self, admin: &Admin, import: &Import) -> (u64, bool) {
        let job = admin.get(&import.path()).await;
        assert_ne!(job["status"], "failed", "{job}");
        assert!(job["summary"]["failed"].as_u64().unwrap_or(0) == 0, "{job}");
        (job["summary"]["inserted"].as_u64().unwrap_or(0), job["status"] == "completed")
    }

    async fn check_done(&self, admin: &Admin, number: u64) {
        assert_eq!(there(admin, number).await, PEOPLE, "not everybody of file {number} is there once");
        for person in [0, PEOPLE - PER_PASSWORD] {
            let email = email(number, person);
            assert!(lets_in(&self.application, &email, PASSWORD).await, "{email} has no password");
        }
    }

    /// Waits until everybody is there of the file that is under way, if any is.
    pub(super) async fn finish(&mut self, admin: &Admin) {
        let Some(import) = self.under_way.take() else { return };
        let ended = async || self.inserted(admin, &import).await.1.then_some(());
        until("a file that was taken is imported", LONGEST, ended).await;
        self.check_done(admin, import.number).await;
    }
}

impl Import {
    fn path(&self) -> String {
        format!("jobs/{}", self.job)
    }
}

impl Writing for Imports {
    async fn write(&mut self) -> Result<(), Cut> {
        let Some(import) = &self.under_way else { return self.upload().await };
        let job = self.admin.try_call(Method::GET, &import.path(), None).await?.expect(200).json();
        if job["status"] == "completed" {
            self.done.extend(self.under_way.take().map(|import| import.number));
        }
        Ok(())
    }

    async fn check(&mut self, admin: &Admin) {
        self.admin = admin.clone();
        for number in std::mem::take(&mut self.done) {
            self.check_done(admin, number).await;
        }
        if let Some(import) = &self.under_way {
            // People and how many they are said to be are of one write, so it makes no difference whether it goes on.
            let (before, _) = self.inserted(admin, import).await;
            let there = there(admin, import.number).await;
            let (after, _) = self.inserted(admin, import).await;
            assert!(before <= there && there <= after, "{there} are there, and {before} to {after} are said to be");
        }
        if let Some(number) = self.in_doubt.take() {
            assert!(there(admin, number).await <= PEOPLE, "somebody of file {number} is there twice");
        }
    }

    fn acknowledged(&self) -> u64 {
        self.count
    }
}

/// How many people of a file there are.
async fn there(admin: &Admin, number: u64) -> u64 {
    let all = admin.get(&format!("users?include_totals=true&per_page=1&q=email:f{number}-*&search_engine=v3")).await;
    all["total"].as_u64().expect("a number")
}

fn email(number: u64, person: u64) -> String {
    format!("f{number}-{person}@x.io")
}

fn file(number: u64) -> String {
    let row = |person: u64| {
        let mut row = json!({ "email": email(number, person) });
        if person.is_multiple_of(PER_PASSWORD) {
            row["password_hash"] = HASH.into();
        }
        row
    };
    (0..PEOPLE).map(row).collect::<Value>().to_string()
}

fn form(parts: &[(&str, &str)]) -> String {
    let part = |(name, content): &(&str, &str)| {
        let file = if *name == "users" { "; filename=\"users.json\"" } else { "" };
        format!("--{BOUNDARY}\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    };
    parts.iter().map(part).collect::<String>() + &format!("--{BOUNDARY}--\r\n")
}
