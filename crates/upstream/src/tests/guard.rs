//! What stands between us and a source that is slow, broken, or somewhere it should not be.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use model::connection::SourceKind;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::Barrier;

use super::{Lie, NOW, Question, Situation, source_at, upstreams, verified};
use crate::SourceAnswer::{Throttled, Unavailable, WrongPassword};
use crate::UnavailableReason::{
    AddressRefused, BreakerOpen, Disabled, Garbage, Misconfigured, OurCredentials, Saturated, Status, Timeout, Tls,
    UnknownError, Unreachable,
};
use crate::{BreakerPosition, DirectoryAnswer, HttpSettings, IssuerRefused, UnavailableReason, Upstreams};

/// SS-04: an answer that does not come, does not end or is huge costs so much time and memory and no more.
#[tokio::test]
async fn ss_04_an_answer_is_cut_at_its_time_and_at_its_size() {
    let mut situation = Situation::new().await;
    situation.server.on(Question::Password, Lie::Endless);
    assert_eq!(situation.check_password().await, Unavailable(Garbage(crate::Garbage::TooLarge)));
    situation.source.timeout_ms = 100;
    situation.server.on(Question::Password, Lie::Hang);
    assert_eq!(situation.check_password().await, Unavailable(Timeout));
}

#[tokio::test]
async fn the_time_limit_covers_the_profile_as_well() {
    let mut situation = Situation::new().await;
    situation.source.timeout_ms = 200;
    situation.server.on(Question::User, Lie::Hang);
    assert_eq!(situation.check_password().await, Unavailable(Timeout));
}

#[tokio::test]
async fn a_closed_port_is_unreachable() {
    let taken_but_not_listening = TcpSocket::new_v4().expect("a socket");
    taken_but_not_listening.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
    let address = taken_but_not_listening.local_addr().expect("an address");
    check_issuer_is(&format!("http://{address}/"), Unreachable).await;
}

#[tokio::test]
async fn a_failed_handshake_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let plain_server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        stream.write_all(b"HTTP/1.1 400 This server speaks no TLS\r\n\r\n").await.expect("room in the buffer");
        stream.read_to_end(&mut Vec::new()).await
    });
    check_issuer_is(&format!("https://{address}/"), Tls).await;
    plain_server.abort();
}

#[tokio::test]
async fn unusable_settings_are_told_apart_and_nobody_is_asked() {
    let mut situation = Situation::new().await;
    let issuer = situation.server.issuer();
    check_issuer_is(issuer.trim_end_matches('/'), Misconfigured).await;
    check_issuer_is("http://old.example/", Misconfigured).await;
    check_issuer_is("https://10.0.0.1/", AddressRefused).await;
    situation.source.enabled = false;
    assert_eq!(situation.check_password().await, Unavailable(Disabled));
    assert!(situation.server.seen().is_empty());
}

async fn check_issuer_is(issuer: &str, expected: UnavailableReason) {
    let mut situation = Situation::new().await;
    situation.source = source_at(issuer);
    assert_eq!(situation.check_password().await, Unavailable(expected), "{issuer}");
}

/// SS-01, SS-02: the address is refused when it is dialled, also where the URL only has a name.
#[tokio::test]
async fn ss_01_ss_02_this_machine_is_not_dialled_without_the_operators_consent() {
    let mut situation = Situation::new().await;
    situation.upstreams = Upstreams::new(&HttpSettings::default()).expect("an HTTP client");
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"] {
        situation.source = source_at(&format!("http://{host}:{}/", situation.server.port()));
        assert_eq!(situation.check_password().await, Unavailable(AddressRefused), "{host}");
    }
    assert!(situation.server.seen().is_empty());
    assert_eq!(situation.upstreams.check_issuer("https://127.0.0.1/"), Err(IssuerRefused::PrivateNetwork));
}

#[tokio::test]
async fn a_name_of_this_machine_is_dialled_with_consent() {
    let mut situation = Situation::without_profiles().await;
    let issuer = format!("http://old.localhost:{}/", situation.server.port());
    let SourceKind::Auth0 { issuer: configured, .. } = &mut situation.source.kind;
    configured.clone_from(&issuer);
    situation.server.on(Question::Password, super::tokens(&situation.server, &json!({"iss": issuer})));
    assert!(verified(situation.check_password().await).is_ok());
}

#[tokio::test]
async fn failures_open_the_breaker_and_a_probe_closes_it() {
    let situation = Situation::without_profiles().await;
    let truth = super::tokens(&situation.server, &json!({}));
    situation.server.on(Question::Password, Lie::json(500, json!({})));
    for _ in 0..3 {
        assert_eq!(situation.check_password().await, Unavailable(Status(500)));
    }
    situation.server.on(Question::Password, truth);
    assert_eq!(situation.check_password().await, Unavailable(BreakerOpen));
    assert_eq!(situation.server.seen().len(), 3);
    assert_eq!(situation.upstreams.breaker("old", NOW), Some(BreakerPosition::Open));

    let later = NOW.plus_seconds(31);
    assert!(verified(situation.check_password_at(later).await).is_ok());
    assert_eq!(situation.upstreams.breaker("old", later), Some(BreakerPosition::Closed));
    assert_eq!(situation.upstreams.breaker("another", later), None);
}

/// After five of these, the source must still be asked.
async fn check_does_not_open(lie: Lie, expected: crate::SourceAnswer) {
    let situation = Situation::without_profiles().await;
    situation.server.on(Question::Password, lie.clone());
    for _ in 0..5 {
        assert_eq!(situation.check_password().await, expected, "{lie:?}");
    }
    assert_eq!(situation.server.seen().len(), 5, "{lie:?}");
}

#[tokio::test]
async fn nothing_a_single_person_can_bring_about_opens_the_breaker() {
    let refusal = |error| Lie::error(403, error, "");
    check_does_not_open(refusal("invalid_grant"), WrongPassword).await;
    check_does_not_open(refusal("mfa_required"), crate::SourceAnswer::MfaRequired).await;
    check_does_not_open(refusal("requires_verification"), Unavailable(UnknownError)).await;
    check_does_not_open(refusal("invalid_client"), Unavailable(OurCredentials)).await;
    let minute = Some(Duration::from_mins(1));
    let blocked = Lie::error(429, "too_many_attempts", "").with_header("Retry-After", "60");
    check_does_not_open(blocked, Throttled { retry_after: minute }).await;
}

#[tokio::test]
async fn a_source_that_asks_for_a_pause_gets_it() {
    let situation = Situation::without_profiles().await;
    let truth = super::tokens(&situation.server, &json!({}));
    situation.server.on(Question::Password, Lie::error(429, "too_many_requests", "").with_header("Retry-After", "20"));
    assert!(matches!(situation.check_password().await, Throttled { .. }));
    situation.server.on(Question::Password, truth);
    let Throttled { retry_after: Some(rest) } = situation.check_password_at(NOW.plus_seconds(5)).await else {
        panic!("still paused")
    };
    assert!(rest > Duration::from_secs(10) && rest <= Duration::from_secs(15) + Duration::from_secs(1), "{rest:?}");
    assert_eq!(situation.server.seen().len(), 1);
    assert!(verified(situation.check_password_at(NOW.plus_seconds(30)).await).is_ok());
}

#[tokio::test]
async fn changed_settings_start_afresh() {
    let mut situation = Situation::without_profiles().await;
    let truth = super::tokens(&situation.server, &json!({}));
    situation.server.on(Question::Password, Lie::json(500, json!({})));
    for _ in 0..3 {
        assert_eq!(situation.check_password().await, Unavailable(Status(500)));
    }
    situation.server.on(Question::Password, truth);
    situation.source.max_concurrency += 1;
    assert!(verified(situation.check_password().await).is_ok());
}

/// The server answers only when three questions are there, so the budget is used to the full as well.
#[tokio::test]
async fn the_budget_of_simultaneous_questions_holds() {
    let mut situation = Situation::without_profiles().await;
    situation.source.max_concurrency = 3;
    let truth = Box::new(super::tokens(&situation.server, &json!({})));
    situation.server.on(Question::Password, Lie::Together(Arc::new(Barrier::new(3)), truth));
    let answers = join_all((0..51).map(|_| situation.check_password())).await;
    assert!(answers.into_iter().all(|answer| verified(answer).is_ok()));
    assert_eq!((situation.server.seen().len(), situation.server.busiest()), (51, 3));
}

#[tokio::test]
async fn a_full_budget_is_waited_for_and_then_said_so() {
    let mut situation = Situation::without_profiles().await;
    situation.source.max_concurrency = 3;
    situation.source.timeout_ms = 1_000;
    situation.source.breaker_failures = 100;
    situation.server.on(Question::Password, Lie::Hang);
    let answers = join_all((0..20).map(|_| situation.check_password())).await;
    let count = |reason| answers.iter().filter(|answer| **answer == Unavailable(reason)).count();
    assert_eq!((count(Timeout), count(Saturated)), (3, 17));
    assert_eq!(situation.server.seen().len(), 3);
}

/// Anybody can have the directory asked, by signing up. Were the budget one, they could stop everybody's move.
#[tokio::test]
async fn look_ups_do_not_use_up_the_budget_of_passwords() {
    let mut situation = Situation::new().await;
    situation.source.max_concurrency = 2;
    situation.server.on(Question::UsersByEmail, Lie::Hang);
    let flood = join_all((0..20).map(|_| situation.find("ada@x.io")));
    tokio::select! {
        biased;
        answers = flood => panic!("the directory hangs, and has answered {answers:?}"),
        answer = situation.check_password() => assert!(verified(answer).is_ok()),
    }
    assert!(situation.server.asked(Question::UsersByEmail).len() <= 2);
}

#[tokio::test]
async fn a_budget_of_passwords_that_is_used_up_leaves_the_directory_its_own() {
    let mut situation = Situation::new().await;
    situation.source.max_concurrency = 2;
    situation.server.on(Question::Password, Lie::Hang);
    let flood = join_all((0..20).map(|_| situation.check_password()));
    tokio::select! {
        biased;
        answers = flood => panic!("the source hangs, and has answered {answers:?}"),
        answer = situation.find("ada@x.io") => assert!(matches!(answer, DirectoryAnswer::Found(_)), "{answer:?}"),
    }
}

/// A directory's failures and pauses are about the directory.
#[tokio::test]
async fn what_befalls_look_ups_does_not_befall_passwords() {
    let limited = Lie::json(429, json!({})).with_header("Retry-After", "600");
    for lie in [Lie::json(500, json!({})), Lie::HangUp, limited] {
        let situation = Situation::new().await;
        situation.server.on(Question::UsersByEmail, lie.clone());
        for _ in 0..5 {
            let answer = situation.find("ada@x.io").await;
            let is_setback = matches!(answer, DirectoryAnswer::Unavailable(_) | DirectoryAnswer::Throttled { .. });
            assert!(is_setback, "{lie:?} {answer:?}");
        }
        assert!(situation.server.asked(Question::UsersByEmail).len() <= 3, "it is left alone by now: {lie:?}");
        assert!(verified(situation.check_password().await).is_ok(), "{lie:?}");
        assert_eq!(situation.upstreams.breaker("old", NOW), Some(BreakerPosition::Closed), "{lie:?}");
    }
}

#[tokio::test]
async fn nobody_queues_behind_the_probe() {
    let mut situation = Situation::without_profiles().await;
    situation.source.max_concurrency = 1;
    situation.source.breaker_failures = 1;
    situation.source.timeout_ms = 1_000;
    situation.server.on(Question::Password, Lie::json(500, json!({})));
    assert_eq!(situation.check_password().await, Unavailable(Status(500)));
    situation.server.on(Question::Password, Lie::Hang);
    let later = NOW.plus_seconds(31);
    let answers = join_all([situation.check_password_at(later), situation.check_password_at(later)]).await;
    assert_eq!(answers, [Unavailable(Timeout), Unavailable(BreakerOpen)]);
}

#[tokio::test]
async fn two_brokers_in_one_process_do_not_share_their_state() {
    let mut situation = Situation::without_profiles().await;
    let truth = super::tokens(&situation.server, &json!({}));
    situation.server.on(Question::Password, Lie::json(500, json!({})));
    for _ in 0..3 {
        situation.check_password().await;
    }
    situation.server.on(Question::Password, truth);
    assert_eq!(situation.check_password().await, Unavailable(BreakerOpen));
    situation.upstreams = upstreams();
    assert!(verified(situation.check_password().await).is_ok());
}
