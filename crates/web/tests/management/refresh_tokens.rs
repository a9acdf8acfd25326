//! `/refresh-tokens`, `/users/{id}/refresh-tokens` and `/device-credentials`.

use std::time::Duration;

use http::StatusCode;
use protocol::client_metadata::RotationType;
use serde_json::{Value, json};
use testkit::{App, RelyingParty, for_each_deployment, for_each_engine, native};

use crate::api::{Api, each, expect, expect_refusal};

const PASSWORD: &str = "correct horse battery";
const ADA: &str = "auth0%7Cada";

/// Ada, two applications of which the second's tokens stay, and a caller at another node than the one she signs in at.
struct Place {
    app: App,
    api: Api,
    rotating: RelyingParty,
    staying: RelyingParty,
}

impl Place {
    async fn on([app, other]: [App; 2]) -> Self {
        let rotating = app.add_client("rotating", |_| {}).await;
        let stays = |client: &mut model::client::Client| {
            client.refresh_token.rotation_type = RotationType::NonRotating;
        };
        let staying = app.add_client("staying", stays).await;
        let connection = app.add_connection("people", &[&rotating, &staying], |_| {}).await;
        app.add_user(&connection, "auth0|ada", "ada@x.test", Some(native(PASSWORD))).await;
        app.add_user(&connection, "auth0|bob", "bob@x.test", Some(native(PASSWORD))).await;
        Place { app, api: Api::on(other).await, rotating, staying }
    }

    /// Signs somebody in and gives their refresh token.
    async fn sign_in(&self, client: &RelyingParty, who: &str) -> String {
        self.app.advance(Duration::from_secs(1));
        let request = client.request().scope("openid offline_access");
        let answer = self.app.browser().log_in(&request, who, PASSWORD).await.answer();
        client.exchange(&self.app, answer.code()).await.text("refresh_token")
    }

    /// The next refresh token, if there is one.
    async fn refresh(&self, client: &RelyingParty, token: &str) -> Option<String> {
        let answer = client.refresh(&self.app, token).await;
        (answer.status == StatusCode::OK).then(|| answer.json()["refresh_token"].as_str().unwrap_or(token).to_owned())
    }

    async fn tokens(&self) -> Vec<Value> {
        let listed = expect(&self.api.get(&format!("/users/{ADA}/refresh-tokens")).await, 200);
        listed["tokens"].as_array().expect("tokens").clone()
    }

    async fn ids(&self) -> Vec<String> {
        self.tokens().await.iter().map(|token| token["id"].as_str().expect("an id").to_owned()).collect()
    }
}

#[tokio::test]
async fn a_refresh_token_keeps_its_id_through_its_exchanges() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let token = place.sign_in(&place.rotating, "ada@x.test").await;
        let shown = place.tokens().await.remove(0);
        assert_eq!((&shown["user_id"], &shown["client_id"]), (&json!("auth0|ada"), &json!("rotating")));
        assert_eq!((&shown["rotating"], shown.get("last_exchanged_at")), (&json!(true), None));
        assert!(shown["session_id"].is_string() && shown["expires_at"].is_string());
        assert_eq!(shown["resource_servers"], json!([]));
        assert!(!shown.to_string().contains(&token));

        place.app.advance(Duration::from_mins(1));
        let token = place.refresh(&place.rotating, &token).await.expect("it is good");
        let path = format!("/refresh-tokens/{}", shown["id"].as_str().unwrap());
        let later = expect(&place.api.get(&path).await, 200);
        assert_eq!((&later["id"], &later["created_at"]), (&shown["id"], &shown["created_at"]));
        assert!(later["last_exchanged_at"].is_string());
        assert_eq!(expect(&place.api.delete(&path).await, 202), Value::Null);
        assert_eq!(expect(&place.api.delete(&path).await, 202), Value::Null);
        assert_eq!(place.refresh(&place.rotating, &token).await, None);
        let gone = place.api.get(&path).await;
        expect_refusal(&gone, 404, Some("inexistent_refresh_token"), "The refresh token does not exist.");
        let recorded = place.app.events_of("sapi").await;
        assert_eq!(recorded.len(), 1);
        assert_eq!(recorded[0].user_id.as_ref().map(model::UserId::as_str), Some("auth0|ada"));
    })
    .await;
}

#[tokio::test]
async fn what_is_noted_stays_through_exchanges_until_it_is_replaced() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let token = place.sign_in(&place.rotating, "ada@x.test").await;
        let shown = place.tokens().await.remove(0);
        assert_eq!(shown.get("refresh_token_metadata"), None);
        let path = format!("/refresh-tokens/{}", shown["id"].as_str().unwrap());
        let note = async |metadata: Value| {
            let change = json!({ "refresh_token_metadata": metadata });
            expect(&place.api.patch(&path, change).await, 200)["refresh_token_metadata"].clone()
        };
        assert_eq!(note(json!({"device": "kitchen", "a": "b"})).await, json!({"device": "kitchen", "a": "b"}));
        place.refresh(&place.rotating, &token).await.expect("it is good");
        let kitchen = json!({"device": "kitchen"});
        assert_eq!(note(kitchen.clone()).await, kitchen);
        assert_eq!(expect(&place.api.get(&path).await, 200)["refresh_token_metadata"], kitchen);

        let before = place.app.dump().await;
        let same = expect(&place.api.patch(&path, json!({})).await, 200);
        assert_eq!(same["refresh_token_metadata"], kitchen);
        let bad = place.api.patch(&path, json!({"refresh_token_metadata": {"a": 1}})).await;
        let message = "Payload validation error: refresh_token_metadata must have names and string values of at most 255 \
                       characters";
        expect_refusal(&bad, 400, Some("invalid_body"), message);
        let nowhere = place.api.patch("/refresh-tokens/x", json!({"refresh_token_metadata": {}})).await;
        expect_refusal(&nowhere, 404, Some("inexistent_refresh_token"), "The refresh token does not exist.");
        place.app.assert_unchanged_since(&before).await;

        assert_eq!(note(Value::Null).await, Value::Null);
        expect(&place.api.delete(&path).await, 202);
        let gone = place.api.patch(&path, json!({"refresh_token_metadata": {}})).await;
        expect_refusal(&gone, 404, Some("inexistent_refresh_token"), "The refresh token does not exist.");
    })
    .await;
}

#[tokio::test]
async fn pages_hold_each_refresh_token_once_and_none_that_has_ended() {
    for_each_engine(async |app| {
        let place = Place::on([app.clone(), app]).await;
        for client in [&place.rotating, &place.staying, &place.rotating] {
            place.sign_in(client, "ada@x.test").await;
        }
        place.sign_in(&place.rotating, "bob@x.test").await;
        let ids = place.ids().await;
        assert_eq!(ids.len(), 3);
        let path = "/refresh-tokens?user_id=auth0%7Cada&take=2";
        let first = expect(&place.api.get(path).await, 200);
        let next = first["next"].as_str().expect("there is more");
        let second = expect(&place.api.get(&format!("{path}&from={next}")).await, 200);
        assert_eq!(second.get("next"), None);
        assert_eq!([each(&first["refresh_tokens"], "id"), each(&second["refresh_tokens"], "id")].concat(), ids);
        let of_client = expect(&place.api.get(&format!("{path}&client_id=staying")).await, 200);
        assert_eq!(each(&of_client["refresh_tokens"], "id"), [ids[1].as_str()]);
        assert_eq!(of_client["refresh_tokens"][0]["rotating"], false);
        place.app.advance(Duration::from_hours(24 * 366));
        let api = Api::on(place.app.clone()).await;
        assert_eq!(expect(&api.get(path).await, 200), json!({"refresh_tokens": []}));
        let nobody = api.get("/users/nobody/refresh-tokens").await;
        expect_refusal(&nobody, 404, Some("inexistent_user"), "The user does not exist.");
        let missing = api.get("/refresh-tokens").await;
        expect_refusal(&missing, 400, Some("invalid_query_string"), "Query validation error: user_id is missing");
    })
    .await;
}

#[tokio::test]
async fn refresh_tokens_end_as_far_as_asked_and_sessions_stay() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let (rotating, staying) = (&place.rotating, &place.staying);
        let path = "/refresh-tokens/revoke";
        let mut tokens = Vec::new();
        for client in [rotating, staying, rotating] {
            tokens.push(place.sign_in(client, "ada@x.test").await);
        }
        let bob = place.sign_in(rotating, "bob@x.test").await;
        let ids = place.ids().await;
        expect(&place.api.post(path, json!({"ids": [ids[0], "unknown"]})).await, 202);
        assert_eq!(place.ids().await, ids[1..]);
        expect(&place.api.post(path, json!({"user_id": "auth0|ada", "client_id": "staying"})).await, 202);
        assert_eq!(place.ids().await, ids[2..]);
        expect(&place.api.post(path, json!({"user_id": "auth0|ada", "audience": "https://other.test/"})).await, 202);
        assert_eq!(place.ids().await, ids[2..]);
        expect(&place.api.delete(&format!("/users/{ADA}/refresh-tokens")).await, 202);
        assert_eq!(place.ids().await, Vec::<String>::new());
        assert_eq!(place.refresh(rotating, &tokens[0]).await, None);
        assert_eq!(place.refresh(staying, &tokens[1]).await, None);
        assert_eq!(place.refresh(rotating, &tokens[2]).await, None);
        assert!(place.refresh(rotating, &bob).await.is_some());
        let sessions = expect(&place.api.get(&format!("/users/{ADA}/sessions")).await, 200);
        assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(3));
    })
    .await;
}

#[tokio::test]
async fn ad_04_what_does_not_say_whose_tokens_ends_none() {
    let app = Box::pin(App::new()).await;
    let place = Place::on([app.clone(), app]).await;
    place.sign_in(&place.rotating, "ada@x.test").await;
    let before = place.app.dump().await;
    for body in [
        json!({}),
        json!({"client_id": "rotating"}),
        json!({"ids": ["x"], "user_id": "auth0|ada"}),
        json!({"ids": "x"}),
    ] {
        let refused = place.api.post("/refresh-tokens/revoke", body).await;
        assert_eq!(expect(&refused, 400)["errorCode"], "invalid_body");
    }
    let nobody = place.api.post("/refresh-tokens/revoke", json!({"user_id": "auth0|nobody"})).await;
    expect_refusal(&nobody, 404, Some("inexistent_user"), "The user does not exist.");
    place.app.assert_unchanged_since(&before).await;
}

#[tokio::test]
async fn a_refresh_token_is_a_credential_of_a_device_too() {
    for_each_engine(async |app| {
        let place = Place::on([app.clone(), app]).await;
        let token = place.sign_in(&place.rotating, "ada@x.test").await;
        place.sign_in(&place.staying, "ada@x.test").await;
        let ids = place.ids().await;
        let path = "/device-credentials?user_id=auth0%7Cada";
        let shown = json!([
            {"id": ids[0], "type": "rotating_refresh_token", "user_id": "auth0|ada", "client_id": "rotating"},
            {"id": ids[1], "type": "refresh_token", "user_id": "auth0|ada", "client_id": "staying"},
        ]);
        assert_eq!(expect(&place.api.get(path).await, 200), shown);
        for (query, expected) in [
            ("type=refresh_token", vec![&shown[1]]),
            ("type=rotating_refresh_token&client_id=rotating", vec![&shown[0]]),
            ("type=public_key", vec![]),
            ("per_page=1&page=1", vec![&shown[1]]),
        ] {
            assert_eq!(expect(&place.api.get(&format!("{path}&{query}")).await, 200), json!(expected), "{query}");
        }
        let page = expect(&place.api.get(&format!("{path}&include_totals=true&per_page=1")).await, 200);
        assert_eq!((&page["total"], &page["device_credentials"]), (&json!(2), &json!([shown[0]])));
        assert_eq!(place.api.get(&format!("{path}&type=x")).await.status, 400);
        expect(&place.api.delete(&format!("/device-credentials/{}", ids[0])).await, 204);
        assert_eq!(place.refresh(&place.rotating, &token).await, None);
        assert_eq!(place.ids().await, ids[1..]);
    })
    .await;
}
