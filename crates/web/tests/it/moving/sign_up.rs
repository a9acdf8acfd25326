//! Nobody signs up in the place of somebody who has not moved yet.

use axum::body::Body;
use http::{Request, header};
use model::connection::{Connection, Source, SourceKind};
use serde_json::{Value, json};
use testkit::source::{Lie, Question};
use testkit::{Answer, App, Visit, native};

use super::{EMAIL, Move};
use crate::site::{PASSWORD, assert_page};

async fn sign_up(moving: &Move, email: &str) -> Visit {
    let mut browser = moving.app.browser();
    let form = browser.authorize(&moving.client.request().with("screen_hint", "signup")).await.page().form();
    browser.submit(&form.fill("email", email).fill("password", "Tr1cky enough")).await
}

/// Signs up without a page, with these properties besides.
async fn sign_up_with(moving: &Move, said: &Value) -> Answer {
    let mut body = json!({
        "client_id": moving.client.client_id.as_str(), "connection": moving.connection.name,
        "email": "new@x.io", "password": "Tr1cky enough",
    });
    body.as_object_mut().unwrap().extend(said.as_object().unwrap().clone());
    let request = Request::post("/dbconnections/signup").header(header::CONTENT_TYPE, "application/json");
    moving.app.call(request.body(Body::from(body.to_string())).unwrap()).await
}

fn hide_profiles(source: &mut Source) {
    let SourceKind::Auth0 { read_profiles, .. } = &mut source.kind;
    *read_profiles = false;
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

/// Where people may be at the source whom nobody can ask about by their address, any address may be one of theirs.
#[tokio::test]
async fn mg_03_lk_07_nobody_signs_up_where_the_source_may_hide_people() {
    let moving = Move::new().await;
    let request = moving.client.request().with("screen_hint", "signup");
    let mut browser = moving.app.browser();
    let form = browser.authorize(&request).await.page().form().fill("password", "Tr1cky enough");
    let hide = |connection: &mut Connection| hide_profiles(connection.source.as_mut().unwrap());
    moving.app.change_connection(&moving.connection.id, hide).await;
    for email in [EMAIL, "new@x.io"] {
        let before = moving.app.dump().await;
        let mut late = browser.clone();
        assert_page(late.submit(&form.clone().fill("email", email)).await, 403, "Sign-up is closed");
        assert_eq!(late.cookie("session"), None, "{email}");
        moving.app.assert_unchanged_since(&before).await;
    }
    let login = moving.app.browser().authorize(&moving.client.request()).await.page();
    assert!(login.links().iter().all(|link| !link.contains("signup")), "{}", login.html);
    assert_page(moving.app.browser().authorize(&request).await, 403, "Sign-up is closed");
    assert!(moving.source.seen().is_empty(), "{:?}", moving.source.seen());
    // Whoever is there moves in by signing in.
    moving.sign_in(PASSWORD).await;
}

/// The source can be asked who has an address, and not who has a user name.
#[tokio::test]
async fn mg_03_lk_07_nobody_takes_the_user_name_of_somebody_who_has_yet_to_move() {
    let moving = Move::new().await;
    moving.source.on(Question::UsersByEmail, Lie::json(200, json!([])));
    for username in ["countess", "anything"] {
        let before = moving.app.dump().await;
        let refused = sign_up_with(&moving, &json!({ "username": username })).await;
        assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (400, Some("invalid_request")));
        moving.app.assert_unchanged_since(&before).await;
    }
    assert!(moving.source.seen().is_empty(), "{:?}", moving.source.seen());
    assert_eq!(sign_up_with(&moving, &json!({})).await.status, 200);
    moving.log_in_as("countess", PASSWORD).await.answer().code();
}

#[tokio::test]
async fn whoever_signs_up_chooses_a_user_name_where_nobody_has_yet_to_move_by_it() {
    let moving = Move::with(App::new().await, |source| source.just_in_time = false).await;
    assert_eq!(sign_up_with(&moving, &json!({ "username": "countess" })).await.status, 200);
    moving.log_in_as("countess", "Tr1cky enough").await.answer().code();
}

#[tokio::test]
async fn a_source_hides_nobody_while_it_is_not_looked_into() {
    let changes: [fn(&mut Source); 2] = [|source| source.just_in_time = false, |source| source.enabled = false];
    for change in changes {
        let moving = Move::with(App::new().await, |source| {
            hide_profiles(source);
            change(source);
        });
        let moving = moving.await;
        sign_up(&moving, "new@x.io").await.answer().code();
        assert!(moving.source.seen().is_empty());
    }
}

#[tokio::test]
async fn what_our_own_directory_knows_costs_the_source_no_question() {
    let moving = Move::new().await;
    let eve = moving.app.add_user(&moving.connection, "auth0|eve", "eve@x.io", Some(native(PASSWORD))).await;
    let before = moving.app.dump().await;
    for spelling in ["eve@x.io", "EVE@X.io"] {
        assert_page(sign_up(&moving, spelling).await, 400, "This address already has an account");
    }
    moving.assert_nobody_moved(&before, false).await;
    assert_page(moving.log_in_as("eve@x.io", "wrong").await, 400, "Wrong email or password");
    moving.log_in_as("eve@x.io", PASSWORD).await.answer().code();
    assert_eq!(moving.app.find_user(&eve).await.unwrap().logins_count, 1);
    assert!(moving.source.seen().is_empty(), "{:?}", moving.source.seen());
}

/// Anybody can have the source's directory asked, without end, by signing up.
#[tokio::test]
async fn sign_ups_do_not_stop_people_from_moving() {
    let limited = Lie::json(429, json!({})).with_header("Retry-After", "600");
    for lie in [Lie::json(503, json!({})), Lie::HangUp, limited] {
        let moving = Move::with(App::new().await, |source| source.breaker_failures = 1).await;
        moving.source.on(Question::UsersByEmail, lie.clone());
        let before = moving.app.dump().await;
        for _ in 0..3 {
            assert_eq!(sign_up(&moving, "new@x.io").await.page().status, 503, "{lie:?}");
        }
        moving.assert_nobody_moved(&before, false).await;
        assert_eq!(moving.source.asked(Question::UsersByEmail).len(), 1, "{lie:?}");
        moving.sign_in(PASSWORD).await;
    }
}
