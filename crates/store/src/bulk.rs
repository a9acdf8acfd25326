//! Many people at once, for imports. What is asked, or stored, of all of them is one value of a statement: a list.

use std::collections::{HashMap, HashSet};

use model::address::FoldedEmail;
use model::user::{PasswordCredential, StoredPassword, User};
use model::{ConnectionId, Timestamp, UserId};

use crate::db::{Args, Ask, InsertMany, Inserts, RowsWritten, Sql, args, statement};
use crate::identities;
use crate::passwords::{self, PasswordRow};
use crate::users::{self, Stored};
use crate::{Read, Store, StoreError, WriteTx};

/// Declares questions about each text of a list, which is the last of their values. Every key is unique where the
/// scope holds: Postgres, which plans before there are people, cannot but look each text up by its index.
macro_rules! questions {
    ($($name:ident = $columns:literal from $table:literal where $scope:literal $key:literal in $list:literal;)*) => {
        $(const $name: Sql = Sql {
            sqlite: concat!(
                "SELECT ", $columns, " FROM ", $table, " WHERE ", $scope, $key,
                " IN (SELECT value FROM json_each(", $list, "))"
            ),
            postgres: concat!(
                "SELECT found.* FROM unnest(CAST(", $list, " AS TEXT[])) AS asked (value) CROSS JOIN LATERAL (SELECT ",
                $columns, " FROM ", $table, " WHERE ", $scope, $key, " = asked.value LIMIT 1) AS found"
            ),
        };)*
        #[cfg(test)]
        pub(crate) const ALL: &[(&str, Sql)] = &[
            $((stringify!($name), $name),)*
            ("HAS_USERNAMES", HAS_USERNAMES),
            ("HAS_TOMBSTONES", HAS_TOMBSTONES),
        ];
    };
}

// Most directories know nobody by a user name, and have buried nobody: that spares the question about each. Without an
// order, Postgres might read all of another connection's rows where it expects some of this one among the first.
const HAS_USERNAMES: Sql = statement!(
    "SELECT username_folded FROM identities WHERE connection_id = $1 AND username_folded IS NOT NULL
     ORDER BY username_folded LIMIT 1"
);
const HAS_TOMBSTONES: Sql =
    statement!("SELECT external_id FROM tombstones WHERE connection_id = $1 ORDER BY external_id LIMIT 1");

questions! {
    BY_ID = "user_id, external_id, email_folded, username_folded" from "identities"
            where "connection_id = $1 AND " "external_id" in "$2";
    BY_EMAIL = "user_id, external_id, email_folded, username_folded" from "identities"
               where "connection_id = $1 AND " "email_folded" in "$2";
    BY_USERNAME = "user_id, external_id, email_folded, username_folded" from "identities"
                  where "connection_id = $1 AND " "username_folded" in "$2";
    EXISTING = "user_id" from "users" where "" "user_id" in "$1";
    BURIED = "external_id" from "tombstones" where "connection_id = $1 AND " "external_id" in "$2";
    PASSWORDS_OF = "user_id, kind, format, hash, source, updated_at, version" from "passwords"
                   where "" "user_id" in "$1";
    NATIVE_AMONG = "user_id" from "passwords" where "kind = 'native' AND " "user_id" in "$1";
}

const USERS: InsertMany = InsertMany {
    into: "users (user_id, email, email_folded, email_verified, profile, user_metadata, app_metadata, blocked, \
           logins_count, last_login, last_ip, last_password_reset, created_at, updated_at, version)",
    fixed: ", 1",
    on_conflict: "",
};

const IDENTITIES: InsertMany = InsertMany {
    into: "identities (connection_id, external_id, user_id, position, email_folded, username_folded, profile_data)",
    fixed: "",
    on_conflict: "",
};

const NEW_PASSWORDS: InsertMany = InsertMany { on_conflict: "", ..PASSWORDS };

/// What is ours is never replaced. A hash that arrives before its owner has moved is where the password comes from.
const PASSWORDS: InsertMany = InsertMany {
    into: "passwords (user_id, kind, format, hash, source, origin, origin_name, updated_at, version)",
    fixed: ", 1",
    on_conflict: "ON CONFLICT (user_id) DO UPDATE SET kind = excluded.kind, format = excluded.format, \
                  hash = excluded.hash, source = excluded.source, origin = excluded.origin, \
                  origin_name = excluded.origin_name, updated_at = excluded.updated_at, \
                  version = passwords.version + 1 WHERE passwords.kind <> 'native'",
};

/// A person as one database connection knows them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Who it is.
    pub user_id: UserId,
    /// The id in that connection.
    pub external_id: String,
    /// The address to sign in with.
    pub email: Option<FoldedEmail>,
    /// The user name to sign in with.
    pub username: Option<FoldedEmail>,
}

#[derive(sqlx::FromRow)]
struct HolderRow {
    user_id: String,
    external_id: String,
    email_folded: Option<String>,
    username_folded: Option<String>,
}

impl From<HolderRow> for Holder {
    fn from(row: HolderRow) -> Self {
        Holder {
            user_id: UserId::new(row.user_id),
            external_id: row.external_id,
            email: row.email_folded.map(FoldedEmail::from_stored),
            username: row.username_folded.map(FoldedEmail::from_stored),
        }
    }
}

/// Those who have one of these ids in the connection.
pub async fn holders_of_ids(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    external_ids: &[&str],
) -> Result<Vec<Holder>, StoreError> {
    holders(db, BY_ID, connection_id, external_ids).await
}

/// Those who sign in at the connection by one of these names, be it their address or their user name. Somebody for
/// whom both are asked for is there twice.
pub async fn holders_of_names(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    names: &[FoldedEmail],
) -> Result<Vec<Holder>, StoreError> {
    let names: Vec<&str> = names.iter().map(FoldedEmail::as_str).collect();
    let mut found = holders(db, BY_EMAIL, connection_id, &names).await?;
    found.extend(holders_of_usernames(db, connection_id, &names).await?);
    Ok(found)
}

async fn holders_of_usernames(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    names: &[&str],
) -> Result<Vec<Holder>, StoreError> {
    if !names.is_empty() && has_any(db, HAS_USERNAMES, connection_id).await? {
        holders(db, BY_USERNAME, connection_id, names).await
    } else {
        Ok(Vec::new())
    }
}

async fn has_any(db: &mut impl Read, question: Sql, connection_id: &ConnectionId) -> Result<bool, StoreError> {
    db.fetch_optional::<(String,)>(question, args![connection_id]).await.map(|found| found.is_some())
}

async fn holders(
    db: &mut impl Read,
    question: Sql,
    connection_id: &ConnectionId,
    texts: &[&str],
) -> Result<Vec<Holder>, StoreError> {
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let rows: Vec<HolderRow> = db.fetch_all(question, args![connection_id, texts]).await?;
    Ok(rows.into_iter().map(Holder::from).collect())
}

/// Which of these user ids exist, whatever connection they belong to.
pub async fn existing(db: &mut impl Read, user_ids: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
    ids(db, EXISTING, args![user_ids]).await.map(|ids| ids.into_iter().map(UserId::new).collect())
}

/// Which of these ids belonged to people of the connection who were deleted here.
pub async fn buried(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    external_ids: &[&str],
) -> Result<HashSet<String>, StoreError> {
    if !external_ids.is_empty() && has_any(db, HAS_TOMBSTONES, connection_id).await? {
        ids(db, BURIED, args![connection_id, external_ids]).await
    } else {
        Ok(HashSet::new())
    }
}

async fn ids(db: &mut impl Read, question: Sql, args: Args) -> Result<HashSet<String>, StoreError> {
    let rows: Vec<(String,)> = db.fetch_all(question, args).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The password credentials of these people.
pub async fn passwords(db: &mut impl Read, user_ids: &[UserId]) -> Result<HashMap<UserId, StoredPassword>, StoreError> {
    let rows: Vec<PasswordRow> = db.fetch_all(PASSWORDS_OF, args![user_ids]).await?;
    rows.into_iter().map(|row| Ok((UserId::new(&row.user_id), row.into_stored()?))).collect()
}

/// New people of one connection as the rows they will be, which takes a while to make and is done before the write is
/// opened.
pub struct NewPeople {
    users: Inserts,
    identities: Inserts,
    passwords: Inserts,
    emails: Vec<FoldedEmail>,
    usernames: Vec<FoldedEmail>,
}

impl NewPeople {
    /// Nobody yet, for this database.
    pub fn of(store: &Store) -> Self {
        let [users, identities, passwords] =
            [&USERS, &IDENTITIES, &NEW_PASSWORDS].map(|insert| Inserts::new(insert, store.engine()));
        NewPeople { users, identities, passwords, emails: Vec::new(), usernames: Vec::new() }
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Adds somebody, with the identities they have and the password credential that came with them at `now`. That no
    /// two of the people share a name is for the caller to see to. An error where the database could not take them.
    pub fn add(
        &mut self,
        user: &User,
        password: Option<&PasswordCredential>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.users.push(users::row(user))?;
        for (position, identity) in (0..).zip(&user.identities) {
            self.identities.push(identities::row(user, position, identity))?;
        }
        if let Some(credential) = password {
            self.passwords.push(passwords::row(&user.user_id, credential, now))?;
        }
        self.emails.extend(user.profile.folded_email());
        self.usernames.extend(user.profile.username.as_deref().map(FoldedEmail::of));
        Ok(())
    }
}

/// Stores new people, where the connection is still there: it stays until the write ends. Where that is refused, nothing
/// of the write may be committed.
///
/// The names are claimed last, so that where several write at once, what is most of the work is done side by side.
pub async fn insert(tx: &mut WriteTx, connection_id: &ConnectionId, people: NewPeople) -> Result<Stored, StoreError> {
    let NewPeople { users, identities, passwords, emails, usernames } = people;
    for inserts in [users, passwords] {
        if !is_inserted(tx.insert(inserts).await)? {
            return Ok(Stored::IdTaken);
        }
    }
    if !identities::claim_names_of(tx, connection_id).await? {
        return Ok(Stored::Stale);
    }
    if are_names_of_the_other_kind_taken(tx, connection_id, &emails, &usernames).await?
        || !is_inserted(tx.insert(identities).await)?
    {
        return Ok(Stored::NameTaken);
    }
    Ok(Stored::Done)
}

/// Whether none of the rows was there.
fn is_inserted(written: Result<RowsWritten, StoreError>) -> Result<bool, StoreError> {
    match written {
        Err(error) if error.is_of_a_double() => Ok(false),
        written => written.map(|_| true),
    }
}

/// Whether the address of one of these people is somebody's user name, or the other way round. That addresses, and
/// user names, differ among themselves is for the unique indexes to see to.
async fn are_names_of_the_other_kind_taken(
    tx: &mut WriteTx,
    connection_id: &ConnectionId,
    emails: &[FoldedEmail],
    usernames: &[FoldedEmail],
) -> Result<bool, StoreError> {
    let emails: Vec<_> = emails.iter().map(FoldedEmail::as_str).collect();
    let usernames: Vec<_> = usernames.iter().map(FoldedEmail::as_str).collect();
    Ok(!holders_of_usernames(tx, connection_id, &emails).await?.is_empty()
        || !holders(tx, BY_EMAIL, connection_id, &usernames).await?.is_empty())
}

/// Password credentials of people who are there, as the rows they will be.
pub struct Credentials {
    user_ids: Vec<UserId>,
    rows: Inserts,
}

impl Credentials {
    /// None yet, for this database.
    pub fn of(store: &Store) -> Self {
        Credentials { user_ids: Vec::new(), rows: Inserts::new(&PASSWORDS, store.engine()) }
    }

    /// Whether there is nobody.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds what came for somebody at `now`. An error where the database could not take it.
    pub fn add(&mut self, user_id: &UserId, credential: &PasswordCredential, now: Timestamp) -> Result<(), StoreError> {
        self.user_ids.push(user_id.clone());
        self.rows.push(passwords::row(user_id, credential, now))
    }
}

/// Gives people the password credentials that came with an import, in place of none and of those that are not ours
/// yet. Answers who have a password of ours, which stays. `None` means that one of these people is not there any more;
/// then nothing of the write may be committed.
pub async fn put_passwords(tx: &mut WriteTx, credentials: Credentials) -> Result<Option<HashSet<UserId>>, StoreError> {
    match tx.insert(credentials.rows).await {
        Err(error) if error.is_of_an_orphan() => Ok(None),
        Err(error) => Err(error),
        Ok(written) if written.are_all_written() => Ok(Some(HashSet::new())),
        Ok(_) => {
            let native = ids(tx, NATIVE_AMONG, args![&credentials.user_ids[..]]).await?;
            Ok(Some(native.into_iter().map(UserId::new).collect()))
        }
    }
}
