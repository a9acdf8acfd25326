//! `token_families`, and everything that goes with them.

use model::grant::{AccessToken, Digest, RevokedReason, TokenFamily};
use model::{FamilyId, RefreshTokenId, SessionId, Timestamp, UserId};
use protocol::claims::RequestedClaims;
use protocol::scope::ScopeSet;

use super::engines::for_each_engine;
use super::records::{
    access_token, at, client_id, code, committed, digest, family, family_id, populate, reader, refresh_token, sid,
    user_id,
};
use crate::db::{Ask, Sql, args};
use crate::{Store, access_tokens, authorization_codes, clients, families, passwords, refresh_tokens};
use crate::{sessions, users};

async fn find(store: &Store, id: &str) -> Option<TokenFamily> {
    families::find(&mut reader(store).await, &FamilyId::new(id)).await.unwrap()
}

async fn insert(store: &Store, family: &TokenFamily) {
    committed(store, async |tx| families::insert(tx, family, at(100)).await).await;
}

fn full_family(id: &str) -> TokenFamily {
    TokenFamily {
        sid: Some(sid()),
        audience: Some("https://books.example/".to_owned()),
        scope: ScopeSet::parse("openid offline_access read"),
        claims: RequestedClaims {
            userinfo: ["email".to_owned(), "name".to_owned()].into(),
            id_token: ["picture".to_owned()].into(),
        },
        amr: vec!["pwd".to_owned(), "otp".to_owned()],
        dpop_jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()),
        ..family(id)
    }
}

#[tokio::test]
async fn a_family_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        populate(store).await;
        let without_scope = TokenFamily { scope: ScopeSet::default(), ..family("scopeless") };
        for stored in [full_family("full"), without_scope] {
            insert(store, &stored).await;
            assert_eq!(find(store, stored.id.as_str()).await, Some(stored));
        }
        assert_eq!(find(store, "family").await, Some(family("family")));
        assert_eq!(find(store, "none").await, None);
    })
    .await;
}

#[tokio::test]
async fn te_16_a_family_is_bound_to_one_key_for_good() {
    for_each_engine(async |store| {
        populate(store).await;
        for key in ["first", "second"] {
            committed(store, async |tx| families::bind(tx, &FamilyId::new("family"), key).await).await;
        }
        let bound = TokenFamily { dpop_jkt: Some("first".to_owned()), ..family("family") };
        assert_eq!(find(store, "family").await, Some(bound));
    })
    .await;
}

#[tokio::test]
async fn a_family_belongs_to_a_person_and_a_client() {
    for_each_engine(async |store| {
        populate(store).await;
        for orphan in [
            TokenFamily { user_id: UserId::new("nobody"), ..family("orphan") },
            TokenFamily { client_id: model::ClientId::new("nobody"), ..family("orphan") },
        ] {
            let mut tx = store.write().await.unwrap();
            assert!(!families::insert(&mut tx, &orphan, at(1)).await.unwrap());
        }
    })
    .await;
}

#[tokio::test]
async fn the_first_reason_stays() {
    for_each_engine(async |store| {
        populate(store).await;
        let reasons = [RevokedReason::Reuse, RevokedReason::Logout];
        for (reason, minutes, first) in [(reasons[0], 1, true), (reasons[1], 2, false)] {
            let revoked = committed(store, async |tx| families::revoke(tx, &family_id(), reason, at(minutes)).await);
            assert_eq!(revoked.await, first);
        }
        let again = RevokedReason::PasswordChange;
        let count = committed(store, async |tx| families::revoke_of_user(tx, &user_id(), again, at(3)).await).await;
        assert_eq!(count, 0);
        let expected = TokenFamily { revoked_at: Some(at(1)), revoked_reason: Some(reasons[0]), ..family("family") };
        assert_eq!(find(store, "family").await, Some(expected));
    })
    .await;
}

#[tokio::test]
async fn each_reason_comes_back() {
    for_each_engine(async |store| {
        populate(store).await;
        for (index, reason) in [
            RevokedReason::Reuse,
            RevokedReason::CodeReuse,
            RevokedReason::WrongClient,
            RevokedReason::Logout,
            RevokedReason::PasswordChange,
            RevokedReason::Administrator,
            RevokedReason::Client,
        ]
        .into_iter()
        .enumerate()
        {
            let id = format!("f{index}");
            insert(store, &family(&id)).await;
            committed(store, async |tx| families::revoke(tx, &FamilyId::new(&id), reason, at(1)).await).await;
            assert_eq!(find(store, &id).await.unwrap().revoked_reason, Some(reason));
        }
    })
    .await;
}

#[tokio::test]
async fn every_family_of_a_person_is_revoked() {
    for_each_engine(async |store| {
        populate(store).await;
        insert(store, &full_family("second")).await;
        let revoke = async |store: &Store| {
            let reason = RevokedReason::PasswordChange;
            committed(store, async |tx| families::revoke_of_user(tx, &user_id(), reason, at(1)).await).await
        };
        assert_eq!(revoke(store).await, 2);
        assert_eq!(revoke(store).await, 0);
        for id in ["family", "second"] {
            assert_eq!(find(store, id).await.unwrap().revoked_at, Some(at(1)));
        }
    })
    .await;
}

#[tokio::test]
async fn a_session_that_ends_takes_what_has_no_refresh_token() {
    for_each_engine(async |store| {
        populate(store).await;
        for id in ["online", "offline"] {
            insert(store, &full_family(id)).await;
        }
        insert(store, &TokenFamily { sid: Some(SessionId::new("other")), ..family("elsewhere") }).await;
        let token =
            model::grant::RefreshToken { family_id: FamilyId::new("offline"), ..refresh_token("of the offline one") };
        committed(store, async |tx| refresh_tokens::insert(tx, &digest(1), &token).await).await;
        let reason = RevokedReason::Logout;
        let count = committed(store, async |tx| families::revoke_of_session(tx, &sid(), reason, at(1)).await).await;
        assert_eq!(count, 1);
        for (id, revoked) in [("online", true), ("offline", false), ("elsewhere", false), ("family", false)] {
            assert_eq!(find(store, id).await.unwrap().revoked_at.is_some(), revoked, "{id}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_familys_end_never_moves_backwards() {
    for_each_engine(async |store| {
        populate(store).await;
        for (asked, expected) in [(50, 100), (200, 200), (150, 200)] {
            committed(store, async |tx| families::extend(tx, &family_id(), at(asked)).await).await;
            let end = Sql::both("SELECT expires_at FROM token_families WHERE id = $1");
            let (end,): (i64,) = reader(store).await.fetch_one(end, args![&family_id()]).await.unwrap();
            assert_eq!(Timestamp::from_millis(end), at(expected), "{asked}");
        }
    })
    .await;
}

const CODE: Digest = digest(20);
const REFRESH: Digest = digest(21);
const ACCESS: Digest = digest(22);

/// A code, a refresh token and an access token of the family `family`, a password and a client of the session.
async fn descend(store: &Store) {
    let credential = model::user::PasswordCredential::Source { source: "old".to_owned() };
    committed(store, async |tx| {
        authorization_codes::insert(tx, &CODE, &code()).await?;
        refresh_tokens::insert(tx, &REFRESH, &refresh_token("token")).await?;
        let access = AccessToken { refresh_token_id: Some(RefreshTokenId::new("token")), ..access_token() };
        access_tokens::insert(tx, &ACCESS, &access).await?;
        passwords::insert(tx, &user_id(), &credential, at(0)).await?;
        sessions::add_client(tx, &sid(), &client_id()).await
    })
    .await;
}

/// How many of a code, a refresh token and an access token are found.
async fn descendants(store: &Store) -> usize {
    let mut db = reader(store).await;
    let found = [
        authorization_codes::find(&mut db, &CODE).await.unwrap().is_some(),
        refresh_tokens::find(&mut db, &REFRESH).await.unwrap().is_some(),
        access_tokens::find(&mut db, &ACCESS).await.unwrap().is_some(),
    ];
    found.into_iter().filter(|found| *found).count()
}

#[tokio::test]
async fn a_deleted_person_takes_everything_along() {
    for_each_engine(async |store| {
        populate(store).await;
        descend(store).await;
        assert_eq!(descendants(store).await, 3);
        assert!(committed(store, async |tx| users::delete(tx, &user_id(), at(1)).await).await);
        assert_eq!(descendants(store).await, 0);
        assert_eq!(find(store, "family").await, None);
        let mut db = reader(store).await;
        assert_eq!(sessions::find(&mut db, &sid()).await.unwrap(), None);
        assert_eq!(passwords::find(&mut db, &user_id()).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_deleted_client_takes_its_tokens_along_and_no_session() {
    for_each_engine(async |store| {
        populate(store).await;
        descend(store).await;
        assert!(committed(store, async |tx| clients::delete(tx, &client_id()).await).await);
        assert_eq!(descendants(store).await, 0);
        assert_eq!(find(store, "family").await, None);
        assert!(sessions::find(&mut reader(store).await, &sid()).await.unwrap().is_some());
    })
    .await;
}
