//! `users`, `identities` and `tombstones`.

use model::address::FoldedEmail;
use model::user::{Identity, Profile, User};
use model::{ConnectionId, UserId};
use serde_json::json;

use super::engines::for_each_engine;
use super::records::{
    at, committed, connection_id, full_user, identity, named_user, nameless, object, populate, reader, user, user_id,
};
use crate::db::{Sql, args};
use crate::search::{Condition, Test};
use crate::users::{Stored, UserFilter};
use crate::{Page, Sort, Store, users};

/// Stores a user as a flow does: what is refused is not committed.
pub(super) async fn insert(store: &Store, user: &User) -> Stored {
    let mut tx = store.write().await.unwrap();
    let stored = users::insert(&mut tx, user).await.unwrap();
    if stored == Stored::Done {
        tx.commit().await.unwrap();
    }
    stored
}

pub(super) async fn update(store: &Store, user: &User) -> Stored {
    let mut tx = store.write().await.unwrap();
    let stored = users::update(&mut tx, user).await.unwrap();
    if stored == Stored::Done {
        tx.commit().await.unwrap();
    }
    stored
}

pub(super) async fn find(store: &Store, id: &UserId) -> Option<User> {
    users::find(&mut reader(store).await, id).await.unwrap()
}

#[tokio::test]
async fn a_user_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        populate(store).await;
        for user in [nameless("none"), full_user("full"), User { blocked: Some(false), ..named_user("n", "Name") }] {
            assert_eq!(insert(store, &user).await, Stored::Done);
            assert_eq!(find(store, &user.user_id).await, Some(user));
        }
        assert_eq!(find(store, &UserId::new("nobody")).await, None);
    })
    .await;
}

#[tokio::test]
async fn a_user_is_found_by_each_identity() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &full_user("full")).await;
        for (connection, external_id, expected) in [
            ("con_people", "ada", Some("auth0|ada")),
            ("con_people", "full", Some("auth0|full")),
            ("con_social", "42|with|bars", Some("auth0|full")),
            ("con_social", "ada", None),
            ("con_people", "ADA", None),
        ] {
            let mut db = reader(store).await;
            let found = users::find_by_identity(&mut db, &ConnectionId::new(connection), external_id).await.unwrap();
            assert_eq!(found.as_ref().map(|user| user.user_id.as_str()), expected, "{external_id} at {connection}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_user_id_is_taken_once() {
    for_each_engine(async |store| {
        populate(store).await;
        let same_id = User { identities: vec![identity("con_people", "other")], ..user("ada", "other@example.com") };
        assert_eq!(insert(store, &same_id).await, Stored::IdTaken);
        assert_eq!(find(store, &user_id()).await, Some(user("ada", "ada@example.com")));
    })
    .await;
}

#[tokio::test]
async fn an_identity_belongs_to_one_user() {
    for_each_engine(async |store| {
        populate(store).await;
        let same_identity = User { identities: vec![identity("con_people", "ada")], ..nameless("other") };
        assert_eq!(insert(store, &same_identity).await, Stored::NameTaken);
        assert_eq!(find(store, &same_identity.user_id).await, None);
    })
    .await;
}

#[tokio::test]
async fn an_update_replaces_all_but_login_statistics() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &nameless("u")).await;
        let changed = User {
            identities: vec![identity("con_people", "u")],
            logins_count: 99,
            last_login: Some(at(99)),
            last_ip: Some("192.0.2.99".to_owned()),
            created_at: at(99),
            ..full_user("u")
        };
        assert_eq!(update(store, &changed).await, Stored::Done);
        let stored = nameless("u");
        let expected = User {
            logins_count: 0,
            last_login: None,
            last_ip: None,
            created_at: stored.created_at,
            version: 2,
            ..changed
        };
        assert_eq!(find(store, &expected.user_id).await, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn a_stale_update_changes_nothing() {
    for_each_engine(async |store| {
        populate(store).await;
        let first = User { app_metadata: object(json!({"plan": "first"})), ..user("ada", "ada@example.com") };
        let second = User { app_metadata: object(json!({"plan": "second"})), ..user("ada", "new@example.com") };
        assert_eq!(update(store, &first).await, Stored::Done);
        assert_eq!(update(store, &second).await, Stored::Stale);
        assert_eq!(update(store, &nameless("nobody")).await, Stored::Stale);
        assert_eq!(find(store, &user_id()).await, Some(User { version: 2, ..first }));
    })
    .await;
}

#[tokio::test]
async fn sign_ins_are_counted_without_a_new_version() {
    for_each_engine(async |store| {
        populate(store).await;
        for (minutes, ip) in [(1, Some("192.0.2.1")), (2, None)] {
            let proven = find(store, &user_id()).await.unwrap();
            assert!(committed(store, async |tx| users::record_login(tx, &proven, ip, at(minutes)).await).await);
        }
        let expected = User { logins_count: 2, last_login: Some(at(2)), ..user("ada", "ada@example.com") };
        assert_eq!(find(store, &user_id()).await, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn nobody_signs_in_by_a_proof_that_a_new_password_or_a_block_overtook() {
    for_each_engine(async |store| {
        populate(store).await;
        let proven = find(store, &user_id()).await.unwrap();
        let renewed = User { last_password_reset: Some(at(3)), ..proven.clone() };
        assert_eq!(update(store, &renewed).await, Stored::Done);
        assert!(!committed(store, async |tx| users::record_login(tx, &proven, None, at(4)).await).await);
        let blocked = User { blocked: Some(true), ..find(store, &user_id()).await.unwrap() };
        assert_eq!(update(store, &blocked).await, Stored::Done);
        assert!(!committed(store, async |tx| users::record_login(tx, &blocked, None, at(4)).await).await);
        let counted = find(store, &user_id()).await.unwrap();
        assert_eq!((counted.logins_count, counted.last_login), (0, None));
    })
    .await;
}

async fn is_buried(store: &Store, connection: &str, external_id: &str) -> bool {
    let connection = ConnectionId::new(connection);
    users::is_buried(&mut reader(store).await, &connection, external_id).await.unwrap()
}

#[tokio::test]
async fn a_deleted_user_leaves_a_tombstone_for_each_identity() {
    for_each_engine(async |store| {
        populate(store).await;
        let full = full_user("full");
        insert(store, &full).await;
        assert!(!is_buried(store, "con_people", "full").await);
        for (expected, minutes) in [(true, 1), (false, 2)] {
            let deleted = committed(store, async |tx| users::delete(tx, &full.user_id, at(minutes)).await).await;
            assert_eq!(deleted, expected);
        }
        assert_eq!(find(store, &full.user_id).await, None);
        assert!(is_buried(store, "con_people", "full").await);
        assert!(is_buried(store, "con_social", "42|with|bars").await);
        assert!(!is_buried(store, "con_social", "full").await);
        assert!(find(store, &user_id()).await.is_some(), "nobody else goes");
    })
    .await;
}

#[tokio::test]
async fn an_exhumed_identity_may_come_back_and_be_deleted_again() {
    for_each_engine(async |store| {
        populate(store).await;
        for _ in 0..2 {
            committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await;
            assert!(is_buried(store, "con_people", "ada").await);
            committed(store, async |tx| users::exhume(tx, &connection_id(), "ada").await).await;
            assert!(!is_buried(store, "con_people", "ada").await);
            assert_eq!(insert(store, &user("ada", "ada@example.com")).await, Stored::Done);
        }
    })
    .await;
}

#[tokio::test]
async fn users_of_a_connection_are_those_who_began_there() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &full_user("full")).await;
        let mut db = reader(store).await;
        let mut people = users::of_connection(&mut db, &connection_id(), 10).await.unwrap();
        people.sort();
        assert_eq!(people, [user_id(), UserId::new("auth0|full")]);
        assert_eq!(users::of_connection(&mut db, &connection_id(), 1).await.unwrap().len(), 1);
        let social = ConnectionId::new("con_social");
        assert_eq!(users::of_connection(&mut db, &social, 10).await.unwrap(), []);
    })
    .await;
}

async fn ids(store: &Store, filter: &UserFilter, page: &Page) -> Vec<String> {
    let found = users::list(&mut reader(store).await, filter, page).await.unwrap();
    found.into_iter().map(|user| user.user_id.external_id().to_owned()).collect()
}

#[tokio::test]
async fn users_are_listed_oldest_first_with_their_identities() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &full_user("full")).await;
        let page = Page::Offset { skip: 0, limit: 10 };
        let found = users::list(&mut reader(store).await, &UserFilter::default(), &page).await.unwrap();
        assert_eq!(found, [full_user("full"), user("ada", "ada@example.com")]);
        let none = UserFilter { email: Some(FoldedEmail::of("nobody@x.io")), ..UserFilter::default() };
        assert_eq!(ids(store, &none, &page).await, Vec::<String>::new());
    })
    .await;
}

#[tokio::test]
async fn users_are_paged_by_position() {
    for_each_engine(async |store| {
        populate(store).await;
        for external_id in ["ada2", "Ada", "aß"] {
            insert(store, &nameless(external_id)).await;
        }
        let (mut last, mut seen) = (None, Vec::new());
        loop {
            let page = Page::After { last, limit: 2 };
            let found = users::list(&mut reader(store).await, &UserFilter::default(), &page).await.unwrap();
            let Some(end) = found.last() else { break };
            last = Some((end.created_at, end.user_id.to_string()));
            seen.extend(found.iter().map(|user| user.user_id.external_id().to_owned()));
        }
        assert_eq!(seen, ["Ada", "ada", "ada2", "aß"]);
    })
    .await;
}

#[tokio::test]
async fn users_are_listed_by_address_and_by_id() {
    for_each_engine(async |store| {
        populate(store).await;
        let elsewhere = User {
            profile: Profile { email: Some("ADA@example.com".to_owned()), ..Profile::default() },
            user_id: UserId::new("oidc|1"),
            identities: vec![Identity { provider: "oidc".to_owned(), ..identity("con_social", "1") }],
            ..nameless("1")
        };
        insert(store, &elsewhere).await;
        insert(store, &user("bob", "bob@example.com")).await;
        let ada = user("ada", "Ada@example.com").profile.folded_email();
        for (email, expected) in [(None, vec!["ada", "bob", "1"]), (ada, vec!["ada", "1"])] {
            let filter = UserFilter { email, ..UserFilter::default() };
            assert_eq!(ids(store, &filter, &Page::Offset { skip: 0, limit: 10 }).await, expected);
            let count = users::count(&mut reader(store).await, &filter).await.unwrap();
            assert_eq!(usize::try_from(count).unwrap(), expected.len());
        }
    })
    .await;
}

/// As it was stored before members that nobody filled in were left out.
const PROFILE_WITH_NULLS: &str = r#"{"email":null,"email_verified":false,"username":null,"phone_number":null,"phone_verified":false,"name":null,"nickname":null,"given_name":null,"family_name":null,"picture":null}"#;

#[tokio::test]
async fn what_nobody_said_is_read_searched_and_sorted_alike_whether_it_is_stored_or_left_out() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &full_user("full")).await;
        let stored = find(store, &user_id()).await;
        let places = async || {
            let page = Page::Offset { skip: 0, limit: 10 };
            let mut places = Vec::new();
            for name in ["given_name", "username", "phone_number", "phone_verified"] {
                let field = users::field(name).unwrap();
                let present = Condition::Holds(field.clone(), Test::Present);
                for search in [present.clone(), Condition::Not(Box::new(present))] {
                    places.push(ids(store, &UserFilter { search: Some(search), ..UserFilter::default() }, &page).await);
                }
                for is_descending in [false, true] {
                    let sort = Some(Sort { field: field.clone(), is_descending });
                    places.push(ids(store, &UserFilter { sort, ..UserFilter::default() }, &page).await);
                }
            }
            places
        };
        let before = places().await;
        assert!(before.contains(&vec!["ada".to_owned()]), "only the other one has a name: {before:?}");
        let older = Sql::both("UPDATE users SET profile = $2 WHERE user_id = $1");
        let changed = committed(store, async |tx| tx.execute(older, args![&user_id(), PROFILE_WITH_NULLS]).await).await;
        assert_eq!((changed, find(store, &user_id()).await), (1, stored));
        assert_eq!(places().await, before);
    })
    .await;
}

#[tokio::test]
async fn the_id_of_somebody_deleted_stays_known() {
    for_each_engine(async |store| {
        populate(store).await;
        assert!(!users::is_retired(&mut reader(store).await, &user_id()).await.unwrap());
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await);
        assert!(users::is_retired(&mut reader(store).await, &user_id()).await.unwrap());
        let nobody = UserId::new("nobody");
        assert!(!committed(store, async |tx| users::delete(tx, &nobody, at(1)).await).await);
        assert!(!users::is_retired(&mut reader(store).await, &nobody).await.unwrap());
    })
    .await;
}
