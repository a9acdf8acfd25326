//! `resource_servers` and `client_grants`.

use model::client::ClientGrant;
use model::resource_server::{ResourceServer, TokenDialect};
use model::{ClientGrantId, ClientId, ResourceServerId};
use protocol::scope::ScopeSet;

use super::engines::for_each_engine;
use super::records::{api, at, client, client_grant, committed, reader};
use crate::client_grants::ClientGrantFilter;
use crate::{Page, Store, StoreError, client_grants, clients, resource_servers};

const ALL: Page = Page::Offset { skip: 0, limit: 100 };

async fn find(store: &Store, id_or_identifier: &str) -> Option<ResourceServer> {
    resource_servers::find(&mut reader(store).await, id_or_identifier).await.unwrap()
}

#[tokio::test]
async fn an_api_is_found_by_id_and_by_identifier() {
    for_each_engine(async |store| {
        assert!(committed(store, async |tx| resource_servers::insert(tx, &api("a")).await).await);
        assert_eq!(find(store, "a").await, Some(api("a")));
        assert_eq!(find(store, "https://a.example/").await, Some(api("a")));
        assert_eq!(find(store, "https://a.example").await, None);
    })
    .await;
}

#[tokio::test]
async fn an_api_whose_identifier_is_anothers_id_does_not_hide_it() {
    for_each_engine(async |store| {
        let impostor = ResourceServer { identifier: "b".to_owned(), ..api("a") };
        committed(store, async |tx| resource_servers::insert(tx, &impostor).await).await;
        committed(store, async |tx| resource_servers::insert(tx, &api("b")).await).await;
        assert_eq!(find(store, "b").await, Some(api("b")));
        assert_eq!(find(store, "a").await, Some(impostor));
    })
    .await;
}

#[tokio::test]
async fn an_id_and_an_identifier_are_taken_once() {
    for_each_engine(async |store| {
        committed(store, async |tx| resource_servers::insert(tx, &api("a")).await).await;
        let same_id = ResourceServer { identifier: "other".to_owned(), ..api("a") };
        let same_identifier = ResourceServer { id: ResourceServerId::new("other"), ..api("a") };
        for taken in [same_id, same_identifier] {
            assert!(!committed(store, async |tx| resource_servers::insert(tx, &taken).await).await);
        }
        assert_eq!(resource_servers::count(&mut reader(store).await, &[]).await.unwrap(), 1);
        assert_eq!(find(store, "a").await, Some(api("a")));
    })
    .await;
}

#[tokio::test]
async fn an_update_replaces_the_version_it_has_read_and_keeps_the_identifier() {
    for_each_engine(async |store| {
        committed(store, async |tx| resource_servers::insert(tx, &api("a")).await).await;
        let changed = ResourceServer {
            name: "New".to_owned(),
            scopes: Vec::new(),
            token_dialect: TokenDialect::AccessTokenAuthz,
            is_system: true,
            updated_at: at(1),
            ..api("a")
        };
        let renamed = ResourceServer { identifier: "https://elsewhere.example/".to_owned(), ..changed.clone() };
        assert!(committed(store, async |tx| resource_servers::update(tx, &renamed).await).await);
        assert!(!committed(store, async |tx| resource_servers::update(tx, &api("a")).await).await);
        assert_eq!(find(store, "a").await, Some(ResourceServer { version: 2, ..changed }));
    })
    .await;
}

#[tokio::test]
async fn apis_are_listed_by_identifier() {
    for_each_engine(async |store| {
        for id in ["c", "a", "b"] {
            committed(store, async |tx| resource_servers::insert(tx, &api(id)).await).await;
        }
        let mut db = reader(store).await;
        let wanted = ["https://b.example/".to_owned(), "https://a.example/".to_owned(), "none".to_owned()];
        for (identifiers, expected) in [(&[][..], vec!["a", "b", "c"]), (&wanted[..], vec!["a", "b"])] {
            let found = resource_servers::list(&mut db, identifiers, &ALL).await.unwrap();
            assert_eq!(found.iter().map(|api| api.id.as_str()).collect::<Vec<_>>(), expected);
            let count = resource_servers::count(&mut db, identifiers).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), expected.len());
        }
    })
    .await;
}

/// Two clients, two APIs, and the grants `1` to `3`.
async fn populate(store: &Store) {
    committed(store, async |tx| {
        for id in ["one", "two"] {
            clients::insert(tx, &client(id), None).await?;
        }
        for id in ["a", "b"] {
            resource_servers::insert(tx, &api(id)).await?;
        }
        for (id, client, audience) in [("1", "one", "a"), ("2", "one", "b"), ("3", "two", "a")] {
            assert!(client_grants::insert(tx, &client_grant(id, client, &api(audience))).await?);
        }
        Ok(())
    })
    .await;
}

async fn grants(store: &Store, filter: &ClientGrantFilter) -> Vec<String> {
    let found = client_grants::list(&mut reader(store).await, filter, &ALL).await.unwrap();
    let count = client_grants::count(&mut reader(store).await, filter).await.unwrap();
    assert_eq!(usize::try_from(count).unwrap(), found.len());
    found.into_iter().map(|grant| grant.id.to_string()).collect()
}

#[tokio::test]
async fn a_client_grant_is_found_by_id_and_by_what_it_says() {
    for_each_engine(async |store| {
        populate(store).await;
        let mut db = reader(store).await;
        let expected = client_grant("2", "one", &api("b"));
        assert_eq!(client_grants::find(&mut db, &expected.id).await.unwrap().as_ref(), Some(&expected));
        let found = client_grants::find_for(&mut db, &expected.client_id, &expected.audience).await.unwrap();
        assert_eq!(found, Some(expected));
        assert_eq!(client_grants::find(&mut db, &ClientGrantId::new("4")).await.unwrap(), None);
        let none = client_grants::find_for(&mut db, &ClientId::new("two"), "https://b.example/").await.unwrap();
        assert_eq!(none, None);
    })
    .await;
}

#[tokio::test]
async fn a_client_has_one_grant_for_an_api() {
    for_each_engine(async |store| {
        populate(store).await;
        let second = ClientGrant { scope: ScopeSet::parse("other"), ..client_grant("4", "two", &api("a")) };
        assert!(!committed(store, async |tx| client_grants::insert(tx, &second).await).await);
        let same_id = client_grant("1", "two", &api("b"));
        assert!(!committed(store, async |tx| client_grants::insert(tx, &same_id).await).await);
        assert_eq!(grants(store, &ClientGrantFilter::default()).await, ["1", "2", "3"]);
    })
    .await;
}

#[tokio::test]
async fn a_grant_for_nobody_or_nothing_is_an_error() {
    for_each_engine(async |store| {
        populate(store).await;
        for grant in [client_grant("4", "nobody", &api("b")), client_grant("4", "two", &api("nothing"))] {
            let mut tx = store.write().await.unwrap();
            assert!(matches!(client_grants::insert(&mut tx, &grant).await, Err(StoreError::Failed(_))));
        }
    })
    .await;
}

#[tokio::test]
async fn client_grants_are_listed_by_client_and_api() {
    for_each_engine(async |store| {
        populate(store).await;
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        for (client_ids, audiences, expected) in [
            (texts(&[]), texts(&[]), vec!["1", "2", "3"]),
            (texts(&["one"]), texts(&[]), vec!["1", "2"]),
            (texts(&["one", "two"]), texts(&["https://a.example/"]), vec!["1", "3"]),
            (texts(&["two"]), texts(&["https://b.example/"]), vec![]),
        ] {
            assert_eq!(grants(store, &ClientGrantFilter { client_ids, audiences }).await, expected);
        }
    })
    .await;
}

#[tokio::test]
async fn a_grants_scope_is_replaced() {
    for_each_engine(async |store| {
        populate(store).await;
        let (id, scope) = (ClientGrantId::new("1"), ScopeSet::parse(""));
        assert!(committed(store, async |tx| client_grants::set_scope(tx, &id, &scope, at(5)).await).await);
        let found = client_grants::find(&mut reader(store).await, &id).await.unwrap();
        let expected = ClientGrant { scope: scope.clone(), updated_at: at(5), ..client_grant("1", "one", &api("a")) };
        assert_eq!(found, Some(expected));
        let none = ClientGrantId::new("4");
        assert!(!committed(store, async |tx| client_grants::set_scope(tx, &none, &scope, at(5)).await).await);
    })
    .await;
}

#[tokio::test]
async fn a_grant_goes_with_its_client_and_with_its_api() {
    for_each_engine(async |store| {
        populate(store).await;
        let id = ClientGrantId::new("3");
        assert!(committed(store, async |tx| client_grants::delete(tx, &id).await).await);
        assert!(!committed(store, async |tx| client_grants::delete(tx, &id).await).await);
        let b = ResourceServerId::new("b");
        assert!(committed(store, async |tx| resource_servers::delete(tx, &b).await).await);
        assert!(!committed(store, async |tx| resource_servers::delete(tx, &b).await).await);
        assert_eq!(grants(store, &ClientGrantFilter::default()).await, ["1"]);
        assert!(committed(store, async |tx| clients::delete(tx, &ClientId::new("one")).await).await);
        assert_eq!(grants(store, &ClientGrantFilter::default()).await, Vec::<String>::new());
    })
    .await;
}
