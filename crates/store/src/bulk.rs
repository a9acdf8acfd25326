//! Many people at once, for imports. Beside [`crate::listing`], the place where statements are composed at run time:
//! a fixed text is repeated for as many rows as there are, and every value is bound.

use std::collections::{HashMap, HashSet};

use model::address::FoldedEmail;
use model::user::{PasswordCredential, StoredPassword, User};
use model::{ConnectionId, Timestamp, UserId};

use crate::db::{Args, Ask, Row, args};
use crate::passwords::{self, PasswordRow};
use crate::users::{self, Stored};
use crate::{Read, StoreError, WriteTx};

/// Values in one statement: SQLite takes 32,766 and Postgres 65,535, and a prepared statement of this many is small.
const MOST_VALUES: usize = 2_000;

const USERS: Insert = Insert {
    into: "users (user_id, email, email_folded, email_verified, profile, user_metadata, app_metadata, blocked, \
           logins_count, last_login, last_ip, last_password_reset, created_at, updated_at, version)",
    bound: 14,
    fixed: ", 1",
    finish: "ON CONFLICT (user_id) DO NOTHING RETURNING user_id",
};

const IDENTITIES: Insert = Insert {
    into: "identities (connection_id, external_id, user_id, position, email_folded, username_folded, profile_data)",
    bound: 7,
    fixed: "",
    finish: "ON CONFLICT DO NOTHING RETURNING user_id",
};

/// What is ours is never replaced. A hash that arrives before its owner has moved is where the password comes from.
const PASSWORDS: Insert = Insert {
    into: "passwords (user_id, kind, format, hash, source, origin, origin_name, updated_at, version)",
    bound: 8,
    fixed: ", 1",
    finish: "ON CONFLICT (user_id) DO UPDATE SET kind = excluded.kind, format = excluded.format, hash = excluded.hash, \
             source = excluded.source, origin = excluded.origin, origin_name = excluded.origin_name, \
             updated_at = excluded.updated_at, version = passwords.version + 1 \
             WHERE passwords.kind <> 'native' RETURNING user_id",
};

/// An `INSERT` of any number of rows that answers the `user_id` of each row it wrote.
struct Insert {
    into: &'static str,
    /// How many columns are bound.
    bound: usize,
    /// The columns after those, as text.
    fixed: &'static str,
    finish: &'static str,
}

impl Insert {
    async fn run(&self, tx: &mut WriteTx, rows: &[Args]) -> Result<Vec<UserId>, StoreError> {
        let mut written = Vec::with_capacity(rows.len());
        for chunk in rows.chunks(MOST_VALUES / self.bound) {
            let mut args = args![];
            for row in chunk {
                args.extend(row);
            }
            let ids: Vec<(String,)> = tx.fetch_composed_in_order(self.text(chunk.len()), args).await?;
            written.extend(ids.into_iter().map(|(id,)| UserId::new(id)));
        }
        Ok(written)
    }

    fn text(&self, rows: usize) -> String {
        let row = format!("({}{})", places(self.bound), self.fixed);
        format!("INSERT INTO {} VALUES {} {}", self.into, vec![row; rows].join(", "), self.finish)
    }
}

/// `?, ?, ?` for three values.
fn places(count: usize) -> String {
    vec!["?"; count].join(", ")
}

/// Asks `{question} (…)` about any number of texts. `first` are the values of the question's own places.
async fn ask_about<R: Row>(
    db: &mut impl Read,
    question: &str,
    first: &Args,
    texts: &[&str],
) -> Result<Vec<R>, StoreError> {
    let mut rows = Vec::new();
    for chunk in texts.chunks(MOST_VALUES) {
        let mut args = first.clone();
        for text in chunk {
            args.push(*text);
        }
        let sql = format!("{question} ({})", places(chunk.len()));
        rows.extend(db.fetch_composed_in_order::<R>(sql, args).await?);
    }
    Ok(rows)
}

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
    let question = "SELECT user_id, external_id, email_folded, username_folded FROM identities \
                    WHERE connection_id = ? AND external_id IN";
    let rows: Vec<HolderRow> = ask_about(db, question, &args![connection_id], external_ids).await?;
    Ok(rows.into_iter().map(Holder::from).collect())
}

/// Those who sign in at the connection by one of these names, be it their address or their user name. Somebody for
/// whom both are asked for is there twice.
pub async fn holders_of_names(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    names: &[FoldedEmail],
) -> Result<Vec<Holder>, StoreError> {
    let by_email = "SELECT user_id, external_id, email_folded, username_folded FROM identities \
                    WHERE connection_id = ? AND email_folded IN";
    let by_username = "SELECT user_id, external_id, email_folded, username_folded FROM identities \
                       WHERE connection_id = ? AND username_folded IN";
    let names: Vec<&str> = names.iter().map(FoldedEmail::as_str).collect();
    let mut rows: Vec<HolderRow> = ask_about(db, by_email, &args![connection_id], &names).await?;
    rows.extend(ask_about::<HolderRow>(db, by_username, &args![connection_id], &names).await?);
    Ok(rows.into_iter().map(Holder::from).collect())
}

/// Which of these user ids exist, whatever connection they belong to.
pub async fn existing(db: &mut impl Read, user_ids: &[UserId]) -> Result<HashSet<UserId>, StoreError> {
    let user_ids: Vec<&str> = user_ids.iter().map(UserId::as_str).collect();
    let rows: Vec<(String,)> = ask_about(db, "SELECT user_id FROM users WHERE user_id IN", &args![], &user_ids).await?;
    Ok(rows.into_iter().map(|(id,)| UserId::new(id)).collect())
}

/// Which of these ids belonged to people of the connection who were deleted here.
pub async fn buried(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    external_ids: &[&str],
) -> Result<HashSet<String>, StoreError> {
    let question = "SELECT external_id FROM tombstones WHERE connection_id = ? AND external_id IN";
    let rows: Vec<(String,)> = ask_about(db, question, &args![connection_id], external_ids).await?;
    Ok(rows.into_iter().map(|(id,)| id).collect())
}

/// The password credentials of these people.
pub async fn passwords(db: &mut impl Read, user_ids: &[UserId]) -> Result<HashMap<UserId, StoredPassword>, StoreError> {
    let question = "SELECT user_id, kind, format, hash, source, updated_at, version FROM passwords WHERE user_id IN";
    let user_ids: Vec<&str> = user_ids.iter().map(UserId::as_str).collect();
    let rows: Vec<PasswordRow> = ask_about(db, question, &args![], &user_ids).await?;
    rows.into_iter().map(|row| Ok((UserId::new(&row.user_id), row.into_stored()?))).collect()
}

/// Stores new people of one connection, with the identities each has there. That no two of them share a name is for
/// the caller to see to.
pub async fn insert(tx: &mut WriteTx, connection_id: &ConnectionId, people: &[&User]) -> Result<Stored, StoreError> {
    users::claim_names_of(tx, connection_id).await?;
    if !holders_of_names(tx, connection_id, &login_names(people)).await?.is_empty() {
        return Ok(Stored::NameTaken);
    }
    let rows: Vec<Args> = people.iter().map(|user| users::row(user)).collect();
    if USERS.run(tx, &rows).await?.len() != rows.len() {
        return Ok(Stored::IdTaken);
    }
    let identities_of = |user: &&User| -> Vec<Args> {
        let identities = (0..).zip(&user.identities);
        identities.map(|(position, identity)| users::identity_row(user, position, identity)).collect()
    };
    let rows: Vec<Args> = people.iter().flat_map(identities_of).collect();
    let written = IDENTITIES.run(tx, &rows).await?.len();
    Ok(if written == rows.len() { Stored::Done } else { Stored::NameTaken })
}

/// Every folded name by which one of these people will sign in.
fn login_names(people: &[&User]) -> Vec<FoldedEmail> {
    let names = |user: &&User| {
        let username = user.profile.username.as_deref().map(FoldedEmail::of);
        [user.profile.folded_email(), username].into_iter().flatten()
    };
    people.iter().flat_map(names).collect()
}

/// Gives people the password credentials that came with an import, in place of none and of those that are not ours
/// yet. Answers whose were written; the others have a password of ours, which stays. `None` means that one of these
/// people is not there any more; then nothing of the write may be committed.
pub async fn put_passwords(
    tx: &mut WriteTx,
    credentials: &[(&UserId, &PasswordCredential)],
    now: Timestamp,
) -> Result<Option<Vec<UserId>>, StoreError> {
    let rows: Vec<Args> =
        credentials.iter().map(|(user_id, credential)| passwords::row(user_id, credential, now)).collect();
    match PASSWORDS.run(tx, &rows).await {
        Err(error) if error.is_of_an_orphan() => Ok(None),
        outcome => outcome.map(Some),
    }
}
