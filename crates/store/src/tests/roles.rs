//! `roles` and `user_roles`.

use model::role::{Role, RoleMember};
use model::user::{Profile, User};
use model::{RoleId, UserId};

use super::engines::for_each_engine;
use super::records::{at, committed, populate, reader, user, user_id};
use crate::roles::{self, Changed};
use crate::{Page, Store, users};

const ALL: Page = Page::Offset { skip: 0, limit: 100 };

pub(super) fn role(id: &str) -> Role {
    Role { id: RoleId::new(id), name: format!("Name of {id}"), description: None, created_at: at(1), version: 1 }
}

async fn insert(store: &Store, role: &Role) -> bool {
    committed(store, async |tx| roles::insert(tx, role).await).await
}

async fn find(store: &Store, id: &str) -> Option<Role> {
    roles::find(&mut reader(store).await, &RoleId::new(id)).await.unwrap()
}

async fn update(store: &Store, role: &Role) -> Changed {
    let mut tx = store.write().await.unwrap();
    let changed = roles::update(&mut tx, role).await.unwrap();
    if changed == Changed::Done {
        tx.commit().await.unwrap();
    }
    changed
}

#[tokio::test]
async fn a_role_has_its_name_for_itself() {
    for_each_engine(async |store| {
        assert!(insert(store, &role("a")).await && insert(store, &role("b")).await);
        let same_name = Role { id: RoleId::new("c"), ..role("a") };
        let same_id = Role { name: "Other".to_owned(), ..role("a") };
        assert!(!insert(store, &same_name).await && !insert(store, &same_id).await);
        let renamed = Role { name: role("b").name, ..role("a") };
        assert_eq!(update(store, &renamed).await, Changed::NameTaken);
        assert_eq!((find(store, "a").await, find(store, "c").await), (Some(role("a")), None));
    })
    .await;
}

#[tokio::test]
async fn an_update_replaces_the_version_it_has_read() {
    for_each_engine(async |store| {
        insert(store, &role("a")).await;
        let changed = Role { name: "New".to_owned(), description: Some("Why".to_owned()), ..role("a") };
        assert_eq!(update(store, &changed).await, Changed::Done);
        assert_eq!(update(store, &role("a")).await, Changed::Stale);
        assert_eq!(update(store, &role("gone")).await, Changed::Stale);
        assert_eq!(find(store, "a").await, Some(Role { version: 2, ..changed }));
    })
    .await;
}

#[tokio::test]
async fn roles_are_found_by_a_part_of_their_name() {
    for_each_engine(async |store| {
        for (id, name) in [("a", "Read 50%"), ("b", "read_all"), ("c", "Ältester [x]*")] {
            insert(store, &Role { name: name.to_owned(), ..role(id) }).await;
        }
        let mut db = reader(store).await;
        for (name, expected) in [
            (None, vec!["a", "b", "c"]),
            (Some("READ"), vec!["a", "b"]),
            (Some("%"), vec!["a"]),
            (Some("_"), vec!["b"]),
            (Some("[X]*"), vec!["c"]),
            (Some("ltest"), vec!["c"]),
            (Some("nothing"), vec![]),
        ] {
            let found = roles::list(&mut db, name, &ALL).await.unwrap();
            assert_eq!(found.iter().map(|role| role.id.as_str()).collect::<Vec<_>>(), expected, "{name:?}");
            assert_eq!(roles::count(&mut db, name).await.unwrap(), expected.len() as u64, "{name:?}");
        }
    })
    .await;
}

/// Ada has the roles `a` and `b`, Bob has `b`.
async fn filled(store: &Store) {
    populate(store).await;
    let bob = user("bob", "bob@example.com");
    let profile = Profile { name: Some("Bob".to_owned()), picture: Some("https://x/b".to_owned()), ..bob.profile };
    let bob = User { profile, ..bob };
    committed(store, async |tx| {
        users::insert(tx, &bob).await?;
        for id in ["b", "a"] {
            assert!(roles::insert(tx, &role(id)).await?);
            assert!(roles::assign(tx, &user_id(), &RoleId::new(id), at(5)).await?);
        }
        assert!(roles::assign(tx, &bob.user_id, &RoleId::new("b"), at(4)).await?);
        Ok(())
    })
    .await;
}

async fn roles_of(store: &Store, user_id: &UserId) -> Vec<String> {
    let mut db = reader(store).await;
    let held = roles::of_user(&mut db, user_id).await.unwrap();
    assert_eq!(roles::count_of_user(&mut db, user_id).await.unwrap(), held.len() as u64);
    held.into_iter().map(|role| role.id.to_string()).collect()
}

async fn members_of(store: &Store, id: &str) -> Vec<RoleMember> {
    let mut db = reader(store).await;
    let members = roles::members(&mut db, &RoleId::new(id), &ALL).await.unwrap();
    assert_eq!(roles::count_members(&mut db, &RoleId::new(id)).await.unwrap(), members.len() as u64);
    members
}

#[tokio::test]
async fn roles_are_given_and_taken_once() {
    for_each_engine(async |store| {
        filled(store).await;
        let (ada, b) = (user_id(), RoleId::new("b"));
        assert_eq!(roles_of(store, &ada).await, ["a", "b"]);
        assert!(!committed(store, async |tx| roles::assign(tx, &ada, &b, at(9)).await).await);
        let members = members_of(store, "b").await;
        let bob = RoleMember {
            user_id: UserId::new("auth0|bob"),
            email: Some("bob@example.com".to_owned()),
            name: Some("Bob".to_owned()),
            picture: Some("https://x/b".to_owned()),
            assigned_at: at(4),
        };
        assert_eq!((members[0].clone(), members[1].assigned_at), (bob, at(5)));
        assert!(committed(store, async |tx| roles::take(tx, &ada, &b).await).await);
        assert!(!committed(store, async |tx| roles::take(tx, &ada, &b).await).await);
        assert_eq!(roles_of(store, &ada).await, ["a"]);
        assert_eq!(members_of(store, "b").await.len(), 1);
    })
    .await;
}

#[tokio::test]
async fn who_and_what_is_deleted_leaves_no_assignment() {
    for_each_engine(async |store| {
        filled(store).await;
        assert!(committed(store, async |tx| roles::delete(tx, &RoleId::new("b")).await).await);
        assert!(!committed(store, async |tx| roles::delete(tx, &RoleId::new("b")).await).await);
        assert_eq!(roles_of(store, &user_id()).await, ["a"]);
        assert!(roles_of(store, &UserId::new("auth0|bob")).await.is_empty());
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(6)).await).await);
        assert!(members_of(store, "a").await.is_empty() && roles_of(store, &user_id()).await.is_empty());
    })
    .await;
}

#[tokio::test]
async fn a_role_is_held_where_it_is() {
    for_each_engine(async |store| {
        insert(store, &role("a")).await;
        assert!(committed(store, async |tx| roles::hold(tx, &RoleId::new("a")).await).await);
        assert!(!committed(store, async |tx| roles::hold(tx, &RoleId::new("b")).await).await);
        assert_eq!(find(store, "a").await, Some(role("a")));
    })
    .await;
}
