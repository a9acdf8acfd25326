//! Wrong passwords, counted for each account and address.

use std::time::Duration;

use model::Timestamp;

use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT failures, last_failed_at FROM failed_logins WHERE account = $1 AND address = $2";
    RECORD = "INSERT INTO failed_logins (account, address, failures, last_failed_at) VALUES ($1, $2, 1, $3)
              ON CONFLICT (account, address) DO UPDATE SET last_failed_at = excluded.last_failed_at, failures =
              CASE WHEN failed_logins.last_failed_at < $4 THEN 1 ELSE failed_logins.failures + 1 END
              RETURNING failures";
    CLEAR = "DELETE FROM failed_logins WHERE account = $1";
}

/// How many wrong passwords in a row there were; none if the last is older than `window`.
pub async fn recent(
    db: &mut impl Read,
    account: &str,
    address: &str,
    window: Duration,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let row: Option<(i64, i64)> = db.fetch_optional(FIND, args![account, address]).await?;
    let oldest = now.minus(window).millis();
    Ok(row.filter(|(_, last)| *last >= oldest).map_or(0, |(failures, _)| failures))
}

/// Counts one more and says how many there are now. A count older than `window` starts again.
pub async fn record(
    tx: &mut WriteTx,
    account: &str,
    address: &str,
    window: Duration,
    now: Timestamp,
) -> Result<i64, StoreError> {
    let (failures,): (i64,) = tx.fetch_one(RECORD, args![account, address, now, now.minus(window)]).await?;
    Ok(failures)
}

/// Forgets the failures of an account from every address.
pub async fn clear(tx: &mut WriteTx, account: &str) -> Result<(), StoreError> {
    tx.execute(CLEAR, args![account]).await.map(|_| ())
}
