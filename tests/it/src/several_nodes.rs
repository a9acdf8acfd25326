//! Two nodes are one broker: whatever happens at one is so at the other, and neither Redis nor a node takes anything
//! with it that was acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::harness::{
    Admin, Answer, Application, Broker, Browser, Machine, Nodes, PASSWORD, Tokens, figure, http, kid_of, times, until,
    user_path,
};

const EMAIL: &str = "ada@example.com";

/// Far longer than anything takes that has to happen here.
const LIMIT: Duration = Duration::from_secs(90);
/// The least time from one look that a node takes by itself to the next, as the broker has it.
const BETWEEN_LOOKS: Duration = Duration::from_secs(15);

async fn application(nodes: &Nodes) -> Application {
    Admin::of(&nodes.one).await.application_for(EMAIL).await
}

/// What the Management API at this base answers to a token.
async fn managed_with(base: &str, token: &str) -> u16 {
    Answer::of(http().get(format!("{base}api/v2/clients?per_page=1")).bearer_auth(token)).await.status
}

#[tokio::test]
async fn a_sign_in_begun_on_one_node_ends_on_the_other() {
    let Some(nodes) = Nodes::start(&[]).await else { return };
    let application = application(&nodes).await;
    for (begins, ends) in [(&nodes.one, &nodes.other), (&nodes.other, &nodes.one)] {
        let mut browser = Browser::new();
        let page = application.at(begins).open(&mut browser).await;
        page.at(ends).submit(&mut browser, EMAIL, "not the password").await.expect(400);
        let answer = page.at(ends).submit(&mut browser, EMAIL, PASSWORD).await.expect(303);
        let tokens = application.at(begins).redeem(&answer).await;
        application.at(ends).userinfo(&tokens).await.expect(200);
        assert_eq!(application.at(begins).ask_silently(&mut browser).await, None);
    }
    nodes.stop().await;
}

#[tokio::test]
async fn whoever_leaves_or_is_sent_away_at_one_node_is_gone_at_the_other() {
    let Some(nodes) = Nodes::start(&[]).await else { return };
    let application = application(&nodes).await;
    let [here, there] = nodes.both().map(|node| application.at(node));

    let mut browser = Browser::new();
    let page = here.open(&mut browser).await;
    let answer = page.submit(&mut browser, EMAIL, PASSWORD).await.expect(303);
    let tokens = there.redeem(&answer).await;
    assert_eq!(there.ask_silently(&mut browser).await, None);
    // Somebody else may have the cookie, which a browser that leaves is told to forget.
    let mut copy = browser.clone();
    browser.get(&here.url("v2/logout")).await.expect(200);
    assert_eq!(there.ask_silently(&mut copy).await.as_deref(), Some("login_required"));

    there.userinfo(&tokens).await.expect(200);
    here.post("oauth/revoke", &[("token", tokens.refresh_token())]).await.expect(200);
    assert_eq!(there.refresh(tokens.refresh_token()).await.expect(400).error(), "invalid_grant");
    there.userinfo(&tokens).await.expect(401);

    let tokens = here.sign_in(EMAIL, PASSWORD).await;
    Admin::of(&nodes.one).await.patch(&user_path(&tokens.sub()), &json!({ "blocked": true })).await;
    assert_eq!(there.refresh(tokens.refresh_token()).await.expect(400).error(), "invalid_grant");
    assert_eq!(there.type_in(EMAIL, PASSWORD).await.status, 403);
    nodes.stop().await;
}

#[tokio::test]
async fn limits_hold_for_both_nodes_together() {
    let limits = [("limits.passwords_per_account", "3"), ("limits.calls_per_client", "3")];
    let Some(nodes) = Nodes::start(&limits).await else { return };
    let admin = Admin::of(&nodes.one).await;
    let connection = admin.connection("people").await;
    let mut number = 0;
    // A Redis that is slow once makes the nodes count alone for a moment, which is another test. Then an account and a
    // client of which nothing was counted are tried.
    let refused = until("both nodes count together", LIMIT, async || {
        number += 1;
        let name = format!("nobody-{number}@example.com");
        let application = admin.application(&connection, &json!({})).await;
        let (mut passwords, mut calls) = (Vec::new(), Vec::new());
        for node in [&nodes.one, &nodes.other, &nodes.one, &nodes.other] {
            passwords.push(application.at(node).type_in(&name, "not the password").await);
            calls.push(application.at(node).refresh("nonsense").await);
        }
        let are_together = |answers: &[Answer]| answers.iter().map(|answer| answer.status).eq([400_u16, 400, 400, 429]);
        (are_together(&passwords) && are_together(&calls)).then(|| calls.remove(3))
    })
    .await;
    assert_eq!(refused.error(), "too_many_requests");
    for header in ["retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        assert!(refused.header(header).is_some(), "{header}");
    }
    nodes.stop().await;
}

/// Uses tokens of each node at the other until it is told to stop, and says how many were refused of how many.
async fn use_machine_tokens(from: Machine, at: String, done: Arc<AtomicBool>) -> (usize, usize) {
    let (mut refused, mut used) = (0, 0);
    while !done.load(Ordering::SeqCst) {
        refused += usize::from(managed_with(&at, &from.token().await).await != 200);
        used += 1;
    }
    (refused, used)
}

/// Changes something twice, the second time when the first has been taken up elsewhere; again until both together take
/// less time than there is between two looks. One look cannot have brought both, so that word of a change has come.
async fn until_heard_of(what: &str, mut change: impl AsyncFnMut()) {
    until(what, LIMIT, async || {
        let begun = times::now();
        change().await;
        change().await;
        (begun.elapsed() < BETWEEN_LOOKS).then_some(())
    })
    .await;
}

async fn signs_with(node: &Broker) -> String {
    kid_of(&Machine::at(node).token().await)
}

/// The node is only asked to sign: verifying would have it look.
async fn until_signing_with(node: &Broker, is_right: impl Fn(&str) -> bool) {
    until("a node signs with another key", LIMIT, async || is_right(&signs_with(node).await).then_some(())).await;
}

async fn until_refused(node: &Broker, token: &str) {
    until("a token is refused", LIMIT, async || (managed_with(&node.url(""), token).await == 401).then_some(())).await;
}

#[tokio::test]
async fn keys_rotate_under_load_and_a_revoked_one_is_worthless_everywhere() {
    let Some(nodes) = Nodes::start(&[]).await else { return };
    let done = Arc::new(AtomicBool::new(false));
    let users = [(&nodes.one, &nodes.other), (&nodes.other, &nodes.one)]
        .map(|(from, at)| tokio::spawn(use_machine_tokens(Machine::at(from), at.url(""), Arc::clone(&done))));
    let admin = Admin::of(&nodes.one).await;
    for (here, there) in [(&nodes.one, &nodes.other), (&nodes.other, &nodes.one)] {
        until_heard_of("a node hears of the other's rotation", async || {
            let rotated = admin.at(here).post("keys/signing/rotate", &json!({})).await;
            until_signing_with(there, |kid| kid == rotated["kid"]).await;
        })
        .await;
    }
    done.store(true, Ordering::SeqCst);
    for user in users {
        let (refused, used) = user.await.unwrap();
        assert_eq!(refused, 0, "of {used}");
        assert!(used > 0);
    }

    until_heard_of("both nodes hear of what a command did", async || {
        let before = signs_with(&nodes.one).await;
        let output = nodes.one.installation().run(&["keys", "rotate"]);
        assert!(output.status.success(), "{output:?}");
        for node in nodes.both() {
            until_signing_with(node, |kid| kid != before).await;
        }
    })
    .await;

    until_heard_of("a node hears of a revocation", async || {
        let old = Machine::at(&nodes.other).token().await;
        admin.post("keys/signing/rotate", &json!({})).await;
        until_signing_with(&nodes.other, |kid| kid != kid_of(&old)).await;
        let fresh = Machine::at(&nodes.other).token().await;
        admin.call(Method::PUT, &format!("keys/signing/{}/revoke", kid_of(&old)), None).await.expect(200);
        until_refused(&nodes.other, &old).await;
        for node in nodes.both() {
            let base = node.url("");
            assert_eq!((managed_with(&base, &old).await, managed_with(&base, &fresh).await), (401, 200));
        }
    })
    .await;
    nodes.stop().await;
}

async fn ready(node: &Broker) -> String {
    Answer::of(http().get(node.url("readyz"))).await.expect(200).text().to_owned()
}

async fn until_ready(nodes: &Nodes, expected: &str) {
    until("both nodes know how Redis is", LIMIT, async || {
        let said = [ready(&nodes.one).await, ready(&nodes.other).await];
        said.iter().all(|said| said == expected).then_some(())
    })
    .await;
}

/// A whole life at each node, in which nothing may go wrong. Says how many there were.
async fn live(nodes: &Nodes, application: &Application) -> usize {
    let nodes = [(&nodes.one, &nodes.other), (&nodes.other, &nodes.one)];
    for (here, there) in nodes {
        let tokens = application.at(here).sign_in(EMAIL, PASSWORD).await;
        let refreshed = Tokens(application.at(there).refresh(tokens.refresh_token()).await.expect(200).json());
        application.at(here).userinfo(&refreshed).await.expect(200);
        assert_eq!(managed_with(&here.url(""), &Machine::at(there).token().await).await, 200);
    }
    nodes.len()
}

fn losses_in_log(node: &Broker) -> usize {
    node.log().lines().filter(|line| line.contains("Redis does not answer")).count()
}

#[tokio::test]
async fn rl_10_the_loss_of_redis_costs_nobody_a_sign_in() {
    let Some(mut nodes) = Nodes::start(&[]).await else { return };
    let application = application(&nodes).await;
    until_ready(&nodes, "ready\n").await;
    let mut lived = live(&nodes, &application).await;
    nodes.redis.kill();
    lived += live(&nodes, &application).await;
    until_ready(&nodes, "ready, without Redis\n").await;
    until("the loss is told to operators", LIMIT, async || {
        let metrics = Answer::of(http().get(nodes.one.url("metrics"))).await.expect(200);
        let is_counted = metrics.text().lines().any(|line| line == "landbridge_redis_reachable 0");
        (is_counted && losses_in_log(&nodes.one) == 1).then_some(())
    })
    .await;
    lived += live(&nodes, &application).await;
    assert_eq!(losses_in_log(&nodes.one), 1, "{}", nodes.one.log());

    nodes.redis.go_on();
    until_ready(&nodes, "ready\n").await;
    lived += live(&nodes, &application).await;
    figure(
        "Redis is killed and comes back",
        &format!(
            "at two nodes, before, at once, after they noticed, and afterwards: {lived} sign-ins, {lived} refreshed tokens \
             and {lived} calls of the Management API, 0 failed"
        ),
    );
    nodes.stop().await;
}

#[tokio::test]
async fn rl_10_nodes_start_without_redis_and_find_it_later() {
    let Some(mut nodes) = Nodes::start(&[]).await else { return };
    nodes.redis.kill();
    let third = nodes.one.installation().another_node().start().await;
    assert_eq!(ready(&third).await, "ready, without Redis\n");
    Machine::at(&third).token().await;
    nodes.redis.go_on();
    until("the third node finds Redis", LIMIT, async || (ready(&third).await == "ready\n").then_some(())).await;
    third.stop().await;
    nodes.stop().await;
}

#[tokio::test]
async fn the_death_of_a_node_costs_its_open_connections_alone() {
    let Some(nodes) = Nodes::start(&[]).await else { return };
    let application = application(&nodes).await;
    let Nodes { one, other, redis } = nodes;
    let mut browser = Browser::new();
    let page = application.at(&other).open(&mut browser).await;
    let tokens = application.at(&other).sign_in(EMAIL, PASSWORD).await;
    let refreshed = application.at(&other).refresh(tokens.refresh_token()).await.expect(200);
    let installation = other.installation().clone();
    other.kill();

    let answer = page.at(&one).submit(&mut browser, EMAIL, PASSWORD).await.expect(303);
    application.at(&one).redeem(&answer).await;
    // Whoever lost the answer with the connection asks again and hears the same.
    assert_eq!(application.at(&one).refresh(tokens.refresh_token()).await.expect(200).body, refreshed.body);
    let refreshed = Tokens(refreshed.json());
    application.at(&one).userinfo(&refreshed).await.expect(200);
    let other = installation.start().await;
    application.at(&other).refresh(refreshed.refresh_token()).await.expect(200);
    figure(
        "one of two nodes is killed",
        "a sign-in that was begun there ends at the other; an answer that was lost with it is given again, the same; its \
         tokens are good at the other",
    );
    Nodes { one, other, redis }.stop().await;
}
