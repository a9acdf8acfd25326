//! Signing out at a provider, and UP-13: logout tokens.

use std::collections::HashMap;

use model::provider::ProviderLogout;
use secrecy::SecretString;
use serde_json::{Value, json};
use testkit::source::{Lie, Question};

use super::super::NOW;
use super::Situation;
use crate::sign_in::{AssertionRefused, SignInProblem};
use crate::{LogoutNotice, SignOutRequest};

const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

async fn sign_out(situation: &Situation) -> Option<(String, HashMap<String, String>)> {
    let request = SignOutRequest {
        id_token_hint: Some("their token"),
        return_to: "https://id.example/logout/callback",
        state: "a state",
    };
    let url = situation.upstreams.sign_out_url(&situation.registration(), &request, NOW).await?;
    let query = url.query_pairs().into_owned().collect();
    Some((format!("{}{}", url.origin().ascii_serialization(), url.path()), query))
}

#[tokio::test]
async fn people_sign_out_at_the_end_session_endpoint() {
    let situation = Situation::new().await;
    let (place, query) = sign_out(&situation).await.expect("it has one");
    assert_eq!(place, format!("{}logout", situation.peer.issuer()));
    assert_eq!(query["id_token_hint"], "their token");
    assert_eq!(query["post_logout_redirect_uri"], "https://id.example/logout/callback");
    assert_eq!(query["state"], "a state");
    assert_eq!(query["client_id"], situation.provider.client_id);
}

#[tokio::test]
async fn auth0_has_a_place_of_its_own_and_brings_our_state_in_our_address() {
    let mut situation = Situation::new().await;
    situation.provider.logout = ProviderLogout::Auth0;
    let (place, query) = sign_out(&situation).await.expect("it has one");
    assert_eq!(place, format!("{}v2/logout", situation.peer.issuer()));
    assert_eq!(query["returnTo"], "https://id.example/logout/callback?state=a+state");
    assert!(!query.contains_key("id_token_hint"));
}

#[tokio::test]
async fn a_provider_without_a_place_for_it_is_left_alone() {
    let situation = Situation::new().await;
    let document = situation.peer.metadata(&json!({"end_session_endpoint": null}));
    situation.peer.server.on(Question::Discovery, Lie::json(200, document));
    assert_eq!(sign_out(&situation).await, None);
    let down = Situation::new().await;
    down.peer.server.on(Question::Discovery, Lie::HangUp);
    assert_eq!(sign_out(&down).await, None);
}

fn claims(situation: &Situation, changes: &Value) -> Value {
    let honest = json!({"nonce": null, "events": {EVENT: {}}, "jti": "one", "sid": "their session"});
    let mut all = honest;
    for (name, value) in changes.as_object().expect("an object") {
        all[name] = value.clone();
    }
    situation.peer.claims(&all, NOW)
}

async fn check(typ: &str, changes: Value, expected: Result<(), AssertionRefused>) {
    let situation = Situation::new().await;
    let token = SecretString::from(situation.peer.sign(typ, &claims(&situation, &changes)));
    let outcome = situation.upstreams.verify_logout_token(&situation.registration(), &token, NOW).await;
    assert_eq!(outcome.map(|_| ()), expected.map_err(SignInProblem::NotBelieved), "{typ} {changes}");
}

#[tokio::test]
async fn up_13_a_logout_token_is_judged_like_an_id_token_and_has_the_event() {
    check("logout+jwt", json!({}), Ok(())).await;
    check("JWT", json!({"sub": null}), Ok(())).await;
    check("JWT", json!({"sid": null}), Ok(())).await;
    check("at+jwt", json!({}), Err(AssertionRefused::Type)).await;
    check("JWT", json!({"sub": null, "sid": null}), Err(AssertionRefused::Subject)).await;
    check("JWT", json!({"events": null}), Err(AssertionRefused::LogoutEvent)).await;
    check("JWT", json!({"events": {"other": {}}}), Err(AssertionRefused::LogoutEvent)).await;
    check("JWT", json!({"events": {EVENT: true}}), Err(AssertionRefused::LogoutEvent)).await;
    check("JWT", json!({"nonce": "a nonce"}), Err(AssertionRefused::LogoutEvent)).await;
    check("JWT", json!({"jti": null}), Err(AssertionRefused::Malformed)).await;
    for no_name in [json!(7), json!(""), json!("a\0b"), json!("x".repeat(256))] {
        check("JWT", json!({"sid": no_name}), Err(AssertionRefused::Malformed)).await;
    }
    check("JWT", json!({"aud": "other"}), Err(AssertionRefused::Audience)).await;
    check("JWT", json!({"iss": "https://evil.example/"}), Err(AssertionRefused::Issuer)).await;
    check("JWT", json!({"exp": NOW.seconds() - 60}), Err(AssertionRefused::Expired)).await;
    check("JWT", json!({"iat": NOW.seconds() + 3600}), Err(AssertionRefused::IssuedAt)).await;
}

#[tokio::test]
async fn up_13_a_logout_token_that_is_not_signed_or_by_another_key_is_none() {
    let situation = Situation::new().await;
    let honest = situation.peer.sign("logout+jwt", &claims(&situation, &json!({})));
    situation.peer.sign_with_an_unknown_key();
    let foreign = situation.peer.sign("logout+jwt", &claims(&situation, &json!({})));
    let (input, _) = honest.rsplit_once('.').expect("three parts");
    for (token, why) in [
        (foreign, AssertionRefused::UnknownKey),
        (format!("{input}."), AssertionRefused::Signature),
        ("e30.e30.".to_owned(), AssertionRefused::Malformed),
    ] {
        let token = SecretString::from(token);
        let outcome = situation.upstreams.verify_logout_token(&situation.registration(), &token, NOW).await;
        assert_eq!(outcome, Err(SignInProblem::NotBelieved(why)));
    }
}

#[tokio::test]
async fn a_notice_says_who_and_which_login() {
    let situation = Situation::new().await;
    let token = SecretString::from(situation.peer.sign("logout+jwt", &claims(&situation, &json!({}))));
    let notice = situation.upstreams.verify_logout_token(&situation.registration(), &token, NOW).await;
    let expected = LogoutNotice {
        subject: Some("ada-1".into()),
        sid: Some("their session".into()),
        jti: "one".into(),
        expires_at: NOW.plus_seconds(360),
    };
    assert_eq!(notice, Ok(expected));
}
