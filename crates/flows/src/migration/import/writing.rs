//! Writing what was decided about a batch: all of it or nothing.

use std::collections::HashSet;

use model::user::PasswordCredential;
use model::{ConnectionId, Timestamp, UserId};
use store::users::Stored;
use store::{Store, StoreError, WriteTx, bulk};

use super::decision::{Change, Decision, Newcomer};

/// What came of a write.
pub(super) enum Written {
    /// It is on disk. Named are those whose hash was not wanted any more, because they moved meanwhile.
    Done(HashSet<UserId>),
    /// Somebody signed up, changed or left since it was decided. Nothing was written.
    Outdated,
}

/// Writes all that is to be written.
pub(super) async fn write(
    store: &Store,
    connection_id: &ConnectionId,
    decisions: &[Decision],
    now: Timestamp,
) -> Result<Written, StoreError> {
    let newcomers: Vec<&Newcomer> = decisions.iter().filter_map(as_newcomer).collect();
    let changes: Vec<&Change> = decisions.iter().filter_map(as_change).collect();
    if newcomers.is_empty() && changes.is_empty() {
        return Ok(Written::Done(HashSet::new()));
    }
    let mut tx = store.write().await?;
    if !insert(&mut tx, connection_id, &newcomers).await? || !update(&mut tx, &changes).await? {
        return Ok(Written::Outdated);
    }
    let passwords = passwords(&newcomers, &changes);
    let Some(put) = bulk::put_passwords(&mut tx, &passwords, now).await? else {
        return Ok(Written::Outdated);
    };
    tx.commit().await?;
    let put: HashSet<UserId> = put.into_iter().collect();
    Ok(Written::Done(passwords.into_iter().map(|(id, _)| id.clone()).filter(|id| !put.contains(id)).collect()))
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
