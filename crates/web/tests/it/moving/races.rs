//! Moves that meet each other, or somebody who changes the person meanwhile.

use std::sync::Arc;

use futures_util::future::join_all;
use model::UserId;
use model::user::PasswordCredential;
use serde_json::{Value, json};
use testkit::source::{Lie, Question, ada};
use testkit::{App, Browser, Form, for_each_deployment, native};
use tokio::sync::Barrier;

use super::{ADA, EMAIL, Move, PASSWORD, assert_native};
use crate::site::{assert_page, claims};

/// G-02.
const ROUNDS: usize = 100;
const AT_ONCE: usize = 50;

/// Browsers with the login page open, served by each node in turn. A page may be used again until it expires.
async fn browsers(moving: &Move, nodes: &[App; 2]) -> Vec<(Browser, Form)> {
    let mut browsers = Vec::new();
    for index in 0..AT_ONCE {
        let mut browser = moving.app.browser().on(&nodes[index % 2]);
        let form = browser.authorize(&moving.client.request()).await.page().form();
        browsers.push((browser, form.fill("password", PASSWORD)));
    }
    browsers
}

/// The same person's first sign-in from many browsers, all of them at the source at the same moment.
async fn first_sign_ins(moving: &Move, browsers: &mut [(Browser, Form)], user: &Value) {
    moving.source.knows(user, moving.app.now());
    let truth = moving.source.tokens(&json!({"sub": user["user_id"], "email": user["email"]}), moving.app.now());
    moving.source.on(Question::Password, Lie::Together(Arc::new(Barrier::new(AT_ONCE)), Box::new(truth)));
    let email = user["email"].as_str().unwrap();
    let sign_ins = browsers.iter_mut().map(|(browser, form)| {
        let form = form.clone().fill("username", email);
        async move { browser.submit(&form).await.answer().code().to_owned() }
    });
    let codes = join_all(sign_ins).await;
    for code in [&codes[0], &codes[AT_ONCE - 1]] {
        let tokens = moving.client.exchange(&moving.app, code).await;
        assert_eq!(claims(&tokens.text("id_token"))["sub"], user["user_id"]);
    }
}

async fn check_one_person(seeded: bool) {
    for_each_deployment(async |nodes| {
        let moving = Move::with(nodes[0].clone(), |source| source.max_concurrency = 100).await;
        let mut browsers = browsers(&moving, &nodes).await;
        for round in 0..ROUNDS {
            let (id, email) = (format!("auth0|round{round}"), format!("round{round}@x.io"));
            let mut user = ada(&id);
            user["email"] = json!(email);
            user["username"] = Value::Null;
            if seeded {
                let credential = PasswordCredential::Source { source: "old".into() };
                moving.app.add_user(&moving.connection, &id, &email, Some(credential)).await;
            }
            first_sign_ins(&moving, &mut browsers, &user).await;
        }
        let dump = moving.app.dump().await;
        for table in ["users", "identities", "passwords"] {
            assert_eq!(dump.rows(table).len(), ROUNDS, "{table}");
        }
        assert_eq!(moving.app.events_of("migrated").await.len(), ROUNDS);
        assert!(dump.rows("failed_logins").is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mg_04_many_first_sign_ins_at_once_make_one_person() {
    check_one_person(false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mg_04_many_first_sign_ins_of_somebody_in_the_directory_move_them_once() {
    check_one_person(true).await;
}

/// Somebody signs in for the first time, and while the source thinks, `meanwhile` happens.
async fn interrupted(moving: &Move, meanwhile: impl AsyncFnOnce()) -> testkit::Visit {
    let barrier = Arc::new(Barrier::new(2));
    let truth = moving.source.tokens(&json!({"sub": ADA, "email": EMAIL}), moving.app.now());
    moving.source.on(Question::Password, Lie::Together(Arc::clone(&barrier), Box::new(truth)));
    let (visit, ()) = tokio::join!(moving.log_in(PASSWORD), async {
        while moving.asked() == 0 {
            tokio::task::yield_now().await;
        }
        meanwhile().await;
        barrier.wait().await;
    });
    visit
}

#[tokio::test]
async fn a_password_that_was_changed_meanwhile_stays() {
    let moving = Move::new().await;
    let id = moving.seed().await;
    let new = native("The new passw0rd");
    let visit = interrupted(&moving, async || moving.app.change_password(&id, &new).await).await;
    assert_page(visit, 400, "Wrong email or password");
    assert_eq!(moving.password().await, Some(new));
    assert!(moving.app.dump().await.rows("sessions").is_empty());
    assert!(moving.app.events_of("migrated").await.is_empty());
    moving.sign_in("The new passw0rd").await;
}

#[tokio::test]
async fn whoever_is_deleted_meanwhile_stays_away() {
    let moving = Move::new().await;
    let id = moving.seed().await;
    let visit = interrupted(&moving, async || moving.app.delete_user(&id).await).await;
    assert_page(visit, 400, "Wrong email or password");
    let dump = moving.app.dump().await;
    assert!(dump.rows("users").is_empty() && dump.rows("sessions").is_empty());
}

#[tokio::test]
async fn whoever_is_blocked_meanwhile_is_not_let_in() {
    let moving = Move::new().await;
    let id = moving.seed().await;
    let block = async || moving.app.change_user(&id, |user| user.blocked = Some(true)).await;
    assert_page(interrupted(&moving, block).await, 403, "This account is blocked");
    assert!(moving.app.dump().await.rows("sessions").is_empty());
}

#[tokio::test]
async fn somebody_who_is_imported_meanwhile_is_found_by_their_identity() {
    let moving = Move::new().await;
    let visit = interrupted(&moving, async || drop(moving.seed().await)).await;
    let tokens = moving.client.exchange(&moving.app, visit.answer().code()).await;
    assert_eq!(claims(&tokens.text("id_token"))["sub"], ADA);
    assert_native(moving.password().await);
    assert_eq!(moving.app.events_of("migrated").await.len(), 1);
    assert!(moving.app.find_user(&UserId::new(ADA)).await.is_some());
}
