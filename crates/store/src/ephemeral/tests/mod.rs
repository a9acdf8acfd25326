//! Buckets that several nodes share, and what becomes of them while Redis is away.
//!
//! They run where `TEST_REDIS_URL` says that there is a Redis, which means `redis-server` too: the tests start their
//! own where they have to end it.

mod server;

use std::num::NonZeroU32;

use ::redis::AsyncCommands;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use self::server::{RedisServer, has_redis};
use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const ADA: BucketName = [1; 32];

fn limit(calls: u32) -> RateLimit {
    RateLimit::per_minute(NonZeroU32::new(calls).unwrap())
}

fn node_of(deployment: &str, url: &str) -> Ephemeral {
    Ephemeral::new(Some(RedisSettings { url: url.to_owned(), deployment: deployment.to_owned() })).unwrap()
}

async fn linked(url: &str) -> Ephemeral {
    let node = node_of("test", url);
    assert!(matches!(node.tend().await, Some(Reported::Linked)));
    node
}

/// How many of some calls at a node are let through.
async fn let_through(node: &Ephemeral, calls: u32) -> usize {
    let mut count = 0;
    for _ in 0..calls {
        count += usize::from(node.take(&ADA, limit(3), NOW).await.is_ok());
    }
    count
}

#[tokio::test]
async fn without_redis_a_process_is_alone() {
    let node = Ephemeral::new(None).unwrap();
    assert!(node.tend().await.is_none());
    assert_eq!((node.reach(), let_through(&node, 5).await), (Reach::Alone, 3));
}

#[test]
fn what_names_no_redis_is_refused_without_being_quoted() {
    let settings = RedisSettings { url: "http://:hunter2@localhost/".to_owned(), deployment: String::new() };
    let refused = Ephemeral::new(Some(settings)).err().unwrap();
    assert!(!format!("{refused} {refused:?}").contains("hunter2"), "{refused:?}");
}

#[tokio::test]
async fn all_nodes_of_a_deployment_share_a_bucket() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let [one, other] = [linked(&redis.url()).await, linked(&redis.url()).await];
    assert_eq!((let_through(&one, 2).await, let_through(&other, 2).await, let_through(&one, 1).await), (2, 1, 0));
    let elsewhere = node_of("elsewhere", &redis.url());
    elsewhere.tend().await;
    assert_eq!(let_through(&elsewhere, 5).await, 3);
    assert_eq!([&one, &other, &elsewhere].map(Ephemeral::reach), [Reach::Together; 3]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rl_06_of_calls_at_once_no_more_are_let_through_than_the_shared_bucket_holds() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let nodes = [linked(&redis.url()).await, linked(&redis.url()).await].map(std::sync::Arc::new);
    let calls = (0..40).map(|number| {
        let node = nodes[number % 2].clone();
        tokio::spawn(async move { node.take(&ADA, limit(3), NOW).await.is_ok() })
    });
    let mut count = 0;
    for call in calls.collect::<Vec<_>>() {
        count += usize::from(call.await.unwrap());
    }
    assert_eq!(count, 3);
}

#[tokio::test]
async fn how_somebody_stands_is_told_by_the_clock_of_redis() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let node = linked(&redis.url()).await;
    let standing = node.take(&ADA, limit(3), NOW).await.unwrap();
    assert_eq!((standing.limit, standing.remaining), (3, 2));
    let_through(&node, 2).await;
    let limited = node.take(&ADA, limit(3), NOW).await.unwrap_err();
    assert!((1..=20).contains(&limited.wait_seconds()), "{limited:?}");
    assert_ne!(limited.standing.reset_at, NOW.seconds() + 20, "by the caller's clock");
}

#[tokio::test]
async fn rl_11_everything_in_redis_begins_with_our_name_and_ends_by_itself() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let node = linked(&redis.url()).await;
    let_through(&node, 5).await;
    let mut raw = redis.raw().await;
    let keys: Vec<String> = raw.keys("*").await.unwrap();
    assert_eq!(keys, [format!("landbridge:test:limit:{}", "01".repeat(32))]);
    let life: i64 = raw.pttl(&keys[0]).await.unwrap();
    assert!((1..=60_000).contains(&life), "{life}");
}

/// What the guide for operators says.
#[tokio::test]
async fn a_user_of_redis_needs_few_rights() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let rights = "on >secret ~landbridge:* &landbridge:* +hello +client +select +ping +subscribe +publish +script +evalsha \
                  +time +get +set";
    let mut set_user = ::redis::cmd("ACL");
    set_user.arg("SETUSER").arg("broker");
    for right in rights.split(' ') {
        set_user.arg(right);
    }
    let () = set_user.query_async(&mut redis.raw().await).await.unwrap();
    let url = format!("{}?db=1&user=broker&pass=", redis.url());
    assert!(matches!(node_of("test", &format!("{url}wrong")).tend().await, Some(Reported::Lost(_))));
    let node = linked(&format!("{url}secret")).await;
    node.heard().await;
    assert_eq!(let_through(&node, 5).await, 3);
    node.announce().await;
    node.heard().await;
    assert_eq!(node.reach(), Reach::Together);
}

/// A Redis that is away, for whatever reason, leaves the buckets of the process: neither nobody nor everybody is let
/// through, and the loss is told once.
async fn check_alone(node: &Ephemeral) {
    assert_eq!(let_through(node, 5).await, 3);
    assert_eq!(node.reach(), Reach::CutOff);
    assert!(matches!(node.tend().await, Some(Reported::Lost(_))));
}

#[tokio::test]
async fn rl_10_while_redis_is_away_each_node_counts_by_itself_and_then_together_again() {
    if !has_redis() {
        return;
    }
    let mut redis = RedisServer::start();
    let node = linked(&redis.url()).await;
    assert_eq!(let_through(&node, 5).await, 3);
    redis.kill();
    check_alone(&node).await;
    assert!(node.tend().await.is_none(), "told twice");
    redis.restart();
    assert!(matches!(node.tend().await, Some(Reported::Linked)));
    assert!(node.tend().await.is_none());
    assert_eq!((node.reach(), let_through(&node, 5).await), (Reach::Together, 3), "Redis forgot");
}

#[tokio::test]
async fn rl_10_a_redis_that_hangs_is_waited_for_once() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let node = linked(&redis.url()).await;
    redis.hang();
    check_alone(&node).await;
    assert!(node.tend().await.is_none());
    redis.go_on();
    assert!(matches!(node.tend().await, Some(Reported::Linked)));
}

#[tokio::test]
async fn a_loss_is_found_although_nobody_calls() {
    if !has_redis() {
        return;
    }
    let mut redis = RedisServer::start();
    let node = linked(&redis.url()).await;
    redis.kill();
    assert!(matches!(node.tend().await, Some(Reported::Lost(_))));
    assert_eq!(node.reach(), Reach::CutOff);
}

#[tokio::test]
async fn a_redis_that_forgot_the_script_is_told_again() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let node = linked(&redis.url()).await;
    let () = ::redis::cmd("SCRIPT").arg("FLUSH").query_async(&mut redis.raw().await).await.unwrap();
    check_alone(&node).await;
    assert!(matches!(node.tend().await, Some(Reported::Linked)));
    assert_eq!((let_through(&node, 5).await, node.reach()), (3, Reach::Together));
}

#[tokio::test]
async fn what_somebody_else_wrote_into_a_bucket_harms_nobody() {
    if !has_redis() {
        return;
    }
    let redis = RedisServer::start();
    let key = format!("landbridge:test:limit:{}", "01".repeat(32));
    for written in ["", "never", "-1", "1e300", "nan", "-inf", "99999999999999999999"] {
        let node = linked(&redis.url()).await;
        let () = redis.raw().await.set(&key, written).await.unwrap();
        assert!(let_through(&node, 5).await <= 3, "{written}");
    }
    let node = linked(&redis.url()).await;
    let mut raw = redis.raw().await;
    let () = raw.del(&key).await.unwrap();
    let () = raw.rpush(&key, "a list").await.unwrap();
    check_alone(&node).await;
}

/// Somebody who answers commands in this way instead of a Redis, each time one is sent.
async fn impostor(answers: &'static [(&'static str, &'static str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("redis://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut sent = [0; 4096];
                while let Ok(length @ 1..) = stream.read(&mut sent).await {
                    let sent = String::from_utf8_lossy(&sent[..length]).into_owned();
                    for word in sent.lines() {
                        let answer = answers.iter().find(|(command, _)| *command == word);
                        if let Some((_, answer)) = answer {
                            stream.write_all(answer.as_bytes()).await.unwrap();
                        }
                    }
                }
            });
        }
    });
    url
}

const POLITE: [(&str, &str); 4] = [
    ("HELLO", "%1\r\n+server\r\n+redis\r\n"),
    ("CLIENT", "+OK\r\n"),
    ("SUBSCRIBE", ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"),
    ("LOAD", "$4\r\nsha1\r\n"),
];

#[tokio::test]
async fn rl_10_whoever_never_answers_is_given_up() {
    check_alone(&node_of("test", &impostor(&[]).await)).await;
}

#[tokio::test]
async fn rl_10_whoever_is_no_redis_is_given_up() {
    check_alone(&node_of("test", &impostor(&[("HELLO", "HTTP/1.1 400 Bad Request\r\n\r\n")]).await)).await;
}

#[tokio::test]
async fn rl_10_whoever_answers_nonsense_is_given_up() {
    async fn check(answers: &'static [(&'static str, &'static str)]) {
        let node = linked(&impostor(answers).await).await;
        check_alone(&node).await;
    }
    const fn and_then(answer: &'static str) -> [(&'static str, &'static str); 5] {
        [POLITE[0], POLITE[1], POLITE[2], POLITE[3], ("EVALSHA", answer)]
    }
    check(const { &and_then("+OK\r\n") }).await;
    check(const { &and_then("*2\r\n:0\r\n:9223372036854775807\r\n") }).await;
    check(const { &and_then("*2\r\n:-1\r\n:1800000000000000\r\n") }).await;
    check(const { &and_then("*3\r\n:0\r\n:0\r\n:0\r\n") }).await;
    check(const { &and_then("-READONLY You can't write against a read only replica.\r\n") }).await;
    check(const { &and_then("\u{1}\u{2}\u{3}\r\n\r\n") }).await;
}

#[tokio::test]
async fn what_one_node_announces_the_others_hear() {
    if !has_redis() {
        return;
    }
    let mut redis = RedisServer::start();
    let [one, other] = [linked(&redis.url()).await, linked(&redis.url()).await];
    // A node that comes, or comes back, has missed what was said before.
    other.heard().await;
    one.announce().await;
    other.heard().await;
    redis.kill();
    one.announce().await;
    assert!(matches!(other.tend().await, Some(Reported::Lost(_))));
    redis.restart();
    assert!(matches!(other.tend().await, Some(Reported::Linked)));
    other.heard().await;
    // A command that runs for a moment tends no connection.
    node_of("test", &redis.url()).announce().await;
    other.heard().await;
}
