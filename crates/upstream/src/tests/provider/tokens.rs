//! UP-02, UP-03 and UP-15: what must stand in an ID token, and who must have signed it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openidconnect::PrivateSigningKey;
use openidconnect::core::{CoreHmacKey, CoreJwsSigningAlgorithm};
use serde_json::{Value, json};
use testkit::provider::CLIENT_ID;
use testkit::source::{Lie, Question};

use super::super::NOW;
use super::{Situation, ada, not_believed};
use crate::sign_in::AssertionRefused::{
    AccessTokenHash, Algorithm, Audience, AuthenticatedAt, AuthorizedParty, CodeHash, Expired, IssuedAt, Issuer,
    Malformed, NoIdToken, Nonce, NotYetValid, RequiredClaim, ResponseIssuer, Signature, Subject,
};
use crate::sign_in::{AssertionRefused, Returned, SignInProblem};

async fn check(changes: Value, expected: Result<(), AssertionRefused>) {
    let situation = Situation::new().await;
    let expected = expected.map_or_else(not_believed, |()| ada());
    assert_eq!(situation.told(&changes).await, expected, "{changes}");
}

const SECONDS: i64 = NOW.seconds();

#[tokio::test]
async fn up_03_the_issuer_is_compared_byte_for_byte() {
    check(json!({}), Ok(())).await;
    check(json!({"iss": "https://evil.example/"}), Err(Issuer)).await;
    check(json!({"iss": null}), Err(Issuer)).await;
    check(json!({"iss": ["x"]}), Err(Issuer)).await;
    let situation = Situation::new().await;
    let without_slash = situation.peer.issuer().trim_end_matches('/').to_owned();
    assert_eq!(situation.told(&json!({"iss": without_slash})).await, not_believed(Issuer));
}

#[tokio::test]
async fn up_03_the_token_is_for_us_and_made_for_us() {
    check(json!({"aud": [CLIENT_ID]}), Ok(())).await;
    check(json!({"aud": [CLIENT_ID, "other"], "azp": CLIENT_ID}), Ok(())).await;
    check(json!({"aud": "other"}), Err(Audience)).await;
    check(json!({"aud": ["other"]}), Err(Audience)).await;
    check(json!({"aud": null}), Err(Audience)).await;
    check(json!({"aud": {CLIENT_ID: true}}), Err(Audience)).await;
    check(json!({"aud": [CLIENT_ID, "other"]}), Err(AuthorizedParty)).await;
    check(json!({"aud": [CLIENT_ID, "other"], "azp": "other"}), Err(AuthorizedParty)).await;
    check(json!({"azp": "other"}), Err(AuthorizedParty)).await;
    check(json!({"azp": 7}), Err(AuthorizedParty)).await;
}

#[tokio::test]
async fn up_03_the_token_is_of_now_with_a_minute_of_tolerance() {
    check(json!({"exp": SECONDS - 59}), Ok(())).await;
    check(json!({"exp": SECONDS - 60}), Err(Expired)).await;
    check(json!({"exp": null}), Err(Expired)).await;
    check(json!({"exp": "tomorrow"}), Err(Expired)).await;
    check(json!({"exp": i64::MAX}), Ok(())).await;
    check(json!({"iat": SECONDS + 60}), Ok(())).await;
    check(json!({"iat": SECONDS + 61}), Err(IssuedAt)).await;
    check(json!({"iat": SECONDS + 3600}), Err(IssuedAt)).await;
    check(json!({"iat": null}), Err(IssuedAt)).await;
    check(json!({"nbf": SECONDS + 60}), Ok(())).await;
    check(json!({"nbf": SECONDS + 61}), Err(NotYetValid)).await;
    check(json!({"nbf": "now"}), Err(NotYetValid)).await;
}

#[tokio::test]
async fn up_03_the_nonce_is_the_one_of_this_request() {
    check(json!({"nonce": "another"}), Err(Nonce)).await;
    check(json!({"nonce": null}), Err(Nonce)).await;
    check(json!({"nonce": ""}), Err(Nonce)).await;
}

#[tokio::test]
async fn up_03_hashes_are_of_what_came_with_the_token() {
    // SHA-256 of `at` and of `a code`, of which the left half counts.
    let half = |text: &str| {
        let digest = openssl::sha::sha256(text.as_bytes());
        URL_SAFE_NO_PAD.encode(&digest[..16])
    };
    check(json!({"at_hash": half("at")}), Ok(())).await;
    check(json!({"at_hash": half("another")}), Err(AccessTokenHash)).await;
    check(json!({"at_hash": 7}), Err(AccessTokenHash)).await;
    check(json!({"c_hash": half("a code")}), Ok(())).await;
    check(json!({"c_hash": half("another")}), Err(CodeHash)).await;
}

#[tokio::test]
async fn a_subject_is_kept_byte_for_byte_or_refused() {
    let situation = Situation::new().await;
    for kept in ["auth0|5F", "Straße 7", "x.y", "00u1"] {
        assert_eq!(situation.told(&json!({"sub": kept})).await, Ok(kept.to_owned()));
    }
    for refused in [json!(""), json!("a\nb"), json!("a".repeat(256)), json!(7), json!(null)] {
        assert_eq!(situation.told(&json!({"sub": refused})).await, not_believed(Subject), "{refused}");
    }
}

async fn check_token(token: &str, expected: AssertionRefused) {
    let situation = Situation::new().await;
    situation.peer.server.on(Question::Code, situation.peer.tokens(token));
    assert_eq!(situation.redeem().await.err(), Some(SignInProblem::NotBelieved(expected)), "{token}");
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

#[tokio::test]
async fn up_03_a_token_without_a_signature_is_none() {
    let claims = Situation::new().await.peer.claims(&json!({}), NOW);
    for alg in ["none", "None", "NONE", "", "RS1", "dir", "ES256K", "PS512"] {
        let token = unsigned(&json!({"alg": alg, "kid": "first"}), &claims);
        check_token(&format!("{token}."), Algorithm).await;
    }
    check_token(&format!("{}.", unsigned(&json!({"alg": "RS256", "kid": "first"}), &claims)), Signature).await;
    check_token(&format!("{}.", unsigned(&json!({"kid": "first"}), &claims)), Malformed).await;
    check_token("not a token", Malformed).await;
    check_token("", Malformed).await;
}

/// The public key is known to everybody; as the secret of an HMAC it must not sign anything.
#[tokio::test]
async fn up_03_the_public_key_is_no_secret_of_an_hmac() {
    let situation = Situation::new().await;
    let claims = situation.peer.claims(&json!({}), NOW);
    for secret in [testkit::provider::CLIENT_SECRET.to_owned(), situation.provider.client_id.clone()] {
        let input = unsigned(&json!({"alg": "HS256", "kid": "first"}), &claims);
        let signature = CoreHmacKey::new(secret)
            .sign(&CoreJwsSigningAlgorithm::HmacSha256, input.as_bytes())
            .expect("an HMAC takes any key");
        check_token(&format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature)), Algorithm).await;
    }
}

#[tokio::test]
async fn up_03_a_signature_is_over_these_very_claims() {
    let situation = Situation::new().await;
    let honest = situation.peer.sign("JWT", &situation.peer.claims(&json!({}), NOW));
    let (input, signature) = honest.rsplit_once('.').expect("three parts");
    let (header, _) = input.split_once('.').expect("three parts");
    let eve = URL_SAFE_NO_PAD.encode(situation.peer.claims(&json!({"sub": "eve"}), NOW).to_string());
    check_token(&format!("{header}.{eve}.{signature}"), Signature).await;
    check_token(&format!("{honest}AA"), Signature).await;
    check_token(&format!("{honest}.x"), Malformed).await;
}

#[tokio::test]
async fn up_03_without_an_id_token_nobody_is_known() {
    let situation = Situation::new().await;
    situation.peer.server.on(Question::Code, Lie::json(200, json!({"access_token": "at"})));
    let refused = situation.redeem().await.err();
    assert_eq!(refused, Some(SignInProblem::NotBelieved(NoIdToken)));
    assert!(situation.peer.server.asked(Question::UserInfo).is_empty());
}

/// UP-02: neither a wrong `iss` nor a missing one that was promised brings the code anywhere.
#[tokio::test]
async fn up_02_an_answer_of_another_issuer_is_not_redeemed() {
    let mut situation = Situation::new().await;
    let issuer = situation.peer.issuer();
    let redeem = async |situation: &Situation, issuer: Option<&str>| {
        let returned = Returned { issuer, ..situation.returned() };
        let outcome = situation.upstreams.redeem(&situation.registration(), &returned, NOW).await;
        outcome.map(|assertion| assertion.subject)
    };
    assert_eq!(redeem(&situation, Some("https://evil.example/")).await, not_believed(ResponseIssuer));
    assert_eq!(redeem(&situation, Some("")).await, not_believed(ResponseIssuer));
    assert!(situation.peer.server.asked(Question::Code).is_empty());
    assert_eq!(redeem(&situation, Some(&issuer)).await, ada());

    let promise = situation.peer.metadata(&json!({"authorization_response_iss_parameter_supported": true}));
    situation.peer.server.on(Question::Discovery, Lie::json(200, promise));
    situation.upstreams = super::super::upstreams();
    assert_eq!(redeem(&situation, None).await, not_believed(ResponseIssuer));
    assert_eq!(situation.peer.server.asked(Question::Code).len(), 1);
    assert_eq!(redeem(&situation, Some(&issuer)).await, ada());
}

#[tokio::test]
async fn a_code_that_is_refused_says_nothing_against_the_provider() {
    let situation = Situation::new().await;
    for _ in 0..8 {
        situation.peer.server.on(Question::Code, Lie::error(400, "invalid_grant", "expired"));
        assert_eq!(situation.redeem().await.err(), Some(SignInProblem::CodeRefused));
    }
    situation.peer.knows(&json!({}), NOW);
    assert!(situation.redeem().await.is_ok());
}

/// UP-15: a connection that demands a step up takes nothing less.
#[tokio::test]
async fn up_15_a_demanded_acr_must_be_shown() {
    let mut situation = Situation::new().await;
    situation.provider.required_claims.insert("acr".into(), vec!["phr".into(), "phrh".into()]);
    assert_eq!(situation.told(&json!({"acr": "phr"})).await, ada());
    for odd in [json!("0"), json!(null), json!(["phr"]), json!("phr phrh")] {
        assert_eq!(situation.told(&json!({"acr": odd})).await, not_believed(RequiredClaim), "{odd}");
    }
}

async fn check_authentication(auth_time: Value, asked_anew: bool, max_age: Option<u64>, is_fine: bool) {
    let situation = Situation::new().await;
    situation.peer.knows(&json!({"auth_time": auth_time}), NOW);
    let returned = Returned { asked_anew, max_age, ..situation.returned() };
    let outcome = situation.upstreams.redeem(&situation.registration(), &returned, NOW).await;
    let expected = if is_fine { ada() } else { not_believed(AuthenticatedAt) };
    assert_eq!(outcome.map(|assertion| assertion.subject), expected, "{auth_time} {asked_anew} {max_age:?}");
}

#[tokio::test]
async fn a_new_proof_that_was_asked_for_is_a_new_one() {
    check_authentication(json!(SECONDS - 9_000), false, None, true).await;
    check_authentication(json!(SECONDS - 9_000), true, None, false).await;
    check_authentication(json!(SECONDS - 30), true, None, true).await;
    check_authentication(json!(null), true, None, true).await;
    check_authentication(json!(SECONDS - 700), false, Some(600), false).await;
    check_authentication(json!(SECONDS - 600), false, Some(600), true).await;
    check_authentication(json!(null), false, Some(600), false).await;
    check_authentication(json!(SECONDS - 61), false, Some(0), false).await;
    check_authentication(json!(i64::MIN), false, Some(u64::MAX), true).await;
}
