//! Moves that meet each other, or somebody who changes the person meanwhile.

use std::sync::Arc;

use futures_util::future::join_all;
use model::UserId;
use serde_json::json;
use testkit::source::{Lie, Question, ada};
use testkit::{App, for_each_deployment, native};
use tokio::sync::Barrier;

use super::{ADA, EMAIL, Move, PASSWORD, assert_native, ready};
use crate::site::{assert_page, claims};

/// G-02.
const ROUNDS: usize = 100;
const AT_ONCE: usize = 50;

/// The same person's first sign-in from many browsers, all of them at the source at the same moment.
async fn first_sign_ins(moving: &Move, nodes: &[App; 2], user: &serde_json::Value) {
    moving.source.knows(user, moving.app.now());
    let claims = json!({"sub": user["user_id"], "email": user["email"]});
    let truth = moving.source.tokens(&claims, moving.app.now());
    moving.source.on(Question::Password, Lie::Together(Arc::new(Barrier::new(AT_ONCE)), Box::new(truth)));
    let sign_ins = (0..AT_ONCE).map(|index| {
        let node = nodes[index % 2].clone();
        async move {
            let (mut browser, form) = ready(moving, &node).await;
            let form = form.fill("username", user["email"].as_str().unwrap());
            browser.submit(&form).await.answer().code().to_owned()
        }
    });
    let codes = join_all(sign_ins).await;
    for code in [&codes[0], &codes[AT_ONCE - 1]] {
        let tokens = moving.client.exchange(&nodes[1], code).await;
        assert_eq!(super::claims(&tokens.text("id_token"))["sub"], user["user_id"]);
    }
}

async fn check_one_person(seeded: bool) {
    for_each_deployment(async |nodes| {
        let moving = Move::with(nodes[0].clone(), |source| source.max_concurrency = 100).await;
        for round in 0..ROUNDS {
            let mut user = ada(&format!("auth0|round{round}"));
            user["email"] = json!(format!("round{round}@x.io"));
            user["username"] = json!(null);
            if seeded {
                let credential = model::user::PasswordCredential::Source { source: "old".into() };
                let (id, email) = (user["user_id"].as_str().unwrap(), user["email"].as_str().unwrap());
                moving.app.add_user(&moving.connection, id, email, Some(credential)).await;
            }
            first_sign_ins(&moving, &nodes, &user).await;
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
