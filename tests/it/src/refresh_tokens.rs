//! One refresh token, presented a hundred times at once: nobody is signed out by it, and nobody gets two successors.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::{Admin, Answer, Application, Engine, Installation, PASSWORD, Tokens, on_each_engine};

const REPEATS: usize = 100;
const EMAIL: &str = "ada@example.com";

on_each_engine! {
    a_hundred_at_once_get_one_answer,
    without_leeway_one_of_a_hundred_wins,
    a_repeat_within_the_leeway_is_answered_although_the_successor_was_seen,
    another_client_with_the_token_ends_the_family,
}

/// Presents the token a hundred times at once, at these nodes in turn.
async fn all_at_once(nodes: &[Application], refresh_token: &str) -> Vec<Answer> {
    join_all((0..REPEATS).map(|number| nodes[number % nodes.len()].refresh(refresh_token))).await
}

fn refresh_token(answer: &Answer) -> String {
    Tokens(answer.json()).refresh_token().to_owned()
}

/// What holds for repeats until the successor is used, and what holds afterwards.
async fn check_one_answer(nodes: &[Application]) {
    let application = &nodes[0];
    let first = application.sign_in(EMAIL, PASSWORD).await.refresh_token().to_owned();
    let answers = all_at_once(nodes, &first).await;
    let bodies: BTreeSet<_> = answers.into_iter().map(|answer| answer.expect(200).body).collect();
    // Still the same answer, for whoever lost it.
    let again = application.refresh(&first).await.expect(200);
    assert_eq!(bodies, BTreeSet::from([again.body.clone()]), "there are several successors");

    let second = refresh_token(&again);
    let third = refresh_token(&application.refresh(&second).await.expect(200));
    assert_ne!(third, second);
    for token in [&first, &second, &third] {
        let refused = application.refresh(token).await.expect(400);
        assert_eq!(refused.error(), "invalid_grant");
    }
}

async fn a_hundred_at_once_get_one_answer(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let application = admin.application_for(EMAIL).await;
    check_one_answer(std::slice::from_ref(&application)).await;
    let events = admin.events(&application.client_id).await;
    let count = |code: &str| events.iter().filter(|event| *event == code).count();
    assert_eq!((count("sertft"), count("ferrt")), (2, 1), "{events:?}");
    // Each of the other ninety-nine, and the one for whom the answer was lost.
    assert_eq!(count("refresh_token_repeated"), 100, "{events:?}");
    broker.stop().await;
}

#[tokio::test]
async fn two_nodes_give_the_same_answer() {
    if !Engine::has_postgres() {
        return;
    }
    let broker = Installation::new(Engine::Postgres).start().await;
    let other = broker.installation().another_node().start().await;
    let application = Admin::of(&broker).await.application_for(EMAIL).await;
    check_one_answer(&[application.at(&broker), application.at(&other)]).await;
    broker.stop().await;
    other.stop().await;
}

async fn application_with_leeway(admin: &Admin, leeway: u32) -> Application {
    let connection = admin.connection("people").await;
    admin.user("people", EMAIL, &json!({})).await;
    let settings = json!({ "rotation_type": "rotating", "expiration_type": "expiring", "leeway": leeway });
    admin.application(&connection, &json!({ "refresh_token": settings })).await
}

async fn without_leeway_one_of_a_hundred_wins(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let application = application_with_leeway(&Admin::of(&broker).await, 0).await;
    let first = application.sign_in(EMAIL, PASSWORD).await.refresh_token().to_owned();
    let answers = all_at_once(std::slice::from_ref(&application), &first).await;
    let (winners, losers): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(winners.len(), 1);
    for loser in losers {
        assert_eq!(loser.expect(400).error(), "invalid_grant");
    }
    // With zero leeway a repeat is theft, whoever was first.
    assert_eq!(application.refresh(&refresh_token(&winners[0])).await.expect(400).error(), "invalid_grant");
    broker.stop().await;
}

async fn a_repeat_within_the_leeway_is_answered_although_the_successor_was_seen(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let application = application_with_leeway(&Admin::of(&broker).await, 600).await;
    let first = application.sign_in(EMAIL, PASSWORD).await.refresh_token().to_owned();
    let answer = application.refresh(&first).await.expect(200);
    application.userinfo(&Tokens(answer.json())).await.expect(200);
    assert_eq!(application.refresh(&first).await.expect(200).body, answer.body);
    broker.stop().await;
}

async fn another_client_with_the_token_ends_the_family(engine: Engine) {
    let broker = Installation::new(engine).start().await;
    let admin = Admin::of(&broker).await;
    let application = admin.application_for(EMAIL).await;
    let thief = admin.post("clients", &json!({ "name": "Thief", "callbacks": ["https://thief.example/"] })).await;
    let thief = Application::new(broker.issuer(), &thief);
    let tokens = application.sign_in(EMAIL, PASSWORD).await;
    assert_eq!(thief.refresh(tokens.refresh_token()).await.expect(400).error(), "invalid_grant");
    assert_eq!(application.refresh(tokens.refresh_token()).await.expect(400).error(), "invalid_grant");
    application.userinfo(&tokens).await.expect(401);
    assert_eq!(events_of_reuse(&admin).await.len(), 1);
    broker.stop().await;
}

async fn events_of_reuse(admin: &Admin) -> Vec<Value> {
    let found = admin.get("logs?q=type:%22ferrt%22").await;
    found.as_array().expect("a list of events").clone()
}
