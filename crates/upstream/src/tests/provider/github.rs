//! GitHub, which speaks OAuth 2.0 and an API of its own.

use model::provider::{EmailVerification, FixedEndpoints, ProviderEndpoints, ProviderProtocol};
use serde_json::{Value, json};
use testkit::source::{Lie, Question};

use super::super::NOW;
use super::Situation;
use crate::sign_in::{AssertionRefused, Returned, SignInProblem};
use crate::{Garbage, UnavailableReason};

async fn github() -> Situation {
    let mut situation = Situation::new().await;
    let here = situation.peer.issuer();
    situation.provider.protocol = ProviderProtocol::GitHub;
    situation.provider.email_verification = EmailVerification::Believed;
    situation.provider.endpoints = ProviderEndpoints::Fixed(FixedEndpoints {
        authorization: format!("{here}authorize"),
        token: format!("{here}token"),
        userinfo: Some(format!("{here}user")),
        ..FixedEndpoints::default()
    });
    let server = &situation.peer.server;
    server
        .on(Question::Code, Lie::json(200, json!({"access_token": "gho", "token_type": "bearer"})))
        .on(Question::GitHubUser, Lie::json(200, json!({"id": 583_231, "login": "countess", "name": "Ada"})))
        .on(Question::GitHubEmails, Lie::json(200, addresses(true)));
    situation
}

fn addresses(is_verified: bool) -> Value {
    json!([
        {"email": "old@acme.example", "primary": false, "verified": true},
        {"email": "ada@acme.example", "primary": true, "verified": is_verified},
    ])
}

#[tokio::test]
async fn an_account_is_known_by_its_number_and_its_primary_address() {
    let situation = github().await;
    let ada = situation.redeem().await.expect("an honest provider");
    assert_eq!(ada.subject, "583231");
    assert_eq!((ada.profile.email.as_deref(), ada.profile.email_verified), (Some("ada@acme.example"), true));
    assert_eq!((ada.profile.name.as_deref(), ada.profile.nickname.as_deref()), (Some("Ada"), Some("countess")));
    assert_eq!(situation.peer.server.asked(Question::GitHubUser)[0].headers["authorization"], "Bearer gho");
    assert!(situation.peer.server.asked(Question::Discovery).is_empty());
}

#[tokio::test]
async fn an_address_that_github_has_not_verified_is_not() {
    let situation = github().await;
    situation.peer.server.on(Question::GitHubEmails, Lie::json(200, addresses(false)));
    let ada = situation.redeem().await.expect("an honest provider");
    assert_eq!((ada.profile.email.as_deref(), ada.profile.email_verified), (Some("ada@acme.example"), false));
}

#[tokio::test]
async fn without_the_right_to_see_addresses_there_is_none() {
    let situation = github().await;
    situation.peer.server.on(Question::GitHubEmails, Lie::json(404, json!({"message": "Not Found"})));
    let ada = situation.redeem().await.expect("an honest provider");
    assert_eq!((ada.profile.email, ada.profile.email_verified), (None, false));
}

#[tokio::test]
async fn refusals_with_status_200_are_refusals() {
    let situation = github().await;
    let check = async |error: &str, expected: SignInProblem| {
        situation.peer.server.on(Question::Code, Lie::json(200, json!({ "error": error })));
        assert_eq!(situation.redeem().await.err(), Some(expected), "{error}");
    };
    check("bad_verification_code", SignInProblem::CodeRefused).await;
    check("incorrect_client_credentials", SignInProblem::Unavailable(UnavailableReason::OurCredentials)).await;
    assert!(situation.peer.server.asked(Question::GitHubUser).is_empty());
}

#[tokio::test]
async fn an_account_without_a_number_is_nobody() {
    let situation = github().await;
    let garbage = Some(SignInProblem::Unavailable(UnavailableReason::Garbage(Garbage::Malformed)));
    for odd in [json!({"login": "countess"}), json!({"id": "583231", "login": "countess"}), json!([])] {
        situation.peer.server.on(Question::GitHubUser, Lie::json(200, odd));
        assert_eq!(situation.redeem().await.err(), garbage);
    }
}

#[tokio::test]
async fn up_02_an_answer_of_another_issuer_is_not_redeemed_at_github() {
    let situation = github().await;
    let returned = Returned { issuer: Some("https://evil.example/"), ..situation.returned() };
    let refused = situation.upstreams.redeem(&situation.registration(), &returned, NOW).await.err();
    assert_eq!(refused, Some(SignInProblem::NotBelieved(AssertionRefused::ResponseIssuer)));
    assert!(situation.peer.server.seen().is_empty());
}
