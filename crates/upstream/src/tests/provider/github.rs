//! GitHub, which speaks OAuth 2.0 and an API of its own.

use model::provider::{EmailVerification, FixedEndpoints, ProfileField, ProviderEndpoints, ProviderProtocol};
use model::user::Profile;
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

/// Somebody shows an address that is another's, and nobody let us see those that are proven.
#[tokio::test]
async fn lk_01_an_address_that_an_account_shows_is_not_taken() {
    let mut situation = github().await;
    situation.provider.email_verification = EmailVerification::Assumed;
    let shown = json!({"id": 583_231, "login": "countess", "email": "victim@x.io", "email_verified": true});
    situation.peer.server.on(Question::GitHubUser, Lie::json(200, shown));
    situation.peer.server.on(Question::GitHubEmails, Lie::json(404, json!({"message": "Not Found"})));
    let ada = situation.redeem().await.expect("an honest provider");
    assert_eq!((ada.profile.email, ada.profile.email_verified), (None, false));
}

#[tokio::test]
async fn fields_of_an_account_that_are_no_honest_text_are_left_out() {
    let situation = github().await;
    let odd = json!({"id": 583_231, "login": "x".repeat(301), "name": "a\u{0}b", "avatar_url": "javascript:alert(1)"});
    situation.peer.server.on(Question::GitHubUser, Lie::json(200, odd));
    let odd = json!([{"email": format!("{}@acme.example", "x".repeat(300)), "primary": true, "verified": true}]);
    situation.peer.server.on(Question::GitHubEmails, Lie::json(200, odd));
    assert_eq!(situation.redeem().await.expect("an honest provider").profile, Profile::default());
}

#[tokio::test]
async fn a_connection_says_which_member_of_an_account_fills_which_field() {
    let mut situation = github().await;
    situation.provider.attributes.insert(ProfileField::Nickname, "twitter_username".into());
    situation.provider.attributes.insert(ProfileField::Email, "notification_email".into());
    let account = json!({"id": 583_231, "login": "countess", "name": "Ada", "avatar_url": "https://x.io/a.png",
        "twitter_username": "ada", "notification_email": "victim@x.io"});
    situation.peer.server.on(Question::GitHubUser, Lie::json(200, account));
    let expected = Profile {
        email: Some("victim@x.io".into()),
        email_verified: false,
        name: Some("Ada".into()),
        nickname: Some("ada".into()),
        picture: Some("https://x.io/a.png".into()),
        ..Profile::default()
    };
    let found = situation.redeem().await.expect("an honest provider").profile;
    assert_eq!(found, expected, "what is proven is another address");
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
