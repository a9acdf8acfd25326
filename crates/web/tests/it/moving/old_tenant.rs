//! A second broker as the old tenant, which speaks the same dialect over a real connection.

use model::UserId;
use model::connection::Connection;
use model::user::PasswordCredential;
use protocol::client_metadata::GrantType;
use serde_json::json;
use testkit::source::{CLIENT_ID, REALM, source_at};
use testkit::{App, RelyingParty, native};

use crate::site::{DIRECTORY, EMAIL, PASSWORD, assert_page, claims};

const ADA: &str = "auth0|5f7c8ec7c33c6c004bbafe82";

struct Tenants {
    old: App,
    new: App,
    client: RelyingParty,
    connection: Connection,
}

impl Tenants {
    /// Ada is at the old tenant alone.
    async fn new() -> Self {
        let old = App::listening().await;
        let ours = old.add_client(CLIENT_ID, |client| {
            client.grant_types = vec![GrantType::PasswordRealm, GrantType::ClientCredentials];
            client.is_token_endpoint_ip_header_trusted = true;
        });
        let ours = ours.await;
        let directory = old.add_connection(REALM, &[&ours], |_| {}).await;
        old.add_client_grant(&ours, &format!("{}api/v2/", old.issuer()), "read:users").await;
        let ada = old.add_user(&directory, ADA, EMAIL, Some(native(PASSWORD))).await;
        let metadata = json!({"plan": "gold"}).as_object().unwrap().clone();
        old.change_user(&ada, |user| user.app_metadata = metadata).await;

        let new = App::new().await;
        let client = new.add_client("app", |_| {}).await;
        let connection = new.add_connection(DIRECTORY, &[&client], |_| {}).await;
        new.set_source(&connection.id, source_at(old.issuer()), ours.secret.as_deref().unwrap()).await;
        Tenants { old, new, client, connection }
    }

    async fn log_in(&self, password: &str) -> testkit::Visit {
        self.new.browser().log_in(&self.client.request(), EMAIL, password).await
    }

    /// How often the old tenant was asked, whatever it answered.
    async fn asked(&self) -> usize {
        self.old.events_of("sepft").await.len() + self.old.events_of("fepft").await.len()
    }
}

#[tokio::test]
async fn the_first_sign_in_moves_and_the_second_does_not_ask() {
    for seeded in [false, true] {
        let tenants = Tenants::new().await;
        if seeded {
            let credential = PasswordCredential::Source { source: "old".into() };
            tenants.new.add_user(&tenants.connection, ADA, EMAIL, Some(credential)).await;
        }
        for _ in 0..2 {
            let answer = tenants.log_in(PASSWORD).await.answer();
            let tokens = tenants.client.exchange(&tenants.new, answer.code()).await;
            assert_eq!(claims(&tokens.text("id_token"))["sub"], ADA);
        }
        assert_eq!(tenants.asked().await, 1);
        let [asked] = &tenants.old.events_of("sepft").await[..] else { panic!("one event") };
        assert_eq!(asked.user_id, Some(UserId::new(ADA)));
        assert_eq!(tenants.old.find_user(&UserId::new(ADA)).await.unwrap().last_ip.as_deref(), Some("203.0.113.7"));
        let moved = tenants.new.find_user(&UserId::new(ADA)).await.unwrap();
        assert_eq!(moved.app_metadata["plan"], "gold");
    }
}

#[tokio::test]
async fn its_refusals_are_told_apart() {
    let tenants = Tenants::new().await;
    assert_page(tenants.log_in("wrong").await, 400, "Wrong email or password");
    tenants.old.change_user(&UserId::new(ADA), |user| user.blocked = Some(true)).await;
    assert_page(tenants.log_in(PASSWORD).await, 403, "This account is blocked");
    tenants.old.change_user(&UserId::new(ADA), |user| user.blocked = None).await;
    for _ in 0..9 {
        tenants.log_in("wrong").await;
    }
    // Both count the person's own address. Ours closes first, and does not ask.
    assert_page(tenants.log_in(PASSWORD).await, 429, "Too many tries from here");
    assert_eq!(tenants.asked().await, 11);
    assert!(tenants.new.dump().await.rows("users").is_empty());
}
