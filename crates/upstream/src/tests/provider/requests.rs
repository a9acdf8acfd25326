//! What browsers are sent with, and what goes to the token endpoint.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use model::provider::ClientAuthentication;
use serde_json::json;
use testkit::provider::{CLIENT_ID, CLIENT_SECRET, NONCE};
use testkit::source::{Lie, Question};

use super::super::NOW;
use super::{REDIRECT_URI, Situation};
use crate::UnavailableReason;
use crate::sign_in::{Registration, SignInProblem, SignInRequest};

async fn query(situation: &Situation, request: &SignInRequest<'_>) -> HashMap<String, String> {
    let url = situation.upstreams.authorization_url(&situation.registration(), request, NOW).await.expect("a URL");
    let pairs: Vec<_> = url.query_pairs().into_owned().collect();
    let by_name: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(pairs.len(), by_name.len(), "no parameter is sent twice: {url}");
    by_name
}

fn expected(pairs: &[(&str, &str)]) -> HashMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

const REQUEST: SignInRequest<'_> = SignInRequest {
    state: "a state",
    nonce: NONCE,
    code_challenge: "a challenge",
    login_hint: None,
    prompt: None,
    max_age: None,
    further_scope: None,
    parameters: &[],
};

#[tokio::test]
async fn a_browser_is_sent_with_a_state_a_nonce_and_a_challenge() {
    let mut situation = Situation::new().await;
    let plain = [
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid profile email"),
        ("state", "a state"),
        ("nonce", NONCE),
        ("code_challenge", "a challenge"),
        ("code_challenge_method", "S256"),
    ];
    assert_eq!(query(&situation, &REQUEST).await, expected(&plain));
    situation.provider.pkce = false;
    situation.provider.form_post = true;
    let posted = [&plain[..6], &[("response_mode", "form_post")]].concat();
    assert_eq!(query(&situation, &REQUEST).await, expected(&posted));
}

#[tokio::test]
async fn what_the_client_asks_for_goes_along() {
    let situation = Situation::new().await;
    let further = [("acr_values", "phr"), ("client_id", "evil"), ("state", "evil")];
    let further = further.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let request = SignInRequest {
        login_hint: Some("ada@acme.example"),
        prompt: Some("login"),
        max_age: Some(0),
        further_scope: Some("calendar email,files"),
        parameters: &further,
        ..REQUEST
    };
    let sent = query(&situation, &request).await;
    let sent = |name: &str| sent.get(name).map(String::as_str);
    assert_eq!(sent("login_hint"), Some("ada@acme.example"));
    assert_eq!((sent("prompt"), sent("max_age")), (Some("login"), Some("0")));
    assert_eq!(sent("scope"), Some("openid profile email calendar files"));
    assert_eq!(sent("acr_values"), Some("phr"));
    assert_eq!((sent("client_id"), sent("state")), (Some(CLIENT_ID), Some("a state")), "ours win");
}

#[tokio::test]
async fn the_query_of_an_endpoint_stays() {
    let situation = Situation::new().await;
    let endpoint = format!("{}authorize?tenant=a&state=theirs", situation.peer.issuer());
    let document = situation.peer.metadata(&json!({"authorization_endpoint": endpoint}));
    situation.peer.server.on(Question::Discovery, Lie::json(200, document));
    let sent = query(&situation, &REQUEST).await;
    assert_eq!(sent.get("tenant").map(String::as_str), Some("a"));
    assert_eq!(sent.get("state").map(String::as_str), Some("a state"));
}

#[tokio::test]
async fn a_code_is_exchanged_with_its_verifier_and_our_secret() {
    let situation = Situation::new().await;
    assert!(situation.redeem().await.is_ok());
    let [exchange] = &situation.peer.server.asked(Question::Code)[..] else { panic!("one exchange") };
    let form = [
        ("grant_type", "authorization_code"),
        ("code", "a code"),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", "a code verifier"),
        ("client_id", CLIENT_ID),
        ("client_secret", CLIENT_SECRET),
    ];
    assert_eq!(exchange.form, expected(&form));
    assert_eq!(exchange.headers.get("authorization"), None);
}

#[tokio::test]
async fn a_secret_may_travel_in_the_header_encoded_as_a_form() {
    let mut situation = Situation::new().await;
    situation.provider.client_authentication = ClientAuthentication::ClientSecretBasic;
    situation.secret = "our secret: + ä%".into();
    assert!(situation.redeem().await.is_ok());
    let [exchange] = &situation.peer.server.asked(Question::Code)[..] else { panic!("one exchange") };
    let expected = STANDARD.encode(format!("{CLIENT_ID}:our+secret%3A+%2B+%C3%A4%25"));
    assert_eq!(exchange.headers["authorization"], format!("Basic {expected}"));
    assert!(!exchange.form.contains_key("client_secret") && !exchange.form.contains_key("client_id"));
}

#[tokio::test]
async fn a_public_client_has_its_verifier_alone() {
    let mut situation = Situation::new().await;
    situation.provider.client_authentication = ClientAuthentication::None;
    let registration = Registration { secret: None, ..situation.registration() };
    assert!(situation.upstreams.redeem(&registration, &situation.returned(), NOW).await.is_ok());
    let [exchange] = &situation.peer.server.asked(Question::Code)[..] else { panic!("one exchange") };
    assert_eq!(exchange.form["client_id"], CLIENT_ID);
    assert!(!exchange.form.contains_key("client_secret"));
}

async fn check_refusal(lie: Lie, expected: SignInProblem) {
    let situation = Situation::new().await;
    situation.peer.server.on(Question::Code, lie.clone());
    assert_eq!(situation.redeem().await.err(), Some(expected), "{lie:?}");
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_words() {
    let ours = SignInProblem::Unavailable(UnavailableReason::OurCredentials);
    for status in [400, 401, 403] {
        check_refusal(Lie::error(status, "invalid_grant", ""), SignInProblem::CodeRefused).await;
        check_refusal(Lie::error(status, "invalid_client", ""), ours).await;
        check_refusal(Lie::error(status, "unauthorized_client", ""), ours).await;
        let unknown = SignInProblem::Unavailable(UnavailableReason::UnknownError);
        check_refusal(Lie::error(status, "server_error", ""), unknown).await;
    }
    let status = |status| SignInProblem::Unavailable(UnavailableReason::Status(status));
    check_refusal(Lie::error(500, "invalid_grant", ""), status(500)).await;
    check_refusal(Lie::json(302, json!({})), status(302)).await;
    check_refusal(Lie::json(429, json!({})), SignInProblem::Throttled { retry_after: None }).await;
    let garbage = |what| SignInProblem::Unavailable(UnavailableReason::Garbage(what));
    check_refusal(Lie::Raw(200, "text/html", "<b>hi</b>"), garbage(crate::Garbage::NotJson)).await;
    check_refusal(Lie::json(200, json!([])), garbage(crate::Garbage::Malformed)).await;
    check_refusal(Lie::Endless, garbage(crate::Garbage::TooLarge)).await;
    check_refusal(Lie::CutOff, garbage(crate::Garbage::CutOff)).await;
}

/// Whoever starts a sign-in can bring a made-up code back from it, without end.
#[tokio::test]
async fn made_up_codes_keep_nobody_else_from_signing_in() {
    for lie in [
        Lie::Raw(400, "text/html", "<h1>Bad Request</h1>"),
        Lie::json(401, json!([])),
        Lie::json(403, json!({"message": "no such code"})),
        Lie::error(400, "invalid_request", "the code is malformed"),
        Lie::error(400, "invalid_grant", ""),
    ] {
        let situation = Situation::new().await;
        for _ in 0..6 {
            situation.peer.server.on(Question::Code, lie.clone());
            assert!(situation.redeem().await.is_err(), "{lie:?}");
        }
        situation.peer.knows(&json!({}), NOW);
        assert!(situation.redeem().await.is_ok(), "{lie:?}");
    }
}
