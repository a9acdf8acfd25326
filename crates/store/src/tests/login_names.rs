//! The names a person may type at a database connection: no name leads to two people (LK-15).

use model::address::FoldedEmail;
use model::user::{Identity, Profile, User};
use model::{ConnectionId, UserId};

use super::engines::{for_each_database, for_each_engine};
use super::records::{committed, connection, identity, named_user, nameless, populate, reader, user, user_id};
use super::users::{find, insert, update};
use crate::db::{Sql, args};
use crate::users::Stored;
use crate::{Store, connections, users};

async fn by_login(store: &Store, connection: &str, name: &str) -> Option<String> {
    let connection = ConnectionId::new(connection);
    let found = users::find_by_login(&mut reader(store).await, &connection, &FoldedEmail::of(name)).await.unwrap();
    found.map(|user| user.user_id.external_id().to_owned())
}

/// Ada has an address alone, Bob a user name alone, Eve both.
async fn people(store: &Store) {
    populate(store).await;
    assert_eq!(insert(store, &named_user("bob", "Bob")).await, Stored::Done);
    assert_eq!(insert(store, &both("eve", "eve@example.com", "Eve")).await, Stored::Done);
}

fn both(external_id: &str, email: &str, username: &str) -> User {
    let profile = Profile { email: Some(email.to_owned()), username: Some(username.to_owned()), ..Profile::default() };
    User { profile, ..nameless(external_id) }
}

/// The same people at another connection, or only known from elsewhere.
fn at_connection(user: User, connection: &str, provider: &str) -> User {
    let external_id = user.user_id.external_id().to_owned();
    let identity = Identity { provider: provider.to_owned(), ..identity(connection, &external_id) };
    User { user_id: UserId::new(format!("{provider}|{connection}|{external_id}")), identities: vec![identity], ..user }
}

#[tokio::test]
async fn a_person_is_found_by_either_name_however_it_is_spelt() {
    for_each_engine(async |store| {
        people(store).await;
        for (name, expected) in [
            (" ADA@example.com", Some("ada")),
            ("BOB", Some("bob")),
            ("eve@EXAMPLE.com", Some("eve")),
            ("ｅve", Some("eve")),
            ("ada", None),
            ("", None),
        ] {
            assert_eq!(by_login(store, "con_people", name).await.as_deref(), expected, "{name:?}");
            assert_eq!(by_login(store, "con_social", name).await, None, "{name:?} elsewhere");
        }
    })
    .await;
}

#[tokio::test]
async fn a_name_that_anybody_has_is_refused_to_a_new_person() {
    for_each_engine(async |store| {
        people(store).await;
        for (what, new) in [
            ("an address", user("new", "ADA@example.com")),
            ("a user name", named_user("new", "bOb")),
            ("a user name that is an address", named_user("new", "Ada@Example.com")),
            ("an address that is a user name", user("new", "Bob")),
            ("the second of two names", both("new", "new@example.com", "EVE")),
        ] {
            assert_eq!(insert(store, &new).await, Stored::NameTaken, "{what}");
            assert_eq!(find(store, &new.user_id).await, None, "{what}");
        }
        assert_eq!(insert(store, &both("new", "new@example.com", "New@example.com")).await, Stored::Done, "its own");
    })
    .await;
}

#[tokio::test]
async fn a_name_that_anybody_has_is_refused_to_a_known_person() {
    for_each_engine(async |store| {
        people(store).await;
        let before = find(store, &user_id()).await;
        for taken in [
            user("ada", "eve@example.com"),
            named_user("ada", "bob"),
            named_user("ada", "eve@example.com"),
            user("ada", "bob"),
        ] {
            assert_eq!(update(store, &taken).await, Stored::NameTaken, "{:?}", taken.profile);
            assert_eq!(find(store, &user_id()).await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn a_changed_name_frees_the_old_one() {
    for_each_engine(async |store| {
        people(store).await;
        assert_eq!(update(store, &both("eve", "new@example.com", "eve@example.com")).await, Stored::Done);
        for (name, expected) in [("new@example.com", Some("eve")), ("eve@example.com", Some("eve")), ("eve", None)] {
            assert_eq!(by_login(store, "con_people", name).await.as_deref(), expected, "{name}");
        }
        assert_eq!(insert(store, &named_user("other", "EVE")).await, Stored::Done);
    })
    .await;
}

#[tokio::test]
async fn names_are_each_connections_own() {
    for_each_engine(async |store| {
        people(store).await;
        committed(store, async |tx| connections::insert(tx, &connection("con_staff")).await).await;
        let colleague = at_connection(both("x", "ada@example.com", "bob"), "con_staff", "auth0");
        assert_eq!(insert(store, &colleague).await, Stored::Done);
        assert_eq!(by_login(store, "con_staff", "bob").await.as_deref(), Some("con_staff|x"));
        assert_eq!(by_login(store, "con_people", "bob").await.as_deref(), Some("bob"));
    })
    .await;
}

#[tokio::test]
async fn what_an_upstream_says_is_no_name_here() {
    for_each_engine(async |store| {
        people(store).await;
        let upstream = at_connection(both("x", "ada@example.com", "bob"), "con_social", "oidc");
        assert_eq!(insert(store, &upstream).await, Stored::Done);
        assert_eq!(by_login(store, "con_social", "ada@example.com").await, None);
        assert_eq!(update(store, &User { blocked: Some(true), ..upstream }).await, Stored::Done);
        assert_eq!(by_login(store, "con_social", "bob").await, None);
    })
    .await;
}

/// No write of ours leaves such rows; if they are there all the same, nobody signs in as the other.
#[tokio::test]
async fn where_a_name_leads_to_two_people_the_address_counts() {
    for_each_engine(async |store| {
        populate(store).await;
        assert_eq!(insert(store, &both("bob", "aa@example.com", "Bob")).await, Stored::Done);
        let cross = Sql::both("UPDATE identities SET username_folded = 'ada@example.com' WHERE user_id = 'auth0|bob'");
        committed(store, async |tx| tx.execute(cross, args![]).await).await;
        assert_eq!(by_login(store, "con_people", "ada@example.com").await.as_deref(), Some("ada"));
    })
    .await;
}

/// One wants as an address what the other wants as a user name, at the same moment, on two nodes.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_people_who_want_one_name_one_gets_it() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let other = database.open_again().await;
        for round in 0..50 {
            let name = format!("round{round}@example.com");
            let (first, second) = (user(&format!("a{round}"), &name), named_user(&format!("b{round}"), &name));
            let store = database.store.clone();
            let one = tokio::spawn(async move { insert(&store, &first).await });
            let store = other.clone();
            let two = tokio::spawn(async move { insert(&store, &second).await });
            let mut outcomes = [one.await.unwrap(), two.await.unwrap()];
            outcomes.sort_by_key(|stored| *stored != Stored::Done);
            assert_eq!(outcomes, [Stored::Done, Stored::NameTaken], "round {round}");
        }
    })
    .await;
}
