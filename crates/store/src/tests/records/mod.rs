//! Records to store: each small, each complete enough to be told from the next.

mod configuration;
mod grants;
mod people;

pub(in crate::tests) use configuration::*;
pub(in crate::tests) use grants::*;
pub(in crate::tests) use people::*;

use model::connection::Connection;
use model::grant::Digest;
use model::{ClientId, ConnectionId, FamilyId, JsonObject, SessionId, Timestamp, UserId};

use crate::connections::StoredConnection;
use crate::users::Stored;
use crate::{Reader, Store, StoreError, WriteTx, clients, connections, families, resource_servers, sessions, users};

pub(in crate::tests) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Minutes after [`NOW`], or before it.
pub(in crate::tests) const fn at(minutes: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + minutes * 60_000)
}

/// Does something in a write of its own.
pub(in crate::tests) async fn committed<T>(
    store: &Store,
    work: impl AsyncFnOnce(&mut WriteTx) -> Result<T, StoreError>,
) -> T {
    let mut tx = store.write().await.unwrap();
    let answer = work(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    answer
}

pub(in crate::tests) async fn reader(store: &Store) -> Reader {
    store.read().await.unwrap()
}

pub(in crate::tests) const fn digest(number: u8) -> Digest {
    [number; 32]
}

pub(in crate::tests) fn object(value: serde_json::Value) -> JsonObject {
    let serde_json::Value::Object(object) = value else { panic!("{value} is no object") };
    object
}

pub(in crate::tests) fn client_id() -> ClientId {
    ClientId::new("app")
}

pub(in crate::tests) fn connection_id() -> ConnectionId {
    ConnectionId::new("con_people")
}

pub(in crate::tests) fn user_id() -> UserId {
    UserId::new("auth0|ada")
}

pub(in crate::tests) fn sid() -> SessionId {
    SessionId::new("session")
}

pub(in crate::tests) fn family_id() -> FamilyId {
    FamilyId::new("family")
}

/// Stores the client `app`, the connections `con_people` and `con_social`, the API `books` and the person
/// `auth0|ada`, who has a session and a token family.
pub(in crate::tests) async fn populate(store: &Store) {
    let social = connection("con_social");
    let social =
        StoredConnection { connection: Connection { strategy: "oidc".to_owned(), ..social.connection }, ..social };
    committed(store, async |tx| {
        assert!(clients::insert(tx, &client("app"), None).await?);
        assert!(resource_servers::insert(tx, &api("books")).await?);
        assert!(connections::insert(tx, &connection("con_people")).await?);
        assert!(connections::insert(tx, &social).await?);
        assert_eq!(users::insert(tx, &user("ada", "ada@example.com")).await?, Stored::Done);
        sessions::insert(tx, &session("session"), &digest(100)).await?;
        assert!(families::insert(tx, &family("family"), at(100)).await?);
        Ok(())
    })
    .await;
}
