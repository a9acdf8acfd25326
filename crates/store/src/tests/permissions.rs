//! `role_permissions` and `user_permissions`.

use std::collections::BTreeSet;

use model::role::{HeldPermission, Permission, PermissionSource};
use model::{ResourceServerId, RoleId, UserId};

use super::engines::for_each_engine;
use super::records::{api, at, committed, populate, reader, user_id};
use super::roles::role;
use crate::{Store, StoreError, permissions, resource_servers, roles, users};

const BOOKS: &str = "https://books.example/";
const FILMS: &str = "https://films.example/";

fn permission(audience: &str, name: &str) -> Permission {
    Permission { audience: audience.to_owned(), name: name.to_owned() }
}

fn some(permissions: &[(&str, &str)]) -> BTreeSet<Permission> {
    permissions.iter().map(|(audience, name)| permission(audience, name)).collect()
}

/// The role `a` permits reading books and films; Ada has it, and may write and read books besides.
async fn filled(store: &Store) {
    populate(store).await;
    let a = RoleId::new("a");
    committed(store, async |tx| {
        resource_servers::insert(tx, &api("films")).await?;
        roles::insert(tx, &role("a")).await?;
        roles::assign(tx, &user_id(), &a, at(1)).await?;
        assert!(permissions::give_to_role(tx, &a, &some(&[(BOOKS, "read"), (FILMS, "read")])).await?);
        assert!(permissions::give_to_user(tx, &user_id(), &some(&[(BOOKS, "write"), (BOOKS, "read")])).await?);
        Ok(())
    })
    .await;
}

async fn of_role(store: &Store) -> Vec<Permission> {
    let (mut db, a) = (reader(store).await, RoleId::new("a"));
    let held = permissions::of_role(&mut db, &a).await.unwrap();
    assert_eq!(permissions::count_of_role(&mut db, &a).await.unwrap(), held.len() as u64);
    held
}

async fn of_user(store: &Store) -> Vec<HeldPermission> {
    permissions::of_user(&mut reader(store).await, &user_id()).await.unwrap()
}

async fn permitted(store: &Store, audience: &str) -> Vec<String> {
    permissions::permitted(&mut reader(store).await, &user_id(), audience).await.unwrap()
}

#[tokio::test]
async fn what_is_permitted_is_the_union_with_its_sources() {
    for_each_engine(async |store| {
        filled(store).await;
        assert_eq!(of_role(store).await, [permission(BOOKS, "read"), permission(FILMS, "read")]);
        let by_role = || PermissionSource::Role { id: RoleId::new("a"), name: role("a").name };
        let held = |audience, name, sources| HeldPermission { permission: permission(audience, name), sources };
        let expected = [
            held(BOOKS, "read", vec![PermissionSource::Direct, by_role()]),
            held(BOOKS, "write", vec![PermissionSource::Direct]),
            held(FILMS, "read", vec![by_role()]),
        ];
        assert_eq!(of_user(store).await, expected);
        assert_eq!(permissions::count_of_user(&mut reader(store).await, &user_id()).await.unwrap(), 2);
        assert_eq!(permitted(store, BOOKS).await, ["read", "write"]);
        assert_eq!(permitted(store, FILMS).await, ["read"]);
        assert!(permitted(store, "https://nothing.example/").await.is_empty());
        let nobody = UserId::new("auth0|nobody");
        assert!(permissions::permitted(&mut reader(store).await, &nobody, BOOKS).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn permissions_are_given_and_taken_once() {
    for_each_engine(async |store| {
        filled(store).await;
        let a = RoleId::new("a");
        let both = some(&[(BOOKS, "read"), (FILMS, "read")]);
        assert!(!committed(store, async |tx| permissions::give_to_role(tx, &a, &both).await).await);
        let one_more = some(&[(BOOKS, "read"), (BOOKS, "write")]);
        assert!(committed(store, async |tx| permissions::give_to_role(tx, &a, &one_more).await).await);
        assert!(!committed(store, async |tx| permissions::give_to_user(tx, &user_id(), &one_more).await).await);
        assert!(committed(store, async |tx| permissions::take_from_role(tx, &a, &one_more).await).await);
        assert!(!committed(store, async |tx| permissions::take_from_role(tx, &a, &one_more).await).await);
        assert_eq!(of_role(store).await, [permission(FILMS, "read")]);
        assert!(committed(store, async |tx| permissions::take_from_user(tx, &user_id(), &one_more).await).await);
        assert!(!committed(store, async |tx| permissions::take_from_user(tx, &user_id(), &both).await).await);
        assert_eq!((permitted(store, BOOKS).await, permitted(store, FILMS).await), (vec![], vec!["read".to_owned()]));
    })
    .await;
}

#[tokio::test]
async fn what_an_api_withdraws_is_permitted_to_nobody() {
    for_each_engine(async |store| {
        filled(store).await;
        committed(store, async |tx| permissions::withdraw(tx, BOOKS, "read").await).await;
        assert_eq!(of_role(store).await, [permission(FILMS, "read")]);
        assert_eq!(permitted(store, BOOKS).await, ["write"]);
    })
    .await;
}

#[tokio::test]
async fn permissions_go_with_the_api_the_role_and_the_person() {
    for_each_engine(async |store| {
        filled(store).await;
        let books = ResourceServerId::new("books");
        committed(store, async |tx| resource_servers::delete(tx, &books).await).await;
        assert_eq!(of_role(store).await, [permission(FILMS, "read")]);
        assert!(permitted(store, BOOKS).await.is_empty());
        committed(store, async |tx| roles::delete(tx, &RoleId::new("a")).await).await;
        assert!(of_role(store).await.is_empty() && of_user(store).await.is_empty());
        let films = some(&[(FILMS, "write")]);
        committed(store, async |tx| permissions::give_to_user(tx, &user_id(), &films).await).await;
        assert_eq!(permitted(store, FILMS).await, ["write"]);
        committed(store, async |tx| users::delete(tx, &user_id(), at(2)).await).await;
        assert!(of_user(store).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_permission_for_nothing_or_nobody_is_an_error() {
    for_each_engine(async |store| {
        filled(store).await;
        let mut tx = store.write().await.unwrap();
        let nothing = some(&[("https://nothing.example/", "read")]);
        let given = permissions::give_to_role(&mut tx, &RoleId::new("a"), &nothing).await;
        assert!(matches!(given, Err(StoreError::Failed(_))));
        drop(tx);
        let mut tx = store.write().await.unwrap();
        let given = permissions::give_to_user(&mut tx, &UserId::new("auth0|nobody"), &some(&[(BOOKS, "read")])).await;
        assert!(matches!(given, Err(StoreError::Failed(_))));
    })
    .await;
}

#[tokio::test]
async fn an_api_is_held_as_it_is() {
    for_each_engine(async |store| {
        filled(store).await;
        let held = committed(store, async |tx| resource_servers::hold(tx, BOOKS).await).await;
        assert_eq!(held, Some(api("books")));
        assert_eq!(committed(store, async |tx| resource_servers::hold(tx, "books").await).await, None);
    })
    .await;
}
