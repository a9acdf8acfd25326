//! The sweep.

use model::grant::{OpaqueAccessToken, TokenFamily};
use model::session::Session;
use model::{FamilyId, SessionId};

use super::engines::for_each_engine;
use super::records::{access_token, at, committed, digest, family, pending, populate, reader, refresh_token, session};
use crate::pending_authorizations::PendingAuthorization;
use crate::{Store, access_tokens, expiry, failed_logins, families, pending_authorizations, refresh_tokens, sessions};

/// One of each kind that ends at minute 10, and one that ends at minute 11.
async fn fill(store: &Store) {
    populate(store).await;
    committed(store, async |tx| {
        for (name, number, end) in [("old", 10, at(10)), ("new", 11, at(11))] {
            let request = PendingAuthorization { expires_at: end, ..pending() };
            pending_authorizations::insert(tx, &digest(number), &request).await?;
            sessions::insert(tx, &Session { expires_at: end, ..session(name) }, &digest(number)).await?;
            families::insert(tx, &TokenFamily { ..family(name) }, end).await?;
            access_tokens::insert(tx, &digest(number), &OpaqueAccessToken { expires_at: end, ..access_token() })
                .await?;
            failed_logins::record(tx, name, "::1", std::time::Duration::ZERO, end).await?;
        }
        Ok(())
    })
    .await;
}

/// Which of a request, a session, a family, an access token and a count are there.
async fn there(store: &Store, name: &str, number: u8) -> [bool; 5] {
    let mut db = reader(store).await;
    let forever = std::time::Duration::from_secs(1 << 40);
    [
        pending_authorizations::find(&mut db, &digest(number)).await.unwrap().is_some(),
        sessions::find(&mut db, &SessionId::new(name)).await.unwrap().is_some(),
        families::find(&mut db, &FamilyId::new(name)).await.unwrap().is_some(),
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
        assert_eq!(there(store, "old", 10).await, [true; 5]);
        assert_eq!(sweep(store, 11, 100).await, 5);
        assert_eq!(there(store, "old", 10).await, [false; 5]);
        assert_eq!(there(store, "new", 11).await, [true; 5]);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_takes_no_more_than_it_was_told() {
    for_each_engine(async |store| {
        fill(store).await;
        assert_eq!(sweep(store, 50, 1).await, 5);
        assert_eq!(sweep(store, 50, 1).await, 5);
        assert_eq!(sweep(store, 50, 1).await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_swept_family_takes_its_tokens_along() {
    for_each_engine(async |store| {
        fill(store).await;
        let token = model::grant::RefreshToken { family_id: FamilyId::new("old"), ..refresh_token("token") };
        committed(store, async |tx| refresh_tokens::insert(tx, &digest(1), &token).await).await;
        sweep(store, 11, 100).await;
        assert!(refresh_tokens::find(&mut reader(store).await, &digest(1)).await.unwrap().is_none());
    })
    .await;
}
