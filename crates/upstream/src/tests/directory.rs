//! Looking people up, and the token this takes.

use std::time::Duration;

use serde_json::json;

use super::{ADA, Lie, NOW, Question, Situation, ada, verified};
use crate::DirectoryAnswer::{Absent, Throttled, Unavailable, Unsupported};
use crate::{DirectoryAnswer, Garbage, UnavailableReason};

/// What a lie about who has Ada's address becomes.
async fn check(lie: Lie, expected: Result<&str, DirectoryAnswer>) {
    let situation = Situation::new().await;
    situation.server.on(Question::UsersByEmail, lie.clone());
    let outcome = match situation.find(" Ada@X.io").await {
        DirectoryAnswer::Found(profile) => Ok(profile.user_id.as_str().to_owned()),
        other => Err(other),
    };
    assert_eq!(outcome, expected.map(str::to_owned), "{lie:?}");
    assert_eq!(situation.server.asked(Question::UsersByEmail)[0].target, "/api/v2/users-by-email?email=ada%40x.io");
}

fn garbage(what: Garbage) -> DirectoryAnswer {
    Unavailable(UnavailableReason::Garbage(what))
}

#[tokio::test]
async fn an_address_leads_to_the_one_person_of_our_realm() {
    let mut elsewhere = ada();
    elsewhere["user_id"] = json!("google-oauth2|7");
    elsewhere["identities"] = json!([{"connection": "google-oauth2", "provider": "google-oauth2", "user_id": "7"}]);
    let mut other_address = ada();
    other_address["email"] = json!("eve@x.io");
    check(Lie::json(200, json!([ada()])), Ok(ADA)).await;
    check(Lie::json(200, json!([elsewhere, ada()])), Ok(ADA)).await;
    check(Lie::json(200, json!([elsewhere])), Err(Absent)).await;
    check(Lie::json(200, json!([])), Err(Absent)).await;
    check(Lie::json(200, json!([ada(), ada()])), Err(garbage(Garbage::Ambiguous))).await;
    check(Lie::json(200, json!([other_address])), Err(garbage(Garbage::OtherPerson))).await;
    check(Lie::json(200, json!({"users": []})), Err(garbage(Garbage::Malformed))).await;
    check(Lie::json(200, json!(["ada"])), Err(garbage(Garbage::Malformed))).await;
}

#[tokio::test]
async fn could_not_ask_is_not_absent() {
    let status = |status| Unavailable(UnavailableReason::Status(status));
    check(Lie::json(500, json!([])), Err(status(500))).await;
    check(Lie::json(503, json!({"errorCode": "timeout"})), Err(status(503))).await;
    check(
        Lie::json(403, json!({"errorCode": "insufficient_scope"})),
        Err(Unavailable(UnavailableReason::OurCredentials)),
    )
    .await;
    check(Lie::Raw(404, "text/html", "no such page"), Err(garbage(Garbage::NotJson))).await;
    let limited = Lie::json(429, json!({})).with_header("Retry-After", "30");
    check(limited, Err(Throttled { retry_after: Some(Duration::from_secs(30)) })).await;
}

#[tokio::test]
async fn a_source_whose_profiles_we_do_not_read_is_not_asked() {
    let situation = Situation::without_profiles().await;
    assert_eq!(situation.find("ada@x.io").await, Unsupported);
    assert!(situation.server.seen().is_empty());
}

#[tokio::test]
async fn the_management_token_is_kept_until_a_minute_before_it_expires() {
    let situation = Situation::new().await;
    situation.server.on(Question::ManagementToken, Lie::json(200, json!({"access_token": "t", "expires_in": 3_600})));
    for (seconds, fetched) in [(0, 1), (3_500, 1), (3_545, 2), (3_600, 2)] {
        let answer = situation.check_password_at(NOW.plus_seconds(seconds)).await;
        assert!(verified(answer).is_ok(), "after {seconds} s");
        assert_eq!(situation.server.asked(Question::ManagementToken).len(), fetched, "after {seconds} s");
    }
}

#[tokio::test]
async fn a_management_token_that_is_refused_is_replaced_once() {
    let situation = Situation::new().await;
    situation.server.on(Question::User, Lie::json(401, json!({"message": "Invalid token"})));
    assert!(verified(situation.check_password().await).is_err());
    assert_eq!(situation.server.asked(Question::ManagementToken).len(), 2);
    assert_eq!(situation.server.asked(Question::User).len(), 2);

    situation.server.on(Question::User, Lie::json(200, ada()));
    assert!(verified(situation.check_password().await).is_ok());
    assert_eq!(situation.server.asked(Question::ManagementToken).len(), 3);
}
