//! Nobody signs up in the place of somebody who has not moved yet.

use serde_json::json;
use testkit::source::{Lie, Question};
use testkit::{App, Visit};

use super::{EMAIL, Move};
use crate::site::assert_page;

async fn sign_up(moving: &Move, email: &str) -> Visit {
    let mut browser = moving.app.browser();
    let form = browser.authorize(&moving.client.request().with("screen_hint", "signup")).await.page().form();
    browser.submit(&form.fill("email", email).fill("password", "Tr1cky enough")).await
}

#[tokio::test]
async fn an_address_that_is_known_at_the_source_is_taken() {
    let moving = Move::new().await;
    let before = moving.app.dump().await;
    assert_page(sign_up(&moving, EMAIL).await, 400, "This address already has an account");
    moving.assert_nobody_moved(&before, false).await;
    moving.source.on(Question::UsersByEmail, Lie::json(200, json!([])));
    sign_up(&moving, "new@x.io").await.answer().code();
}

#[tokio::test]
async fn while_the_source_cannot_be_asked_nobody_signs_up() {
    let moving = Move::new().await;
    moving.source.on(Question::UsersByEmail, Lie::json(503, json!({})));
    let before = moving.app.dump().await;
    let page = sign_up(&moving, "new@x.io").await.page();
    assert_eq!(page.status, 503, "{}", page.html);
    moving.assert_nobody_moved(&before, false).await;
}

#[tokio::test]
async fn a_source_that_is_not_looked_into_is_not_asked() {
    let moving = Move::with(App::new().await, |source| source.just_in_time = false).await;
    sign_up(&moving, "new@x.io").await.answer().code();
    assert!(moving.source.seen().is_empty());
}
