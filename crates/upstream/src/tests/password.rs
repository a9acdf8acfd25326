//! What each thing a source can say about a password becomes.

use std::time::Duration;

use model::UserId;
use serde_json::json;

use super::{ADA, Lie, NOW, Question, Situation, ada, tokens, upstreams, verified};
use crate::SourceAnswer::{Blocked, Breached, MfaRequired, Throttled, Unavailable, WrongPassword};
use crate::UnavailableReason::{OurCredentials, Status, UnknownError};
use crate::{Garbage, ProfileOrigin, SourceAnswer, UnavailableReason};

/// What a lie of the token endpoint becomes. The person is asked about once, and nothing further is read.
async fn check(lie: Lie, expected: SourceAnswer) {
    let situation = Situation::new().await;
    situation.server.on(Question::Password, lie.clone());
    assert_eq!(situation.check_password().await, expected, "{lie:?}");
    assert_eq!(situation.server.seen().len(), 1, "{lie:?}");
}

fn garbage(what: Garbage) -> SourceAnswer {
    Unavailable(UnavailableReason::Garbage(what))
}

#[tokio::test]
async fn refusals_are_told_apart_by_their_words() {
    for status in [400, 401, 403] {
        let refusal = |error, description| Lie::error(status, error, description);
        check(refusal("invalid_grant", "Wrong email or password."), WrongPassword).await;
        check(refusal("invalid_grant", "Anything else"), WrongPassword).await;
        check(Lie::json(status, json!({"error": "invalid_grant"})), WrongPassword).await;
        check(refusal("invalid_grant", "user is blocked"), Blocked).await;
        check(refusal("unauthorized", "user is blocked"), Blocked).await;
        check(refusal("access_denied", "User is blocked."), Blocked).await;
        check(refusal("password_leaked", "This login attempt has been blocked"), Breached).await;
        check(refusal("mfa_required", "Multifactor authentication required"), MfaRequired).await;
        check(refusal("too_many_attempts", "Your account has been blocked"), Throttled { retry_after: None }).await;
        check(refusal("too_many_requests", "Global limit"), Throttled { retry_after: None }).await;
        check(refusal("invalid_client", "user is blocked"), Unavailable(OurCredentials)).await;
        check(refusal("unauthorized_client", "Grant type not allowed"), Unavailable(OurCredentials)).await;
        check(refusal("access_denied", "Unauthorized"), Unavailable(OurCredentials)).await;
        check(refusal("access_denied", "Denied by a rule"), Unavailable(UnknownError)).await;
        check(refusal("requires_verification", "Captcha"), Unavailable(UnknownError)).await;
    }
}

#[tokio::test]
async fn throttling_says_for_how_long() {
    let after = |seconds| Throttled { retry_after: Some(Duration::from_secs(seconds)) };
    let limit = || Lie::error(429, "too_many_requests", "Global limit has been reached");
    check(limit(), Throttled { retry_after: None }).await;
    check(limit().with_header("Retry-After", "20"), after(20)).await;
    check(limit().with_header("Retry-After", "soon"), Throttled { retry_after: None }).await;
    check(Lie::error(429, "too_many_attempts", "").with_header("Retry-After", "9"), after(9)).await;
    check(Lie::Raw(429, "text/html", "slow down"), Throttled { retry_after: None }).await;
}

#[tokio::test]
async fn wrong_password_is_never_read_out_of_anything_else() {
    let wrong = || json!({"error": "invalid_grant", "error_description": "Wrong email or password."});
    for status in [404, 500, 502, 503] {
        check(Lie::json(status, wrong()), Unavailable(Status(status))).await;
    }
    check(Lie::json(200, wrong()), garbage(Garbage::Malformed)).await;
    check(Lie::json(403, json!({"message": "invalid_grant"})), garbage(Garbage::Malformed)).await;
    check(Lie::Raw(403, "text/html", "{\"error\":\"invalid_grant\"}"), garbage(Garbage::NotJson)).await;
    check(Lie::Raw(200, "text/html", "<h1>Hello</h1>"), garbage(Garbage::NotJson)).await;
    check(Lie::Raw(403, "application/json", "{\"error\":\"invalid_grant\""), garbage(Garbage::NotJson)).await;
    check(Lie::CutOff, garbage(Garbage::CutOff)).await;
    check(Lie::Endless, garbage(Garbage::TooLarge)).await;
    check(Lie::HangUp, Unavailable(UnavailableReason::Unreachable)).await;
}

/// SS-03 (CVE-2026-4366): wherever it leads, to another network, another scheme or in a circle.
#[tokio::test]
async fn ss_03_redirects_are_not_followed() {
    for status in [301, 302, 303, 307, 308] {
        let mut situation = Situation::new().await;
        let issuer = situation.server.issuer();
        let (elsewhere, circle) = (format!("{issuer}elsewhere"), format!("{issuer}oauth/token"));
        let places = [&elsewhere, &circle, "http://169.254.169.254/", "file:///etc/passwd", "gopher://127.0.0.1/"];
        for (asked, place) in places.into_iter().enumerate() {
            situation.server.on(Question::Password, Lie::json(status, json!({})).with_header("Location", place));
            // Nothing is known yet of the failures before.
            situation.upstreams = upstreams();
            assert_eq!(situation.check_password().await, Unavailable(Status(status)), "{place}");
            assert_eq!(situation.server.seen().len(), asked + 1, "{place}");
        }
    }
}

#[tokio::test]
async fn the_question_names_the_realm_our_client_and_the_person() {
    let situation = Situation::without_profiles().await;
    assert_eq!(verified(situation.check_password().await).map(|(id, _)| id), Ok(ADA.to_owned()));
    let [request] = &situation.server.seen()[..] else { panic!("one request") };
    assert_eq!((request.method.as_str(), request.target.as_str()), ("POST", "/oauth/token"));
    assert_eq!(request.headers.get("auth0-forwarded-for").map(String::as_str), Some("198.51.100.7"));
    assert_eq!(request.headers.get("content-type").map(String::as_str), Some("application/x-www-form-urlencoded"));
    let expected = [
        ("grant_type", "http://auth0.com/oauth/grant-type/password-realm"),
        ("client_id", "landbridge"),
        ("client_secret", "our secret"),
        ("username", "ada@x.io"),
        ("password", "correct horse"),
        ("realm", "Username-Password-Authentication"),
        ("scope", "openid profile email"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(request.form, expected.into_iter().collect());
}

#[tokio::test]
async fn the_profile_comes_from_the_directory_with_its_metadata() {
    let situation = Situation::new().await;
    let SourceAnswer::Verified(profile) = situation.check_password().await else { panic!("verified") };
    assert_eq!(profile.origin, ProfileOrigin::Directory);
    assert_eq!(profile.profile.name.as_deref(), Some("Ada"));
    assert_eq!(profile.app_metadata["plan"], "gold");
    let read = &situation.server.asked(Question::User)[0];
    assert_eq!(read.target, format!("/api/v2/users/{}", ADA.replace('|', "%7C")));
    assert_eq!(read.headers["authorization"], "Bearer mgmt");
    let asked_for = &situation.server.asked(Question::ManagementToken)[0].form;
    assert_eq!(asked_for["audience"], format!("{}api/v2/", situation.server.issuer()));
}

/// What a token answer with these claims becomes, at a source whose profiles we do not read.
async fn check_claims(changes: serde_json::Value, expected: Result<&str, Garbage>) {
    let situation = Situation::without_profiles().await;
    situation.server.on(Question::Password, tokens(&situation.server, &changes));
    let outcome = verified(situation.check_password().await).map(|(id, _)| id);
    assert_eq!(outcome, expected.map(str::to_owned).map_err(garbage), "{changes}");
}

#[tokio::test]
async fn a_proof_is_believed_only_for_the_person_who_was_asked_about() {
    check_claims(json!({"email": "ADA@x.io"}), Ok(ADA)).await;
    check_claims(json!({"email": "eve@x.io"}), Err(Garbage::OtherPerson)).await;
    check_claims(json!({"email": null, "nickname": null}), Err(Garbage::OtherPerson)).await;
    check_claims(json!({"email": null, "preferred_username": "ada@x.io"}), Ok(ADA)).await;
    check_claims(json!({"sub": null}), Err(Garbage::NoSubject)).await;
    check_claims(json!({"sub": ""}), Err(Garbage::NoSubject)).await;
    check_claims(json!({"iss": "https://evil.example/"}), Err(Garbage::WrongIssuer)).await;
    check_claims(json!({"aud": "another client"}), Err(Garbage::WrongAudience)).await;
    check_claims(json!({"exp": NOW.seconds() - 60}), Err(Garbage::Expired)).await;
}

#[tokio::test]
async fn a_person_of_the_directory_is_recognised_by_the_id_alone() {
    let situation = Situation::new().await;
    let expected = UserId::new(ADA);
    let answer = situation.check_password_of("old-spelling@x.io", Some(&expected), NOW).await;
    assert_eq!(verified(answer).map(|(id, _)| id), Ok(ADA.to_owned()));
    let other = UserId::new("auth0|0000");
    let answer = situation.check_password_of("ada@x.io", Some(&other), NOW).await;
    assert_eq!(answer, garbage(Garbage::OtherPerson));
}

#[tokio::test]
async fn a_person_may_sign_in_by_username() {
    let situation = Situation::new().await;
    let answer = situation.check_password_of("Countess", None, NOW).await;
    assert_eq!(verified(answer).map(|(id, _)| id), Ok(ADA.to_owned()));
    let answer = situation.check_password_of("baroness", None, NOW).await;
    assert_eq!(answer, garbage(Garbage::OtherPerson));
}

#[tokio::test]
async fn without_an_id_token_userinfo_tells_who_it_is() {
    let situation = Situation::without_profiles().await;
    situation.server.on(Question::Password, Lie::json(200, json!({"access_token": "opaque"})));
    situation.server.on(Question::UserInfo, Lie::json(200, json!({"sub": ADA, "email": "ada@x.io"})));
    let SourceAnswer::Verified(profile) = situation.check_password().await else { panic!("verified") };
    assert_eq!((profile.user_id.as_str(), profile.origin), (ADA, ProfileOrigin::UserInfo));
    assert_eq!(situation.server.asked(Question::UserInfo)[0].headers["authorization"], "Bearer opaque");

    situation.server.on(Question::UserInfo, Lie::json(401, json!({"error": "invalid_token"})));
    assert_eq!(situation.check_password().await, Unavailable(Status(401)));
    situation.server.on(Question::Password, Lie::json(200, json!({"token_type": "Bearer"})));
    assert_eq!(situation.check_password().await, garbage(Garbage::Malformed));
}

/// What becomes of a right password when reading the profile brings this.
async fn check_profile(lie: Lie, expected: Result<&str, SourceAnswer>) {
    let situation = Situation::new().await;
    situation.server.on(Question::User, lie.clone());
    let outcome = verified(situation.check_password().await).map(|(_, name)| name);
    assert_eq!(outcome, expected.map(|name| Some(name.to_owned())), "{lie:?}");
}

#[tokio::test]
async fn nobody_is_moved_without_metadata_that_exists() {
    check_profile(Lie::json(503, json!({})), Err(Unavailable(Status(503)))).await;
    check_profile(Lie::error(429, "x", "").with_header("X-RateLimit-Reset", "0"), Err(Throttled { retry_after: None }))
        .await;
    check_profile(Lie::Raw(403, "text/html", "go away"), Err(garbage(Garbage::NotJson))).await;
    check_profile(Lie::json(401, json!({})), Err(Unavailable(OurCredentials))).await;
    check_profile(Lie::CutOff, Err(garbage(Garbage::CutOff))).await;
    check_profile(Lie::json(200, json!([])), Err(garbage(Garbage::Malformed))).await;
    let mut eve = ada();
    eve["user_id"] = json!("auth0|eve");
    check_profile(Lie::json(200, eve), Err(garbage(Garbage::OtherPerson))).await;
    let mut blocked = ada();
    blocked["blocked"] = json!(true);
    check_profile(Lie::json(200, blocked), Err(Blocked)).await;
    let mut enrolled = ada();
    enrolled["multifactor"] = json!(["guardian"]);
    check_profile(Lie::json(200, enrolled), Err(MfaRequired)).await;
}

#[tokio::test]
async fn a_source_that_clearly_has_no_metadata_for_us_is_taken_at_its_word() {
    check_profile(Lie::json(404, json!({"errorCode": "inexistent_user"})), Ok("Ada of the token")).await;
    check_profile(Lie::json(403, json!({"errorCode": "insufficient_scope"})), Ok("Ada of the token")).await;
}

#[tokio::test]
async fn a_client_without_a_grant_for_the_directory_moves_people_by_their_tokens() {
    let situation = Situation::new().await;
    let refusal = |error, description| Lie::error(403, error, description);
    situation.server.on(Question::ManagementToken, refusal("access_denied", "Client is not authorized to access"));
    assert_eq!(verified(situation.check_password().await).map(|(id, _)| id), Ok(ADA.to_owned()));
    situation.server.on(Question::ManagementToken, refusal("access_denied", "Unauthorized"));
    assert_eq!(situation.check_password().await, Unavailable(OurCredentials));
    situation.server.on(Question::ManagementToken, refusal("server_error", ""));
    assert_eq!(situation.check_password().await, Unavailable(UnknownError));
}
