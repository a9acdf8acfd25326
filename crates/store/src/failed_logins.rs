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
    CLOSED = "SELECT address FROM failed_logins WHERE account = $1 AND failures >= $2 AND last_failed_at >= $3
              ORDER BY address LIMIT 1000";
    CLOSED_TO = "SELECT COUNT(*) AS accounts FROM failed_logins
                 WHERE address = $1 AND failures >= $2 AND last_failed_at >= $3";
    CLEAR_ADDRESS = "DELETE FROM failed_logins WHERE address = $1";
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

/// When an account is closed to an address.
#[derive(Clone, Copy, Debug)]
pub struct Closing {
    /// After so many failures.
    pub failures: i64,
    /// Until so long after the last of them.
    pub window: Duration,
}

/// The addresses to which an account is closed.
pub async fn closed(
    db: &mut impl Read,
    account: &str,
    closing: Closing,
    now: Timestamp,
) -> Result<Vec<String>, StoreError> {
    let args = args![account, closing.failures, now.minus(closing.window)];
    let rows: Vec<(String,)> = db.fetch_all(CLOSED, args).await?;
    Ok(rows.into_iter().map(|(address,)| address).collect())
}

/// Whether any account is closed to an address.
pub async fn is_any_closed_to(
    db: &mut impl Read,
    address: &str,
    closing: Closing,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let args = args![address, closing.failures, now.minus(closing.window)];
    Ok(db.fetch_one::<(i64,)>(CLOSED_TO, args).await?.0 > 0)
}

/// Forgets the failures from an address at every account. `false` means that there were none.
pub async fn clear_address(tx: &mut WriteTx, address: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(CLEAR_ADDRESS, args![address]).await? > 0)
}

/// Forgets the failures of an account from every address.
pub async fn clear(tx: &mut WriteTx, account: &str) -> Result<(), StoreError> {
    tx.execute(CLEAR, args![account]).await.map(|_| ())
}
