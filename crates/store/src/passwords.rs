//! What we know of each person's password.

use model::user::{PasswordCredential, StoredPassword};
use model::{Timestamp, UserId};

use crate::db::{Args, Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT user_id, kind, format, hash, source, updated_at, version FROM passwords WHERE user_id = $1";
    INSERT = "INSERT INTO passwords
              (user_id, kind, format, hash, source, origin, origin_name, updated_at, version)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 1) ON CONFLICT (user_id) DO NOTHING";
    REPLACE = "UPDATE passwords SET kind = $3, format = $4, hash = $5, source = $6, updated_at = $7,
               moved_at = CASE WHEN origin <> 'native' AND moved_at IS NULL AND $3 = 'native' THEN $7 ELSE moved_at END,
               version = version + 1
               WHERE user_id = $1 AND version = $2";
    MOVED_ALREADY = "UPDATE passwords SET origin = $2, origin_name = $3, moved_at = $4
                     WHERE user_id = $1 AND moved_at IS NULL";
    HELD_BY_SOURCE = "SELECT COUNT(*) AS people FROM passwords
                      WHERE origin = 'source' AND origin_name = $1 AND moved_at IS NULL AND kind = 'source'";
}

#[derive(sqlx::FromRow)]
pub(crate) struct PasswordRow {
    pub(crate) user_id: String,
    kind: String,
    format: Option<String>,
    hash: Option<String>,
    source: Option<String>,
    updated_at: i64,
    version: i64,
}

impl PasswordRow {
    pub(crate) fn into_stored(self) -> Result<StoredPassword, StoreError> {
        let credential = match (self.kind.as_str(), self.format, self.hash, self.source) {
            ("native", None, Some(hash), None) => PasswordCredential::Native { hash },
            ("imported", Some(format), Some(hash), None) => PasswordCredential::Imported { format, hash },
            ("source", None, None, Some(source)) => PasswordCredential::Source { source },
            _ => return Err(StoreError::corrupt("passwords", self.user_id, "kind and columns disagree")),
        };
        let updated_at = Timestamp::from_millis(self.updated_at);
        Ok(StoredPassword { credential, version: self.version, updated_at })
    }
}

/// The columns `kind, format, hash, source`.
fn push_credential(args: &mut Args, credential: &PasswordCredential) {
    let (format, hash, source) = match credential {
        PasswordCredential::Native { hash } => (None, Some(hash), None),
        PasswordCredential::Imported { format, hash } => (Some(format), Some(hash), None),
        PasswordCredential::Source { source } => (None, None, Some(source)),
    };
    args.push(credential.kind());
    args.push(format.map(String::as_str));
    args.push(hash.map(String::as_str));
    args.push(source.map(String::as_str));
}

/// The person's password credential.
pub async fn find(db: &mut impl Read, user_id: &UserId) -> Result<Option<StoredPassword>, StoreError> {
    db.fetch_optional::<PasswordRow>(FIND, args![user_id]).await?.map(PasswordRow::into_stored).transpose()
}

/// How many people's passwords the source of this name holds. Nobody's password goes back to a source, so those it
/// holds came from it and have not moved, which the index knows.
pub async fn held_by_source(db: &mut impl Read, source: &str) -> Result<u64, StoreError> {
    let (people,): (i64,) = db.fetch_one(HELD_BY_SOURCE, args![source]).await?;
    Ok(people.unsigned_abs())
}

/// Stores a first credential. `false` means that there is one.
pub async fn insert(
    tx: &mut WriteTx,
    user_id: &UserId,
    credential: &PasswordCredential,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(INSERT, row(user_id, credential, now)).await? == 1)
}

/// The columns of a new row, all but the version.
pub(crate) fn row(user_id: &UserId, credential: &PasswordCredential, now: Timestamp) -> Args {
    let origin_name = match credential {
        PasswordCredential::Native { .. } => None,
        PasswordCredential::Imported { format, .. } => Some(format.as_str()),
        PasswordCredential::Source { source } => Some(source.as_str()),
    };
    let mut args = args![user_id];
    push_credential(&mut args, credential);
    args.push(credential.kind());
    args.push(origin_name);
    args.push(now);
    args
}

/// Replaces the credential that has this version. `false` means that somebody else replaced it first; nothing was
/// changed. The first replacement of a foreign credential by one of ours counts as the person's move.
pub async fn replace(
    tx: &mut WriteTx,
    user_id: &UserId,
    version: i64,
    credential: &PasswordCredential,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let mut args = args![user_id, version];
    push_credential(&mut args, credential);
    args.push(now);
    Ok(tx.execute(REPLACE, args).await? == 1)
}

/// Notes that a person who was stored with a password of ours came from this source and so has moved. Nothing changes
/// for one who had moved before.
pub async fn mark_moved_from_source(
    tx: &mut WriteTx,
    user_id: &UserId,
    source: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(MOVED_ALREADY, args![user_id, "source", source, now]).await.map(|_| ())
}
