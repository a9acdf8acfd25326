//! The broker, the applications and the people of a sequence, and the calls that they make.

use std::cell::Cell;
use std::collections::BTreeMap;

use bytes::Bytes;
use reqwest::Method;
use serde_json::{Value, json};

use super::command::Command;
use super::model::{APPLICATIONS, Expected, Model, PEOPLE, Rotation, place};
use crate::harness::{Admin, Answer, Application, Broker, Browser, Engine, Installation, PASSWORD, Tokens, user_path};

const CONNECTION: &str = "people";
const API: &str = "https://orders.example/";
const SIGNED_OUT: &str = "https://app.example/signed-out";

/// Another answer than the model's.
pub(super) struct Mismatch(pub(super) String);

type Checked = Result<(), Mismatch>;

/// What all sequences share.
pub(super) struct Stage {
    broker: Broker,
    admin: Admin,
    applications: Vec<Application>,
    /// So that each sequence has people of its own.
    people: Cell<usize>,
}

impl Stage {
    pub(super) async fn set(engine: Engine) -> Self {
        let broker = Installation::new(engine).start().await;
        let admin = Admin::of(&broker).await;
        let connection = admin.connection(CONNECTION).await;
        admin.post("resource-servers", &json!({ "identifier": API, "allow_offline_access": true })).await;
        let mut applications = Vec::new();
        for rotation in APPLICATIONS {
            applications.push(application(&admin, &connection, rotation).await);
        }
        Stage { broker, admin, applications, people: Cell::new(0) }
    }

    pub(super) async fn strike(self) {
        self.broker.stop().await;
    }

    /// Plays a sequence to its end, or to the first answer that is another than predicted. Returns how many calls were
    /// made.
    pub(super) async fn play(&self, sequence: &[Command]) -> Result<u64, Mismatch> {
        let mut play = Play::begin(self).await;
        let mut calls = 0;
        for command in sequence {
            let expected = play.model.apply(*command);
            if expected != Expected::NoCall {
                calls += 1;
                let said = |Mismatch(why): Mismatch| Mismatch(format!("{command:?}, expected {expected:?}: {why}"));
                play.act(*command, expected).await.map_err(said)?;
            }
        }
        Ok(calls)
    }

    async fn person(&self) -> Person {
        let number = self.people.replace(self.people.get() + 1);
        let email = format!("person-{number}@example.com");
        let user = self.admin.user(CONNECTION, &email, &json!({})).await;
        let path = user_path(user["user_id"].as_str().expect("an id"));
        Person { email, path, password: PASSWORD.to_owned(), former: PASSWORD.to_owned() }
    }
}

/// One of them asks for an API, so that its access tokens are JWTs.
async fn application(admin: &Admin, connection: &str, rotation: Rotation) -> Application {
    let refresh_token = |rotation: &str, leeway: Option<u32>| {
        let mut settings = json!({ "rotation_type": rotation, "expiration_type": "expiring" });
        if let Some(leeway) = leeway {
            settings["leeway"] = leeway.into();
        }
        json!({ "refresh_token": settings })
    };
    let mut more = match rotation {
        Rotation::None => json!({ "grant_types": ["authorization_code"] }),
        Rotation::Kept => refresh_token("non-rotating", None),
        Rotation::UntilSeen => refresh_token("rotating", None),
        Rotation::Strict => refresh_token("rotating", Some(0)),
        Rotation::Lenient => refresh_token("rotating", Some(3600)),
    };
    more["allowed_logout_urls"] = json!([SIGNED_OUT]);
    let application = admin.application(connection, &more).await;
    let audience = (rotation == Rotation::Lenient).then(|| API.to_owned());
    Application { audience, ..application }
}

struct Person {
    email: String,
    path: String,
    password: String,
    former: String,
}

/// One sequence: what the model knows by number, as it really is.
struct Play<'a> {
    stage: &'a Stage,
    model: Model,
    people: Vec<Person>,
    browsers: Vec<Browser>,
    /// The answers that brought them.
    codes: Vec<Answer>,
    refresh_tokens: Vec<String>,
    access_tokens: Vec<Tokens>,
    /// What each refresh token was exchanged for.
    answers: BTreeMap<usize, Bytes>,
}

impl<'a> Play<'a> {
    async fn begin(stage: &'a Stage) -> Self {
        let mut people = Vec::new();
        for _ in 0..PEOPLE {
            people.push(stage.person().await);
        }
        Play {
            stage,
            model: Model::new(),
            people,
            browsers: Vec::new(),
            codes: Vec::new(),
            refresh_tokens: Vec::new(),
            access_tokens: Vec::new(),
            answers: BTreeMap::new(),
        }
    }

    async fn act(&mut self, command: Command, expected: Expected) -> Checked {
        match command {
            Command::SignIn { person, application } => {
                let password = self.people[person].password.clone();
                self.sign_in(person, application, &password, expected).await
            }
            Command::SignInAsBefore { person } => {
                let password = self.people[person].former.clone();
                self.sign_in(person, 0, &password, expected).await
            }
            Command::AskSilently { browser, application } => self.ask_silently(browser, application, expected).await,
            Command::Exchange { code } => {
                let code = place(code, self.codes.len()).expect("the model has one");
                let application = &self.stage.applications[self.model.application_of_code(code)];
                let answer = application.exchange(&self.codes[code]).await;
                self.take(&answer, expected, None)
            }
            Command::Refresh { token } => {
                let token = self.refresh_token(token);
                let answer = self.owner_of(token).refresh(&self.refresh_tokens[token]).await;
                self.take(&answer, expected, Some(token))
            }
            Command::RefreshByAnother { token } => {
                let token = self.refresh_token(token);
                let answer = self.another_than_owner_of(token).refresh(&self.refresh_tokens[token]).await;
                self.take(&answer, expected, Some(token))
            }
            Command::Userinfo { access } => self.userinfo(access, expected).await,
            Command::IntrospectRefresh { .. }
            | Command::IntrospectAccess { .. }
            | Command::RevokeRefresh { .. }
            | Command::RevokeAccess { .. }
            | Command::RevokeByAnother { .. } => self.ask_about(command, expected).await,
            Command::Block { person } => self.change(person, json!({ "blocked": true })).await,
            Command::Unblock { person } => self.change(person, json!({ "blocked": false })).await,
            Command::ChangePassword { person } => self.change_password(person).await,
            Command::Delete { person } => {
                let answer = self.stage.admin.call(Method::DELETE, &self.people[person].path, None).await;
                check_status(&answer, 204)
            }
            Command::LogOut { browser } => self.log_out(browser).await,
        }
    }

    fn refresh_token(&self, recent: usize) -> usize {
        place(recent, self.refresh_tokens.len()).expect("the model has one")
    }

    fn access_token(&self, recent: usize) -> usize {
        place(recent, self.access_tokens.len()).expect("the model has one")
    }

    fn owner_of(&self, token: usize) -> &'a Application {
        &self.stage.applications[self.model.application_of_refresh(token)]
    }

    /// Only those that have refresh tokens may ask with one at all; all but the last of them.
    fn another_than_owner_of(&self, token: usize) -> &'a Application {
        &self.stage.applications[(self.model.application_of_refresh(token) + 1) % (APPLICATIONS.len() - 1)]
    }

    async fn sign_in(&mut self, person: usize, application: usize, password: &str, expected: Expected) -> Checked {
        let mut browser = Browser::new();
        let page = self.stage.applications[application].open(&mut browser).await;
        let answer = page.submit(&mut browser, &self.people[person].email, password).await;
        if expected == Expected::LoginRefused {
            return check(matches!(answer.status, 400 | 403) && answer.notice().is_some(), &answer);
        }
        check(answer.status == 303 && answer.redirect_params().contains_key("code"), &answer)?;
        self.browsers.push(browser);
        self.codes.push(answer);
        Ok(())
    }

    async fn ask_silently(&mut self, browser: usize, application: usize, expected: Expected) -> Checked {
        let browser = place(browser, self.browsers.len()).expect("the model has one");
        let url = self.stage.applications[application].authorization_url(&[("prompt", "none")]);
        let answer = self.browsers[browser].get(&url).await;
        check_status(&answer, 302)?;
        let params = answer.redirect_params();
        if expected == Expected::LoginRequired {
            return check(params.get("error").is_some_and(|error| error == "login_required"), &answer);
        }
        check(params.contains_key("code"), &answer)?;
        self.codes.push(answer);
        Ok(())
    }

    /// An answer of the token endpoint; to this refresh token, where it is to one.
    fn take(&mut self, answer: &Answer, expected: Expected, token: Option<usize>) -> Checked {
        match expected {
            Expected::Issued { refresh } => {
                check_status(answer, 200)?;
                let tokens = Tokens(answer.json());
                check(tokens.0["access_token"].is_string(), answer)?;
                check(tokens.0["refresh_token"].is_string() == refresh, answer)?;
                if refresh {
                    self.refresh_tokens.push(tokens.refresh_token().to_owned());
                }
                self.access_tokens.push(tokens);
                self.answers.extend(token.map(|token| (token, answer.body.clone())));
                Ok(())
            }
            Expected::Repeated => {
                check_status(answer, 200)?;
                let before = token.and_then(|token| self.answers.get(&token));
                check(before == Some(&answer.body), answer)
            }
            _ => {
                check_status(answer, 400)?;
                check(answer.error() == "invalid_grant", answer)
            }
        }
    }

    async fn userinfo(&self, access: usize, expected: Expected) -> Checked {
        let access = self.access_token(access);
        let application = &self.stage.applications[self.model.application_of_access(access)];
        let answer = application.userinfo(&self.access_tokens[access]).await;
        check_status(&answer, if expected == Expected::Told(true) { 200 } else { 401 })
    }

    async fn ask_about(&self, command: Command, expected: Expected) -> Checked {
        let (path, application, token) = match command {
            Command::IntrospectRefresh { token } => {
                ("oauth/introspect", self.owner_of(self.refresh_token(token)), token)
            }
            Command::RevokeRefresh { token } => ("oauth/revoke", self.owner_of(self.refresh_token(token)), token),
            Command::RevokeByAnother { token } => {
                ("oauth/revoke", self.another_than_owner_of(self.refresh_token(token)), token)
            }
            Command::IntrospectAccess { access } => ("oauth/introspect", self.holder_of(access), access),
            Command::RevokeAccess { access } => ("oauth/revoke", self.holder_of(access), access),
            other => unreachable!("{other:?} is about no token"),
        };
        let is_access = matches!(command, Command::IntrospectAccess { .. } | Command::RevokeAccess { .. });
        let token = if is_access {
            self.access_tokens[self.access_token(token)].access_token()
        } else {
            &self.refresh_tokens[self.refresh_token(token)]
        };
        let answer = application.post(path, &[("token", token)]).await;
        check_status(&answer, 200)?;
        match expected {
            Expected::Active(is_active) => check(answer.json()["active"] == is_active, &answer),
            _ => Ok(()),
        }
    }

    fn holder_of(&self, access: usize) -> &'a Application {
        &self.stage.applications[self.model.application_of_access(self.access_token(access))]
    }

    async fn change(&self, person: usize, change: Value) -> Checked {
        let answer = self.stage.admin.call(Method::PATCH, &self.people[person].path, Some(&change)).await;
        check_status(&answer, 200)
    }

    async fn change_password(&mut self, person: usize) -> Checked {
        let fresh = format!("{}-again", self.people[person].password);
        self.change(person, json!({ "password": fresh, "connection": CONNECTION })).await?;
        self.people[person].former = std::mem::replace(&mut self.people[person].password, fresh);
        Ok(())
    }

    /// By a copy, so that the browser still has the cookie of the session that has to have ended.
    async fn log_out(&self, browser: usize) -> Checked {
        let mut copy = self.browsers[place(browser, self.browsers.len()).expect("the model has one")].clone();
        let application = &self.stage.applications[0];
        let query = format!("client_id={}&returnTo={SIGNED_OUT}", application.client_id);
        let answer = copy.get(&application.url(&format!("v2/logout?{query}"))).await;
        check_status(&answer, 302)
    }
}

fn check(holds: bool, answer: &Answer) -> Checked {
    if holds { Ok(()) } else { Err(Mismatch(format!("{}, {}", answer.status, answer.text()))) }
}

fn check_status(answer: &Answer, expected: u16) -> Checked {
    check(answer.status == expected, answer)
}
