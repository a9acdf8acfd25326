//! Who has moved.

use crate::db::{Ask, args, statements};
use crate::{Read, StoreError};

statements! {
    PROGRESS = "SELECT c.name AS connection, p.origin, p.origin_name, COUNT(*) AS people, COUNT(p.moved_at) AS moved
                FROM passwords p
                JOIN identities i ON i.user_id = p.user_id AND i.position = 0
                JOIN connections c ON c.id = i.connection_id
                GROUP BY c.name, p.origin, p.origin_name
                ORDER BY c.name, p.origin, p.origin_name";
    BY_DAY = "SELECT moved_at / 86400000 AS day, COUNT(*) AS moved FROM passwords
              WHERE moved_at IS NOT NULL GROUP BY moved_at / 86400000 ORDER BY day DESC LIMIT $1";
    WITHOUT_PASSWORD = "SELECT c.name, COUNT(*) AS people FROM identities i
                        JOIN connections c ON c.id = i.connection_id
                        LEFT JOIN passwords p ON p.user_id = i.user_id
                        WHERE i.position = 0 AND p.user_id IS NULL AND c.strategy = 'auth0' GROUP BY c.name ORDER BY c.name";
}

/// People of one connection whose passwords came from one place.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Progress {
    /// The connection's name.
    pub connection: String,
    /// `native`, `imported` or `source`.
    pub origin: String,
    /// The format or the source.
    pub origin_name: Option<String>,
    /// How many people.
    pub people: i64,
    /// How many of them have a password of ours by now.
    pub moved: i64,
}

/// How far each connection has come, by where its passwords came from.
pub async fn progress(db: &mut impl Read) -> Result<Vec<Progress>, StoreError> {
    db.fetch_all(PROGRESS, args![]).await
}

/// How many moved on each of the latest `days` days on which anybody did: (days since 1970, people), newest first.
pub async fn by_day(db: &mut impl Read, days: u32) -> Result<Vec<(i64, i64)>, StoreError> {
    db.fetch_all(BY_DAY, args![i64::from(days)]).await
}

/// People of each database connection who have no password at all, and can come in only by a reset.
pub async fn without_password(db: &mut impl Read) -> Result<Vec<(String, i64)>, StoreError> {
    db.fetch_all(WITHOUT_PASSWORD, args![]).await
}
