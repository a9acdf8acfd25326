//! The sweep.

use model::grant::{AccessToken, RefreshToken, TokenFamily};
use model::session::Session;
use model::ticket::Ticket;
use model::{FamilyId, RefreshTokenId, SessionId};

use super::engines::for_each_engine;
use super::records::{
    access_token, at, committed, digest, family, pending, populate, provider_sign_in, pushed, reader, refresh_token,
    session, ticket,
};
use crate::pending_authorizations::PendingAuthorization;
use crate::provider_sign_ins::ProviderSignIn;
use crate::pushed_authorizations::PushedAuthorization;
use crate::refresh_tokens::Exchange;
use crate::{
    Store, access_tokens, expiry, failed_logins, families, pending_authorizations, provider_sign_ins,
    pushed_authorizations, refresh_tokens, sessions, tickets, used_tokens,
};

/// One of each kind that ends at minute 10, and one that ends at minute 11. Both refresh tokens are of a family that
/// goes on.
async fn fill(store: &Store) {
    populate(store).await;
    committed(store, async |tx| {
        for (name, number, end) in [("old", 10, at(10)), ("new", 11, at(11))] {
            let request = PendingAuthorization { expires_at: end, ..pending() };
            pending_authorizations::insert(tx, &digest(number), &request).await?;
            let sign_in = ProviderSignIn { expires_at: end, ..provider_sign_in() };
            provider_sign_ins::insert(tx, &digest(number), &sign_in).await?;
            tickets::insert(tx, &digest(number), &Ticket { expires_at: end, ..ticket() }).await?;
            let request = PushedAuthorization { expires_at: end, ..pushed() };
            pushed_authorizations::insert(tx, &digest(number), &request).await?;
            sessions::insert(tx, &Session { expires_at: end, ..session(name) }, &digest(number)).await?;
            families::insert(tx, &TokenFamily { ..family(name) }, end).await?;
            access_tokens::insert(tx, &digest(number), &AccessToken { expires_at: end, ..access_token() }).await?;
            let token = RefreshToken { family_id: FamilyId::new("family"), ..refresh_token(name) };
            refresh_tokens::insert(tx, &digest(number), &token).await?;
            let exchange = Exchange {
                successor: RefreshTokenId::new("next"),
                sealed_response: b"answer".to_vec(),
                repeatable_until: Some(end),
            };
            assert!(refresh_tokens::consume(tx, &token.id, exchange, at(0)).await?);
            failed_logins::record(tx, name, "::1", std::time::Duration::ZERO, end).await?;
            assert!(used_tokens::use_up(tx, &digest(number), end).await?);
        }
        Ok(())
    })
    .await;
}

/// Which of a request, a sign-in elsewhere, a ticket, a request sent ahead, a session, a family, a refresh token, an
/// access token and a count are there.
async fn there(store: &Store, name: &str, number: u8) -> [bool; 9] {
    let mut db = reader(store).await;
    let forever = std::time::Duration::from_secs(1 << 40);
    [
        pending_authorizations::find(&mut db, &digest(number)).await.unwrap().is_some(),
        provider_sign_ins::find(&mut db, &digest(number)).await.unwrap().is_some(),
        tickets::find(&mut db, &digest(number)).await.unwrap().is_some(),
        pushed_authorizations::find(&mut db, &digest(number)).await.unwrap().is_some(),
        sessions::find(&mut db, &SessionId::new(name)).await.unwrap().is_some(),
        families::find(&mut db, &FamilyId::new(name)).await.unwrap().is_some(),
        refresh_tokens::find(&mut db, &digest(number)).await.unwrap().is_some(),
        access_tokens::find(&mut db, &digest(number)).await.unwrap().is_some(),
        failed_logins::recent(&mut db, name, "::1", forever, at(11)).await.unwrap() > 0,
    ]
}

async fn sweep(store: &Store, minutes: i64, limit: u32) -> u64 {
    committed(store, async |tx| expiry::sweep(tx, at(minutes), limit).await).await
}

#[tokio::test]
async fn only_what_ended_is_swept() {
    for_each_engine(async |store| {
        fill(store).await;
        assert_eq!(sweep(store, 10, 100).await, 0, "what ends at this very moment stays");
        assert_eq!(there(store, "old", 10).await, [true; 9]);
        assert_eq!(sweep(store, 11, 100).await, 10);
        assert_eq!(there(store, "old", 10).await, [false; 9]);
        assert_eq!(there(store, "new", 11).await, [true; 9]);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_takes_no_more_than_it_was_told() {
    for_each_engine(async |store| {
        fill(store).await;
        assert_eq!(sweep(store, 50, 1).await, 10);
        assert_eq!(sweep(store, 50, 1).await, 10);
        assert_eq!(sweep(store, 50, 1).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_swept_family_takes_its_tokens_along() {
    for_each_engine(async |store| {
        fill(store).await;
        let token = RefreshToken { family_id: FamilyId::new("old"), ..refresh_token("token") };
        committed(store, async |tx| refresh_tokens::insert(tx, &digest(1), &token).await).await;
        sweep(store, 11, 100).await;
        assert!(refresh_tokens::find(&mut reader(store).await, &digest(1)).await.unwrap().is_none());
    })
    .await;
}

/// Neither a token that was not exchanged, nor one that cannot prove its family without a row.
#[tokio::test]
async fn what_a_living_family_still_needs_is_not_swept() {
    for_each_engine(async |store| {
        populate(store).await;
        committed(store, async |tx| {
            for (number, name) in [(1, "unnamed"), (2, "live")] {
                refresh_tokens::insert(tx, &digest(number), &refresh_token(name)).await?;
            }
            let successor = RefreshTokenId::new("live");
            let exchange = Exchange { successor, sealed_response: Vec::new(), repeatable_until: None };
            refresh_tokens::consume(tx, &RefreshTokenId::new("unnamed"), exchange, at(0)).await
        })
        .await;
        assert_eq!(sweep(store, 99, 100).await, 0);
    })
    .await;
}
