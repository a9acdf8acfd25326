//! UP-05, UP-06: metadata documents that lie, and providers that are slow or down.

use std::time::Duration;

use futures_util::future::join_all;
use model::provider::{FixedEndpoints, ProviderEndpoints};
use serde_json::{Value, json};
use testkit::source::{Lie, Question};

use super::super::{NOW, upstreams};
use super::Situation;
use crate::sign_in::{SignInProblem, SignInRequest};
use crate::{Garbage, HttpSettings, MetadataRefused, ProviderRefused, UnavailableReason, Upstreams, UrlRefused};

/// What becomes of setting up a connection with a document of which these members are changed.
async fn check_set_up(changes: Value, expected: Result<(), ProviderRefused>) {
    let situation = Situation::new().await;
    let document = situation.peer.metadata(&changes);
    situation.peer.server.on(Question::Discovery, Lie::json(200, document));
    let outcome = situation.upstreams.discover(&situation.peer.discovery_url(), NOW).await;
    assert_eq!(outcome, expected.map(|()| situation.peer.issuer()), "{changes}");
}

fn refused(why: MetadataRefused) -> Result<(), ProviderRefused> {
    Err(ProviderRefused::Metadata(why))
}

#[tokio::test]
async fn up_05_a_connection_is_not_set_up_with_a_document_that_lies() {
    check_set_up(json!({}), Ok(())).await;
    check_set_up(json!({"issuer": null}), refused(MetadataRefused::Incomplete)).await;
    for endpoint in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        check_set_up(json!({endpoint: null}), refused(MetadataRefused::Incomplete)).await;
    }
    for endpoint in
        ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint", "end_session_endpoint"]
    {
        let not_https = MetadataRefused::Endpoint(endpoint, UrlRefused::NotHttps);
        check_set_up(json!({endpoint: "http://idp.example/x"}), refused(not_https)).await;
        let private = MetadataRefused::Endpoint(endpoint, UrlRefused::PrivateNetwork);
        check_set_up(json!({endpoint: "https://10.0.0.1/x"}), refused(private)).await;
        check_set_up(json!({endpoint: "https://169.254.169.254/latest"}), refused(private)).await;
        let not_a_url = MetadataRefused::Endpoint(endpoint, UrlRefused::NotAUrl);
        check_set_up(json!({endpoint: "/relative"}), refused(not_a_url)).await;
    }
}

#[tokio::test]
async fn up_05_a_document_elsewhere_is_not_fetched() {
    let situation = Situation::new().await;
    let strict = Upstreams::new(&HttpSettings::default()).expect("an HTTP client");
    let outcome = strict.discover(&situation.peer.discovery_url(), NOW).await;
    assert_eq!(outcome, Err(ProviderRefused::Place(UrlRefused::PrivateNetwork)));
    let elsewhere = format!("{}elsewhere", situation.peer.issuer());
    situation.peer.server.on(Question::Discovery, Lie::json(302, json!({})).with_header("Location", &elsewhere));
    let outcome = situation.upstreams.discover(&situation.peer.discovery_url(), NOW).await;
    assert_eq!(outcome, Err(ProviderRefused::Unavailable(UnavailableReason::Status(302))));
    assert_eq!(situation.peer.server.seen().len(), 1);
}

#[tokio::test]
async fn up_05_a_document_that_turns_bad_does_not_replace_the_good_one() {
    let lies = |situation: &Situation| {
        [
            Lie::json(200, situation.peer.metadata(&json!({"issuer": "https://evil.example/"}))),
            Lie::json(200, situation.peer.metadata(&json!({"token_endpoint": "https://10.0.0.1/"}))),
            Lie::json(200, situation.peer.metadata(&json!({"token_endpoint": "http://evil.example/"}))),
            Lie::json(500, json!({})),
            Lie::Raw(200, "text/html", "<h1>Maintenance</h1>"),
            Lie::Endless,
        ]
    };
    for index in 0..6 {
        let situation = Situation::new().await;
        let honest = situation.authorization_url(NOW).await.expect("an honest document");
        let lie = lies(&situation)[index].clone();
        situation.peer.server.on(Question::Discovery, lie.clone());
        let later = NOW.plus_seconds(700);
        assert_eq!(situation.authorization_url(later).await, Ok(honest), "{lie:?}");
        situation.peer.knows(&json!({}), later);
        assert!(situation.redeem_at(later).await.is_ok(), "{lie:?}");
        assert_eq!(situation.peer.server.asked(Question::Discovery).len(), 2, "{lie:?}");
    }
}

#[tokio::test]
async fn up_05_without_a_document_nobody_is_sent_anywhere() {
    let situation = Situation::new().await;
    let evil = situation.peer.metadata(&json!({"issuer": "https://evil.example/"}));
    situation.peer.server.on(Question::Discovery, Lie::json(200, evil));
    let garbage = UnavailableReason::Garbage(Garbage::WrongIssuer);
    assert_eq!(situation.authorization_url(NOW).await, Err(SignInProblem::Unavailable(garbage)));
    assert_eq!(situation.redeem().await.err(), Some(SignInProblem::Unavailable(garbage)));
    assert!(situation.peer.server.asked(Question::Code).is_empty());
}

/// Whoever is sent to a server that is down reads the browser's words instead of ours.
#[tokio::test]
async fn nobody_is_sent_to_a_provider_that_has_fallen_silent() {
    let situation = Situation::new().await;
    assert!(situation.authorization_url(NOW).await.is_ok());
    situation.peer.server.on(Question::Discovery, Lie::HangUp);
    assert!(situation.authorization_url(NOW.plus_seconds(59)).await.is_ok(), "it was heard of a minute ago");
    let later = NOW.plus_seconds(61);
    let down = Err(SignInProblem::Unavailable(UnavailableReason::Unreachable));
    assert_eq!(situation.authorization_url(later).await, down);
    assert_eq!(situation.authorization_url(later).await, down);
    assert_eq!(situation.peer.server.asked(Question::Discovery).len(), 2, "it is not asked again at once");
    let honest = situation.peer.metadata(&json!({}));
    situation.peer.server.on(Question::Discovery, Lie::json(200, honest));
    assert!(situation.authorization_url(NOW.plus_seconds(72)).await.is_ok());
}

#[tokio::test]
async fn a_silent_request_does_not_wait_for_a_slow_provider() {
    let situation = Situation::new().await;
    situation.peer.server.on(Question::Discovery, Lie::Hang);
    let request = SignInRequest { prompt: Some("none"), ..SignInRequest::default() };
    let registration = situation.registration();
    let asked = situation.upstreams.authorization_url(&registration, &request, NOW);
    let outcome = tokio::time::timeout(Duration::from_secs(8), asked).await.expect("less patience than for a page");
    assert_eq!(outcome, Err(SignInProblem::Unavailable(UnavailableReason::Timeout)));
}

/// UP-06: what one connection waits for is no other connection's business.
#[tokio::test]
async fn up_06_a_slow_provider_holds_up_nobody_elses_people() {
    let (slow, mut quick) = (Situation::new().await, Situation::new().await);
    quick.connection_id = model::ConnectionId::new("con_quick");
    let upstreams = upstreams();
    slow.peer.server.on(Question::Discovery, Lie::Hang);
    let slow_registration = slow.registration();
    let request = SignInRequest::default();
    let flood = join_all((0..200).map(|_| upstreams.authorization_url(&slow_registration, &request, NOW)));
    let quick_registration = quick.registration();
    tokio::select! {
        biased;
        answers = flood => panic!("it hangs, and has answered {answers:?}"),
        answer = upstreams.authorization_url(&quick_registration, &request, NOW) => assert!(answer.is_ok()),
    }
    assert_eq!(slow.peer.server.asked(Question::Discovery).len(), 1, "one look is enough for all");
}

#[tokio::test]
async fn endpoints_that_are_written_down_need_no_document() {
    let mut situation = Situation::new().await;
    let issuer = situation.peer.issuer();
    situation.provider.endpoints = ProviderEndpoints::Fixed(FixedEndpoints {
        authorization: format!("{issuer}authorize"),
        token: format!("{issuer}token"),
        jwks: Some(format!("{issuer}jwks")),
        ..FixedEndpoints::default()
    });
    assert!(situation.authorization_url(NOW).await.is_ok());
    assert!(situation.redeem().await.is_ok());
    assert!(situation.peer.server.asked(Question::Discovery).is_empty());
    let private = FixedEndpoints { token: "https://10.0.0.1/".into(), ..endpoints(&situation) };
    let expected = MetadataRefused::Endpoint("token_endpoint", UrlRefused::PrivateNetwork);
    assert_eq!(situation.upstreams.check_endpoints(&private), Err(ProviderRefused::Metadata(expected)));
}

fn endpoints(situation: &Situation) -> FixedEndpoints {
    match &situation.provider.endpoints {
        ProviderEndpoints::Fixed(endpoints) => endpoints.clone(),
        ProviderEndpoints::Discovered(_) => panic!("they were written down"),
    }
}
