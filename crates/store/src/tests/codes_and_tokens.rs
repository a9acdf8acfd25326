//! `authorization_codes`, `access_tokens` and `pending_authorizations`.

use model::grant::{AccessToken, AuthorizationCode, RefreshToken, TokenFamily};
use model::{ClientId, FamilyId, RefreshTokenId};
use protocol::authorization::{AuthorizationRequest, Prompt};
use protocol::claims::ClaimsRequest;
use protocol::scope::ScopeSet;

use super::engines::{for_each_database, for_each_engine};
use super::records::{
    access_token, at, client_id, code, committed, digest, family, full_user, pending, populate, reader, refresh_token,
};
use crate::access_tokens::{HeldToken, Holder};
use crate::pending_authorizations::PendingAuthorization;
use crate::{
    Store, access_tokens, authorization_codes, clients, families, pending_authorizations, refresh_tokens, users,
};

#[tokio::test]
async fn a_code_comes_back_as_it_was_stored() {
    for_each_engine(async |store| {
        populate(store).await;
        let full = AuthorizationCode {
            redirect_uri: Some("https://app.example/callback?x=%20".to_owned()),
            code_challenge: Some("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM".to_owned()),
            nonce: Some("größer".to_owned()),
            ..code()
        };
        for (number, code) in [(1, code()), (2, full)] {
            committed(store, async |tx| authorization_codes::insert(tx, &digest(number), &code).await).await;
            let found = authorization_codes::find(&mut reader(store).await, &digest(number)).await.unwrap();
            assert_eq!(found, Some(code));
        }
        assert_eq!(authorization_codes::find(&mut reader(store).await, &digest(3)).await.unwrap(), None);
    })
    .await;
}

async fn consume(store: &Store, number: u8, minutes: i64) -> bool {
    committed(store, async |tx| authorization_codes::consume(tx, &digest(number), at(minutes)).await).await
}

#[tokio::test]
async fn a_code_is_consumed_once() {
    for_each_engine(async |store| {
        populate(store).await;
        committed(store, async |tx| authorization_codes::insert(tx, &digest(1), &code()).await).await;
        assert!(consume(store, 1, 1).await);
        assert!(!consume(store, 1, 2).await);
        assert!(!consume(store, 2, 1).await);
        let found = authorization_codes::find(&mut reader(store).await, &digest(1)).await.unwrap();
        assert_eq!(found, Some(AuthorizationCode { consumed_at: Some(at(1)), ..code() }));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_consume_a_code_one_wins() {
    for_each_database(async |database| {
        populate(&database.store).await;
        let other = database.open_again().await;
        for round in 0..50 {
            let store = database.store.clone();
            committed(&store, async |tx| authorization_codes::insert(tx, &digest(round), &code()).await).await;
            let one = tokio::spawn(async move { consume(&store, round, 1).await });
            let store = other.clone();
            let two = tokio::spawn(async move { consume(&store, round, 2).await });
            assert_ne!(one.await.unwrap(), two.await.unwrap(), "round {round}");
        }
    })
    .await;
}

#[tokio::test]
async fn an_access_token_comes_back_with_its_family() {
    for_each_engine(async |store| {
        populate(store).await;
        let beside = AccessToken {
            refresh_token_id: Some(RefreshTokenId::new("token")),
            scope: ScopeSet::default(),
            dpop_jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()),
            ..access_token()
        };
        for (number, token) in [(1, access_token()), (2, beside)] {
            committed(store, async |tx| access_tokens::insert(tx, &digest(number), &token).await).await;
            let found = access_tokens::find(&mut reader(store).await, &digest(number)).await.unwrap();
            assert_eq!(found, Some((token, family("family"))));
        }
        assert_eq!(access_tokens::find(&mut reader(store).await, &digest(3)).await.unwrap(), None);
        let mut tx = store.write().await.unwrap();
        access_tokens::insert(&mut tx, &digest(1), &access_token()).await.unwrap_err();
    })
    .await;
}

#[tokio::test]
async fn an_access_token_comes_back_with_whom_it_speaks_for() {
    for_each_engine(async |store| {
        populate(store).await;
        let person = full_user("full");
        let of_person = TokenFamily {
            id: FamilyId::new("of-person"),
            user_id: person.user_id.clone(),
            dpop_jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()),
            ..family("of-person")
        };
        let refresh = RefreshToken { family_id: of_person.id.clone(), ..refresh_token("refresh") };
        let token = AccessToken {
            family_id: of_person.id.clone(),
            refresh_token_id: Some(refresh.id.clone()),
            ..access_token()
        };
        committed(store, async |tx| {
            users::insert(tx, &person).await?;
            families::insert(tx, &of_person, at(100)).await?;
            refresh_tokens::insert(tx, &digest(9), &refresh).await?;
            access_tokens::insert(tx, &digest(1), &token).await?;
            access_tokens::insert(tx, &digest(2), &access_token()).await
        })
        .await;
        let find = async |number| access_tokens::find_held(&mut reader(store).await, &digest(number)).await.unwrap();
        let holder =
            Holder { profile: person.profile.clone(), is_blocked: person.is_blocked(), updated_at: person.updated_at };
        let expected = HeldToken { token, family: of_person, holder, refresh_token_was_seen: false };
        assert_eq!(find(1).await.as_ref(), Some(&expected));
        committed(store, async |tx| refresh_tokens::mark_seen(tx, &refresh.id, at(1)).await).await;
        assert_eq!(find(1).await, Some(HeldToken { refresh_token_was_seen: true, ..expected }));
        let other = find(2).await.unwrap();
        assert_eq!((other.token, other.family), (access_token(), family("family")));
        assert_eq!((other.holder.is_blocked, other.refresh_token_was_seen), (false, false));
        assert_eq!(find(3).await, None);
    })
    .await;
}

fn full_pending() -> PendingAuthorization {
    let text = |text: &str| Some(text.to_owned());
    let plain = pending();
    let request = AuthorizationRequest {
        nonce: text("n"),
        code_challenge: text("c"),
        dpop_jkt: Some("0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I".to_owned()),
        audience: text("https://books.example/"),
        claims: ClaimsRequest::parse(r#"{"userinfo":{"email":null},"id_token":{"sub":{"value":"a"}}}"#).unwrap(),
        prompt: vec![Prompt::Login, Prompt::Consent],
        max_age: None,
        login_hint: text("ada@example.com"),
        id_token_hint: text("e.y.j"),
        screen_hint: text("signup"),
        ui_locales: text("de en"),
        connection: text("people"),
        organization: text("org_1"),
        ..plain.request
    };
    PendingAuthorization { request, ..plain }
}

async fn find(store: &Store, number: u8) -> Option<PendingAuthorization> {
    pending_authorizations::find(&mut reader(store).await, &digest(number)).await.unwrap()
}

#[tokio::test]
async fn a_pending_authorization_comes_back_as_it_was_saved() {
    for_each_engine(async |store| {
        populate(store).await;
        for (number, saved) in [(1, pending()), (2, full_pending())] {
            committed(store, async |tx| pending_authorizations::insert(tx, &digest(number), &saved).await).await;
            let found = find(store, number).await.unwrap();
            assert_eq!(found.request, saved.request);
            assert_eq!((found.browser_digest, found.client_id), (saved.browser_digest, saved.client_id));
            assert_eq!((found.started_at, found.expires_at), (saved.started_at, saved.expires_at));
        }
        assert!(find(store, 3).await.is_none());
    })
    .await;
}

#[tokio::test]
async fn a_pending_authorization_is_some_clients_and_goes_with_it() {
    for_each_engine(async |store| {
        populate(store).await;
        let orphan = PendingAuthorization { client_id: ClientId::new("nobody"), ..pending() };
        let mut tx = store.write().await.unwrap();
        assert!(!pending_authorizations::insert(&mut tx, &digest(1), &orphan).await.unwrap());
        drop(tx);
        committed(store, async |tx| pending_authorizations::insert(tx, &digest(1), &pending()).await).await;
        committed(store, async |tx| clients::delete(tx, &client_id()).await).await;
        assert!(find(store, 1).await.is_none());
    })
    .await;
}
