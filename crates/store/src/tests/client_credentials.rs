//! `client_credentials` and `used_tokens`.

use model::client_credential::ClientCredential;
use model::{ClientId, CredentialId};
use protocol::client_metadata::ClientAlgorithm;

use super::engines::for_each_engine;
use super::records::{at, client, committed, digest, reader};
use crate::{Store, client_credentials, clients, used_tokens};

fn credential(client: &str, id: &str) -> ClientCredential {
    ClientCredential {
        id: CredentialId::new(id),
        client_id: ClientId::new(client),
        kid: format!("kid of {id}"),
        name: None,
        algorithm: ClientAlgorithm::Rs256,
        pem: "PEM".to_owned(),
        created_at: at(0),
        updated_at: at(0),
        expires_at: None,
    }
}

async fn insert(store: &Store, credential: &ClientCredential) -> bool {
    committed(store, async |tx| client_credentials::insert(tx, credential).await).await
}

async fn with_clients(store: &Store) {
    for id in ["a", "b"] {
        committed(store, async |tx| clients::insert(tx, &client(id), None).await).await;
    }
}

#[tokio::test]
async fn credentials_belong_to_their_client() {
    for_each_engine(async |store| {
        with_clients(store).await;
        let full = ClientCredential {
            name: Some("of «laptop»".to_owned()),
            algorithm: ClientAlgorithm::Ps256,
            created_at: at(-1),
            expires_at: Some(at(9)),
            ..credential("a", "full")
        };
        for stored in [&credential("a", "plain"), &full, &credential("b", "other")] {
            assert!(insert(store, stored).await);
        }
        let mut db = reader(store).await;
        let a = ClientId::new("a");
        assert_eq!(client_credentials::of_client(&mut db, &a).await.unwrap(), [full.clone(), credential("a", "plain")]);
        assert_eq!(client_credentials::find(&mut db, &a, &full.id).await.unwrap(), Some(full));
        assert_eq!(client_credentials::find(&mut db, &a, &CredentialId::new("other")).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_client_has_a_key_once() {
    for_each_engine(async |store| {
        with_clients(store).await;
        let again = ClientCredential { kid: "kid of x".to_owned(), ..credential("a", "y") };
        assert!(insert(store, &credential("a", "x")).await);
        assert!(!insert(store, &again).await);
        assert!(insert(store, &ClientCredential { client_id: ClientId::new("b"), ..again }).await);
    })
    .await;
}

#[tokio::test]
async fn a_credential_is_changed_and_deleted_by_way_of_its_client_alone() {
    for_each_engine(async |store| {
        with_clients(store).await;
        insert(store, &credential("a", "x")).await;
        let (a, b, x) = (ClientId::new("a"), ClientId::new("b"), CredentialId::new("x"));
        let set = async |of: &ClientId, end| {
            committed(store, async |tx| client_credentials::set_expiry(tx, of, &x, end, at(3)).await).await
        };
        assert!(!set(&b, Some(at(5))).await);
        for end in [Some(at(5)), None] {
            assert!(set(&a, end).await);
            let expected = ClientCredential { expires_at: end, updated_at: at(3), ..credential("a", "x") };
            assert_eq!(client_credentials::find(&mut reader(store).await, &a, &x).await.unwrap(), Some(expected));
        }
        let delete =
            async |of: &ClientId| committed(store, async |tx| client_credentials::delete(tx, of, &x).await).await;
        assert_eq!([delete(&b).await, delete(&a).await, delete(&a).await], [false, true, false]);
    })
    .await;
}

#[tokio::test]
async fn te_04_a_token_is_used_up_once() {
    for_each_engine(async |store| {
        let use_up =
            async |number| committed(store, async |tx| used_tokens::use_up(tx, &digest(number), at(1)).await).await;
        assert_eq!([use_up(1).await, use_up(1).await, use_up(2).await], [true, false, true]);
    })
    .await;
}
