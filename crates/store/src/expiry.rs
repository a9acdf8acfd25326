//! Sweeping out what has expired. Expiry itself is checked wherever a row is read; sweeping only frees the room.

use model::Timestamp;

use crate::db::{Sql, args, statements};
use crate::{StoreError, WriteTx};

statements! {
    PENDING = "DELETE FROM pending_authorizations WHERE digest IN
               (SELECT digest FROM pending_authorizations WHERE expires_at < $1 LIMIT $2)";
    SESSIONS = "DELETE FROM sessions WHERE sid IN (SELECT sid FROM sessions WHERE expires_at < $1 LIMIT $2)";
    FAMILIES = "DELETE FROM token_families WHERE id IN
                (SELECT id FROM token_families WHERE expires_at < $1 LIMIT $2)";
    REPEATS = "DELETE FROM refresh_tokens WHERE id IN
               (SELECT id FROM refresh_tokens WHERE repeatable_until < $1 LIMIT $2)";
    ACCESS_TOKENS = "DELETE FROM access_tokens WHERE digest IN
                     (SELECT digest FROM access_tokens WHERE expires_at < $1 LIMIT $2)";
    FAILED_LOGINS = "DELETE FROM failed_logins WHERE (account, address) IN
                     (SELECT account, address FROM failed_logins WHERE last_failed_at < $1 LIMIT $2)";
    PROVIDER_SIGN_INS = "DELETE FROM provider_sign_ins WHERE digest IN
                         (SELECT digest FROM provider_sign_ins WHERE expires_at < $1 LIMIT $2)";
    PUSHED = "DELETE FROM pushed_authorizations WHERE digest IN
              (SELECT digest FROM pushed_authorizations WHERE expires_at < $1 LIMIT $2)";
    JOBS = "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE expires_at < $1 LIMIT $2)";
    JOB_DOWNLOADS = "DELETE FROM job_downloads WHERE digest IN
                     (SELECT digest FROM job_downloads WHERE expires_at < $1 LIMIT $2)";
    TICKETS = "DELETE FROM tickets WHERE digest IN (SELECT digest FROM tickets WHERE expires_at < $1 LIMIT $2)";
    USED_TOKENS = "DELETE FROM used_tokens WHERE digest IN
                   (SELECT digest FROM used_tokens WHERE expires_at < $1 LIMIT $2)";
}

const SWEEPS: [Sql; 12] = [
    PENDING,
    PUSHED,
    SESSIONS,
    FAMILIES,
    REPEATS,
    ACCESS_TOKENS,
    FAILED_LOGINS,
    JOBS,
    JOB_DOWNLOADS,
    PROVIDER_SIGN_INS,
    TICKETS,
    USED_TOKENS,
];

/// Deletes at most `limit` rows of each table that ended before `before`, and says how many went.
pub async fn sweep(tx: &mut WriteTx, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
    let mut swept = 0;
    for sweep in SWEEPS {
        swept += tx.execute(sweep, args![before, i64::from(limit)]).await?;
    }
    Ok(swept)
}
