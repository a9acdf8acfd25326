//! Wrong passwords are counted for each account and address, in SQL, so that every node and every way in shares the
//! count. Nothing but a wrong password is counted.

use model::address::FoldedEmail;
use model::event::EventType;
use model::user::User;
use model::{ConnectionId, UserId};
use store::{Read, StoreError, WriteTx};

use crate::events::event;
use crate::{RequestContext, Services};

/// Whose attempts are counted: a user, whatever name was typed, or a name that belongs to nobody.
pub(crate) struct Account(String);

impl Account {
    pub(crate) fn of(user: &User) -> Self {
        Account::of_id(&user.user_id)
    }

    pub(crate) fn of_id(id: &UserId) -> Self {
        Account(format!("user {id}"))
    }

    /// The same for every name that leads to the user.
    pub(crate) fn name(&self) -> &str {
        &self.0
    }

    /// A name nobody has. It is counted all the same, so that the answers do not tell who exists.
    pub(crate) fn nobody(connection: &ConnectionId, folded: &FoldedEmail) -> Self {
        Account(format!("name {connection} {}", folded.as_str().chars().take(320).collect::<String>()))
    }
}

/// Whether the account is closed to this address for a while.
pub(crate) async fn is_closed(
    svc: &Services,
    cx: &RequestContext,
    db: &mut impl Read,
    account: &Account,
    address: &str,
) -> Result<bool, StoreError> {
    let window = svc.settings.failed_login_window;
    let failures = store::failed_logins::recent(db, &account.0, address, window, cx.now).await?;
    Ok(failures >= svc.settings.max_failed_logins)
}

/// Counts a wrong password, and records that the account is closed when it was the last one allowed.
pub(crate) async fn count(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    account: &Account,
    address: &str,
    username: &str,
    user_id: Option<&UserId>,
) -> Result<(), StoreError> {
    let window = svc.settings.failed_login_window;
    let failures = store::failed_logins::record(tx, &account.0, address, window, cx.now).await?;
    if failures == svc.settings.max_failed_logins {
        event(svc, cx, EventType::AccountThrottled)
            .typed_name(username)
            .known_user(user_id)
            .detail("failures", failures)
            .record(tx)
            .await?;
    }
    Ok(())
}

/// Forgets the wrong passwords of somebody who has come in.
pub(crate) async fn forget(tx: &mut WriteTx, account: &Account) -> Result<(), StoreError> {
    store::failed_logins::clear(tx, &account.0).await
}
