//! `/sessions`, `/users/{id}/sessions` and `/users/{id}/revoke-access`.

use std::time::Duration;

use http::StatusCode;
use serde_json::{Value, json};
use testkit::{Answer, App, Browser, RelyingParty, for_each_deployment, for_each_engine, native};

use crate::api::{Api, each, expect, expect_refusal};

const PASSWORD: &str = "correct horse battery";
const ADA: &str = "auth0%7Cada";

/// Ada, an application, and a caller at another node than the one she signs in at.
struct Place {
    app: App,
    api: Api,
    client: RelyingParty,
}

/// A browser that Ada signed in with, and what her application got.
struct SignedIn {
    browser: Browser,
    id: String,
    access_token: String,
    refresh_token: String,
}

impl Place {
    async fn on([app, other]: [App; 2]) -> Self {
        let client = app.add_client("app", |_| {}).await;
        let connection = app.add_connection("people", &[&client], |_| {}).await;
        app.add_user(&connection, "auth0|ada", "ada@x.test", Some(native(PASSWORD))).await;
        app.add_user(&connection, "auth0|bob", "bob@x.test", Some(native(PASSWORD))).await;
        Place { app, api: Api::on(other).await, client }
    }

    async fn sign_in(&self, scope: &str) -> SignedIn {
        self.app.advance(Duration::from_secs(1));
        let mut browser = self.app.browser();
        let request = self.client.request().scope(scope);
        let answer = browser.log_in(&request, "ada@x.test", PASSWORD).await.answer();
        let tokens = self.client.exchange(&self.app, answer.code()).await.json();
        let text = |name: &str| tokens[name].as_str().unwrap_or_default().to_owned();
        let sessions = expect(&self.api.get(&format!("/users/{ADA}/sessions")).await, 200);
        let id = (*each(&sessions["sessions"], "id").last().expect("she is signed in")).to_owned();
        SignedIn { browser, id, access_token: text("access_token"), refresh_token: text("refresh_token") }
    }

    async fn is_signed_in(&self, who: &mut SignedIn) -> bool {
        let silently = self.client.request().with("prompt", "none");
        who.browser.authorize(&silently).await.answer().fields.contains_key("code")
    }

    async fn may_use_access_token(&self, who: &SignedIn) -> bool {
        self.app.userinfo(&who.access_token).await.status == StatusCode::OK
    }

    async fn may_refresh(&self, who: &SignedIn) -> bool {
        self.client.refresh(&self.app, &who.refresh_token).await.status == StatusCode::OK
    }

    async fn sessions(&self) -> Value {
        expect(&self.api.get(&format!("/users/{ADA}/sessions")).await, 200)["sessions"].clone()
    }
}

fn expect_accepted(answer: &Answer) {
    assert_eq!(expect(answer, 202), Value::Null);
}

#[tokio::test]
async fn a_session_is_shown_with_its_clients_and_methods() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let ada = place.sign_in("openid").await;
        let session = expect(&place.api.get(&format!("/sessions/{}", ada.id)).await, 200);
        assert_eq!((&session["user_id"], &session["clients"]), (&json!("auth0|ada"), &json!([{"client_id": "app"}])));
        assert_eq!(session["authentication"]["methods"][0]["name"], "pwd");
        assert_eq!(session["authentication"]["methods"][0]["timestamp"], session["authenticated_at"]);
        assert_eq!(place.sessions().await, json!([session]));
        let unknown = place.api.get("/sessions/unknown").await;
        expect_refusal(&unknown, 404, Some("inexistent_session"), "The session does not exist.");
    })
    .await;
}

#[tokio::test]
async fn what_is_noted_is_shown_until_it_is_replaced() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let mut ada = place.sign_in("openid").await;
        assert_eq!(place.sessions().await[0].get("session_metadata"), None);
        let path = format!("/sessions/{}", ada.id);
        let note = async |metadata: Value| {
            let change = json!({ "session_metadata": metadata });
            expect(&place.api.patch(&path, change).await, 200)["session_metadata"].clone()
        };
        assert_eq!(note(json!({"device": "kitchen", "a": "b"})).await, json!({"device": "kitchen", "a": "b"}));
        let kitchen = json!({"device": "kitchen"});
        assert_eq!(note(kitchen.clone()).await, kitchen);
        assert!(place.is_signed_in(&mut ada).await);
        assert_eq!(expect(&place.api.get(&path).await, 200)["session_metadata"], kitchen);
        assert_eq!(place.sessions().await[0]["session_metadata"], kitchen);

        let before = place.app.dump().await;
        assert_eq!(expect(&place.api.patch(&path, json!({})).await, 200)["session_metadata"], kitchen);
        let bad = place.api.patch(&path, json!({"session_metadata": {"a": 1}})).await;
        let message =
            "Payload validation error: session_metadata must have names and string values of at most 255 characters";
        expect_refusal(&bad, 400, Some("invalid_body"), message);
        let many: serde_json::Map<_, _> = (0..26).map(|number| (number.to_string(), json!(""))).collect();
        let many = place.api.patch(&path, json!({ "session_metadata": many })).await;
        let message = "Payload validation error: session_metadata must not have more than 25 properties";
        expect_refusal(&many, 400, Some("invalid_body"), message);
        let nowhere = place.api.patch("/sessions/x", json!({"session_metadata": {}})).await;
        expect_refusal(&nowhere, 404, Some("inexistent_session"), "The session does not exist.");
        place.app.assert_unchanged_since(&before).await;

        assert_eq!(note(Value::Null).await, Value::Null);
        expect_accepted(&place.api.delete(&path).await);
        let gone = place.api.patch(&path, json!({"session_metadata": {}})).await;
        expect_refusal(&gone, 404, Some("inexistent_session"), "The session does not exist.");
    })
    .await;
}

#[tokio::test]
async fn pages_hold_each_living_session_once() {
    for_each_engine(async |app| {
        let place = Place::on([app.clone(), app]).await;
        let mut expected = Vec::new();
        for _ in 0..3 {
            expected.push(place.sign_in("openid").await.id);
        }
        let path = format!("/users/{ADA}/sessions?take=2");
        let first = expect(&place.api.get(&path).await, 200);
        let next = first["next"].as_str().expect("there is more");
        let second = expect(&place.api.get(&format!("{path}&from={next}")).await, 200);
        assert_eq!(second.get("next"), None);
        assert_eq!([each(&first["sessions"], "id"), each(&second["sessions"], "id")].concat(), expected);
        assert_eq!(expect(&place.api.get("/users/auth0%7Cbob/sessions").await, 200), json!({"sessions": []}));
        place.app.advance(Duration::from_hours(24 * 8));
        let api = Api::on(place.app.clone()).await;
        assert_eq!(expect(&api.get(&path).await, 200), json!({"sessions": []}));
        assert_eq!(api.get(&format!("/sessions/{}", expected[0])).await.status, 404);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_deleted_ends_at_once_and_refresh_tokens_outlive_it() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let mut online = place.sign_in("openid").await;
        let mut offline = place.sign_in("openid offline_access").await;
        let mut other = place.sign_in("openid").await;
        for who in [&online, &offline] {
            expect_accepted(&place.api.delete(&format!("/sessions/{}", who.id)).await);
            expect_accepted(&place.api.delete(&format!("/sessions/{}", who.id)).await);
        }
        assert!(!place.is_signed_in(&mut online).await && !place.may_use_access_token(&online).await);
        assert!(!place.is_signed_in(&mut offline).await && place.may_refresh(&offline).await);
        assert!(place.is_signed_in(&mut other).await && place.may_use_access_token(&other).await);
        assert_eq!(each(&place.sessions().await, "id"), [other.id.as_str()]);
    })
    .await;
}

#[tokio::test]
async fn a_session_that_is_revoked_takes_its_refresh_tokens_along() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let mut revoked = place.sign_in("openid offline_access").await;
        let mut other = place.sign_in("openid offline_access").await;
        expect_accepted(&place.api.post(&format!("/sessions/{}/revoke", revoked.id), json!({})).await);
        assert!(!place.is_signed_in(&mut revoked).await && !place.may_refresh(&revoked).await);
        assert!(place.is_signed_in(&mut other).await && place.may_refresh(&other).await);
    })
    .await;
}

/// They live for longer than the row of the session in which they began.
#[tokio::test]
async fn rt_07_refresh_tokens_of_a_session_that_was_swept_are_revoked_with_it() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let revoked = place.sign_in("openid offline_access").await;
        let other = place.sign_in("openid offline_access").await;
        place.app.advance(Duration::from_hours(24 * 8));
        place.app.sweep().await;
        assert!(place.app.dump().await.rows("sessions").is_empty());
        let api = Api::on(place.app.clone()).await;
        let written = place.app.events_of("sapi").await.len();
        for _ in 0..2 {
            expect_accepted(&api.post(&format!("/sessions/{}/revoke", revoked.id), json!({})).await);
        }
        assert_eq!(place.app.events_of("sapi").await.len(), written + 1);
        assert!(!place.may_refresh(&revoked).await && place.may_refresh(&other).await);
    })
    .await;
}

#[tokio::test]
async fn every_session_of_a_person_ends_at_once() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let mut online = place.sign_in("openid").await;
        let mut offline = place.sign_in("openid offline_access").await;
        expect_accepted(&place.api.delete(&format!("/users/{ADA}/sessions")).await);
        assert!(!place.is_signed_in(&mut online).await && !place.may_use_access_token(&online).await);
        assert!(!place.is_signed_in(&mut offline).await && place.may_refresh(&offline).await);
        assert_eq!(place.sessions().await, json!([]));
    })
    .await;
}

#[tokio::test]
async fn access_is_revoked_as_far_as_asked() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let path = format!("/users/{ADA}/revoke-access");
        let mut first = place.sign_in("openid offline_access").await;
        let mut second = place.sign_in("openid offline_access").await;
        let preserving = json!({"session_id": first.id, "preserve_refresh_tokens": true});
        expect_accepted(&place.api.post(&path, preserving).await);
        assert!(!place.is_signed_in(&mut first).await && place.is_signed_in(&mut second).await);
        expect_accepted(&place.api.post(&path, json!({})).await);
        assert!(!place.is_signed_in(&mut second).await);
        assert!(!place.may_refresh(&first).await && !place.may_refresh(&second).await);
    })
    .await;
}

#[tokio::test]
async fn ad_03_nobody_s_session_ends_under_another_name() {
    for_each_engine(async |app| {
        let place = Place::on([app.clone(), app]).await;
        let ada = place.sign_in("openid").await;
        let before = place.app.dump().await;
        let foreign = place.api.post("/users/auth0%7Cbob/revoke-access", json!({"session_id": ada.id})).await;
        expect_refusal(&foreign, 404, Some("inexistent_session"), "The session does not exist.");
        let nobody = place.api.delete("/users/nobody/sessions").await;
        expect_refusal(&nobody, 404, Some("inexistent_user"), "The user does not exist.");
        let unread = place.api.post(&format!("/users/{ADA}/revoke-access"), json!({"sid": ada.id})).await;
        assert_eq!(expect(&unread, 400)["errorCode"], "invalid_body");
        place.app.assert_unchanged_since(&before).await;
        let half = place.api.with_scopes("delete:sessions").await;
        let before = place.app.dump().await;
        for path in [format!("/sessions/{}/revoke", ada.id), format!("/users/{ADA}/revoke-access")] {
            let message = "Insufficient scope, expected any of: delete:refresh_tokens";
            expect_refusal(&half.post(&path, json!({})).await, 403, Some("insufficient_scope"), message);
        }
        place.app.assert_unchanged_since(&before).await;
    })
    .await;
}
