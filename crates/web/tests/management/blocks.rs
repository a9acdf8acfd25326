//! `/user-blocks` and `/anomaly/blocks/ips`.

use std::time::Duration;

use serde_json::json;
use testkit::{App, RelyingParty, Visit, for_each_deployment, native};

use crate::api::{Api, expect, expect_refusal};

const PASSWORD: &str = "correct horse battery";
/// Where calls come from in tests.
const ADDRESS: &str = "203.0.113.7";

struct Place {
    app: App,
    api: Api,
    client: RelyingParty,
}

impl Place {
    async fn on([app, other]: [App; 2]) -> Self {
        let client = app.add_client("app", |_| {}).await;
        let connection = app.add_connection("people", &[&client], |_| {}).await;
        for name in ["ada", "bob"] {
            app.add_user(&connection, &format!("auth0|{name}"), &format!("{name}@x.test"), Some(native(PASSWORD)))
                .await;
        }
        Place { app, api: Api::on(other).await, client }
    }

    async fn fail(&self, name: &str, times: usize) {
        for _ in 0..times {
            self.app.browser().log_in(&self.client.request(), name, "wrong").await;
        }
    }

    /// Whether somebody comes in with the right password.
    async fn may_enter(&self, name: &str) -> bool {
        matches!(self.app.browser().log_in(&self.client.request(), name, PASSWORD).await, Visit::Left(_))
    }
}

#[tokio::test]
async fn a_closed_account_is_shown_and_opened_by_id() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        place.fail("ada@x.test", 9).await;
        let path = "/user-blocks/auth0%7Cada";
        assert_eq!(expect(&place.api.get(path).await, 200), json!({"blocked_for": []}));
        place.fail("ada@x.test", 1).await;
        let block = json!({"identifier": "ada@x.test", "ip": ADDRESS});
        assert_eq!(expect(&place.api.get(path).await, 200), json!({"blocked_for": [block]}));
        assert!(!place.may_enter("ada@x.test").await);
        expect(&place.api.delete(path).await, 204);
        assert_eq!(expect(&place.api.get(path).await, 200), json!({"blocked_for": []}));
        assert!(place.may_enter("ada@x.test").await);
        assert_eq!(place.app.events_of("ublkdu").await.len(), 1);
        let nobody = place.api.get("/user-blocks/nobody").await;
        expect_refusal(&nobody, 404, Some("inexistent_user"), "The user does not exist.");
    })
    .await;
}

#[tokio::test]
async fn a_closed_account_is_shown_and_opened_by_name() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        place.fail("ada@x.test", 10).await;
        place.fail("nobody@x.test", 10).await;
        let path = "/user-blocks?identifier=ADA%40x.test";
        let block = json!({"identifier": "ADA@x.test", "ip": ADDRESS, "connection": "people"});
        assert_eq!(expect(&place.api.get(path).await, 200), json!({"blocked_for": [block]}));
        for name in ["bob%40x.test", "nobody%40x.test"] {
            let found = expect(&place.api.get(&format!("/user-blocks?identifier={name}")).await, 200);
            assert_eq!(found, json!({"blocked_for": []}));
        }
        expect(&place.api.delete("/user-blocks?identifier=bob%40x.test").await, 204);
        assert!(!place.may_enter("ada@x.test").await);
        expect(&place.api.delete(path).await, 204);
        assert!(place.may_enter("ada@x.test").await);
        let missing = place.api.get("/user-blocks").await;
        expect_refusal(&missing, 400, Some("invalid_query_string"), "Query validation error: identifier is missing");
    })
    .await;
}

#[tokio::test]
async fn an_address_is_shown_as_long_as_it_is_blocked() {
    for_each_deployment(async |nodes| {
        let place = Place::on(nodes).await;
        let path = format!("/anomaly/blocks/ips/{ADDRESS}");
        let none = async || {
            let answer = place.api.get(&path).await;
            expect_refusal(&answer, 404, Some("inexistent_ip_block"), "The IP block does not exist.");
        };
        place.fail("ada@x.test", 9).await;
        none().await;
        place.fail("ada@x.test", 1).await;
        expect(&place.api.get(&path).await, 200);
        for other in ["203.0.113.8", "2001:db8::1", "somewhere"] {
            assert_eq!(place.api.get(&format!("/anomaly/blocks/ips/{other}")).await.status, 404);
            expect(&place.api.delete(&format!("/anomaly/blocks/ips/{other}")).await, 204);
        }
        assert!(!place.may_enter("ada@x.test").await);
        place.app.advance(Duration::from_mins(16));
        none().await;
        place.fail("ada@x.test", 10).await;
        expect(&place.api.delete(&path).await, 204);
        none().await;
        assert!(place.may_enter("ada@x.test").await);
    })
    .await;
}
