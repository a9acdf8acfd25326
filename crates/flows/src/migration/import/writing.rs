//! Writing what was decided about a batch: all of it or nothing.

use std::collections::HashSet;

use model::user::PasswordCredential;
use model::{ConnectionId, Timestamp, UserId};
use store::users::Stored;
use store::{StoreError, WriteTx, bulk};

use super::decision::{Change, Decision, Newcomer};

/// Writes all that is to be written, and answers whose hash was not wanted any more, because they moved meanwhile. `None`
/// where somebody signed up, changed or left since it was decided; then nothing of the write may be committed.
pub(super) async fn write(
    tx: &mut WriteTx,
    connection_id: &ConnectionId,
    decisions: &[Decision],
    now: Timestamp,
) -> Result<Option<HashSet<UserId>>, StoreError> {
    let newcomers: Vec<&Newcomer> = decisions.iter().filter_map(as_newcomer).collect();
    let changes: Vec<&Change> = decisions.iter().filter_map(as_change).collect();
    if !insert(tx, connection_id, &newcomers).await? || !update(tx, &changes).await? {
        return Ok(None);
    }
    bulk::put_passwords(tx, &passwords(&newcomers, &changes), now).await
}

fn as_newcomer(decision: &Decision) -> Option<&Newcomer> {
    if let Decision::Insert(newcomer) = decision { Some(newcomer) } else { None }
}

fn as_change(decision: &Decision) -> Option<&Change> {
    if let Decision::Update(change) = decision { Some(change) } else { None }
}

async fn insert(tx: &mut WriteTx, connection_id: &ConnectionId, newcomers: &[&Newcomer]) -> Result<bool, StoreError> {
    for newcomer in newcomers.iter().filter(|newcomer| newcomer.exhumed) {
        store::users::exhume(tx, connection_id, newcomer.user.user_id.external_id()).await?;
    }
    let users: Vec<_> = newcomers.iter().map(|newcomer| &newcomer.user).collect();
    Ok(bulk::insert(tx, connection_id, &users).await? == Stored::Done)
}

async fn update(tx: &mut WriteTx, changes: &[&Change]) -> Result<bool, StoreError> {
    for user in changes.iter().filter_map(|change| change.user.as_ref()) {
        if store::users::update(tx, user).await? != Stored::Done {
            return Ok(false);
        }
    }
    Ok(true)
}

fn passwords<'a>(newcomers: &[&'a Newcomer], changes: &[&'a Change]) -> Vec<(&'a UserId, &'a PasswordCredential)> {
    let new = newcomers.iter().filter_map(|one| Some((&one.user.user_id, one.password.as_ref()?)));
    let known = changes.iter().filter_map(|change| Some((&change.user_id, change.password.as_ref()?)));
    new.chain(known).collect()
}
