//! People.

use model::address::FoldedEmail;
use model::user::{Identity, Profile, User};
use model::{ConnectionId, Timestamp, UserId};
use serde::Serialize;

use crate::columns::{from_json, moment, to_json};
use crate::db::{Args, Ask, args, statements};
use crate::identities;
use crate::listing::{Filter, List};
use crate::search::{Condition, Field, Kind, Place};
use crate::{Page, Read, Sort, StoreError, WriteTx};

const COLUMNS: &str = "user_id, email, email_verified, profile, user_metadata, app_metadata, blocked, logins_count, \
                       last_login, last_ip, last_password_reset, created_at, updated_at, version";

/// How many names the path of a field in the metadata may have.
const DEEPEST_PATH: usize = 10;

statements! {
    FIND = "SELECT user_id, email, email_verified, profile, user_metadata, app_metadata, blocked, logins_count,
            last_login, last_ip, last_password_reset, created_at, updated_at, version
            FROM users WHERE user_id = $1";
    BY_LOGIN = "SELECT user_id FROM identities WHERE connection_id = $1 AND (email_folded = $2 OR username_folded = $2)
                ORDER BY CASE WHEN email_folded = $2 THEN 0 ELSE 1 END LIMIT 1";
    // From each connection to whoever has the name there, which an index answers.
    // SQLite would begin with all identities, were it not for `CROSS`: it takes the tables in their order.
    BY_NAME = "SELECT i.user_id, c.name FROM connections c CROSS JOIN identities i
               WHERE i.connection_id = c.id AND i.email_folded = $1
               UNION SELECT i.user_id, c.name FROM connections c CROSS JOIN identities i
               WHERE i.connection_id = c.id AND i.username_folded = $1 ORDER BY 1, 2 LIMIT 100";
    BY_IDENTITY = "SELECT user_id FROM identities WHERE connection_id = $1 AND external_id = $2";
    UNTIL = "SELECT user_id, email, email_verified, profile, user_metadata, app_metadata, blocked, logins_count,
             last_login, last_ip, last_password_reset, created_at, updated_at, version
             FROM users WHERE (created_at, user_id) > ($1, $2) AND created_at <= $3
             AND ($4 = '' OR EXISTS (SELECT 1 FROM identities i WHERE i.user_id = users.user_id AND i.connection_id = $4))
             ORDER BY created_at, user_id LIMIT $5";
    OF_CONNECTION = "SELECT user_id FROM identities WHERE connection_id = $1 AND position = 0 LIMIT $2";
    INSERT = "INSERT INTO users (user_id, email, email_folded, email_verified, profile, user_metadata, app_metadata,
              blocked, logins_count, last_login, last_ip, last_password_reset, created_at, updated_at, version)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 1) ON CONFLICT (user_id) DO NOTHING";
    UPDATE = "UPDATE users SET email = $3, email_folded = $4, email_verified = $5, profile = $6, user_metadata = $7,
              app_metadata = $8, blocked = $9, last_password_reset = $10, updated_at = $11, version = version + 1
              WHERE user_id = $1 AND version = $2";
    RECORD_LOGIN = "UPDATE users SET logins_count = logins_count + 1, last_login = $2, last_ip = $3
                    WHERE user_id = $1 AND last_password_reset IS NOT DISTINCT FROM $4
                    AND (blocked IS NULL OR blocked <> $5)";
    HOLD = "UPDATE users SET version = version WHERE user_id = $1";
    ACTIVE_SINCE = "SELECT COUNT(*) AS active FROM users WHERE last_login >= $1";
    HOLD_TO_DELETE = deleting "SELECT user_id FROM users WHERE user_id = $1";
    DELETE = "DELETE FROM users WHERE user_id = $1";
    KEEP_CONNECTIONS = keeping "SELECT id FROM connections
                       WHERE id IN (SELECT connection_id FROM identities WHERE user_id = $1) ORDER BY id";
    BURY = "INSERT INTO tombstones (connection_id, external_id, deleted_at)
            SELECT connection_id, external_id, $2 FROM identities
            WHERE user_id = $1 AND connection_id IN (SELECT id FROM connections) ON CONFLICT DO NOTHING";
    RETIRE = "INSERT INTO retired_user_ids (user_id, retired_at) VALUES ($1, $2) ON CONFLICT DO NOTHING";
    IS_RETIRED = "SELECT COUNT(*) AS retired FROM retired_user_ids WHERE user_id = $1";
    IS_BURIED = "SELECT COUNT(*) AS tombstones FROM tombstones WHERE connection_id = $1 AND external_id = $2";
    EXHUME = "DELETE FROM tombstones WHERE connection_id = $1 AND external_id = $2";
}

#[derive(sqlx::FromRow)]
struct UserRow {
    user_id: String,
    email: Option<String>,
    email_verified: bool,
    profile: String,
    user_metadata: String,
    app_metadata: String,
    blocked: Option<bool>,
    logins_count: i64,
    last_login: Option<i64>,
    last_ip: Option<String>,
    last_password_reset: Option<i64>,
    created_at: i64,
    updated_at: i64,
    version: i64,
}

impl UserRow {
    fn into_user(self, identities: Vec<Identity>) -> Result<User, StoreError> {
        let profile: Profile = from_json("users", &self.user_id, &self.profile)?;
        Ok(User {
            profile: Profile { email: self.email, email_verified: self.email_verified, ..profile },
            user_metadata: from_json("users", &self.user_id, &self.user_metadata)?,
            app_metadata: from_json("users", &self.user_id, &self.app_metadata)?,
            user_id: UserId::new(self.user_id),
            blocked: self.blocked,
            identities,
            logins_count: self.logins_count,
            last_login: moment(self.last_login),
            last_ip: self.last_ip,
            last_password_reset: moment(self.last_password_reset),
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            version: self.version,
        })
    }
}

/// The user with this id.
pub async fn find(db: &mut impl Read, id: &UserId) -> Result<Option<User>, StoreError> {
    let Some(row) = db.fetch_optional::<UserRow>(FIND, args![id]).await? else { return Ok(None) };
    row.into_user(identities::of_user(db, id).await?).map(Some)
}

/// The user who signs in at this database connection by this address or user name, folded. Where one person's user
/// name is another's address, the address wins.
pub async fn find_by_login(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    folded: &FoldedEmail,
) -> Result<Option<User>, StoreError> {
    match db.fetch_optional::<(String,)>(BY_LOGIN, args![connection_id, folded]).await? {
        Some((id,)) => find(db, &UserId::new(id)).await,
        None => Ok(None),
    }
}

/// Who signs in by this name, and at which connection.
pub async fn with_name(db: &mut impl Read, folded: &FoldedEmail) -> Result<Vec<(UserId, String)>, StoreError> {
    let rows: Vec<(String, String)> = db.fetch_all(BY_NAME, args![folded]).await?;
    Ok(rows.into_iter().map(|(id, connection)| (UserId::new(id), connection)).collect())
}

/// The user to whom this identity belongs.
pub async fn find_by_identity(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    external_id: &str,
) -> Result<Option<User>, StoreError> {
    match db.fetch_optional::<(String,)>(BY_IDENTITY, args![connection_id, external_id]).await? {
        Some((id,)) => find(db, &UserId::new(id)).await,
        None => Ok(None),
    }
}

/// Which users are wanted; `None` and an empty list mean no condition.
#[derive(Clone, Debug, Default)]
pub struct UserFilter {
    /// With this address, folded.
    pub email: Option<FoldedEmail>,
    /// For whom this holds, of [`field`]s.
    pub search: Option<Condition>,
    /// By what pages by number are sorted; without it by age.
    pub sort: Option<Sort>,
}

impl UserFilter {
    /// Whether it leaves nobody out.
    pub fn is_everybody(&self) -> bool {
        let UserFilter { email, search, sort: _ } = self;
        email.is_none() && search.as_ref().is_none_or(Condition::is_of_all)
    }

    pub(crate) fn list(&self) -> List {
        let emails: Vec<String> = self.email.iter().map(|email| email.as_str().to_owned()).collect();
        List {
            table: "users",
            columns: COLUMNS,
            order: ("created_at", "user_id"),
            newest_first: false,
            filters: Filter::one_of("email_folded", &emails).into_iter().collect(),
            search: self.search.clone(),
            sort: self.sort.clone(),
        }
    }
}

/// The field of this name, by which users can be searched.
pub fn field(name: &str) -> Option<Field> {
    let in_profile = |name| Field::member(Kind::Text, "profile", name);
    let caseless = |name| Field::member(Kind::Caseless, "profile", name);
    let identity = |column| Field { kind: Kind::Text, place: Place::Identity(column) };
    Some(match name {
        "user_id" => Field::filled(Kind::Text, "user_id"),
        "email" => Field::column(Kind::Email, "email_folded"),
        "email.domain" => Field { kind: Kind::Email, place: Place::Domain("email_folded") },
        "email_verified" => Field::filled(Kind::Flag, "email_verified"),
        "name" => caseless("name"),
        "given_name" => caseless("given_name"),
        "family_name" => caseless("family_name"),
        "nickname" => caseless("nickname"),
        "picture" => in_profile("picture"),
        "username" => in_profile("username"),
        "phone_number" => in_profile("phone_number"),
        "phone_verified" => {
            Field { kind: Kind::ExactJson, place: Place::Path("profile", vec!["phone_verified".to_owned()]) }
        }
        "blocked" => Field::column(Kind::Flag, "blocked"),
        "created_at" => Field::filled(Kind::Moment, "created_at"),
        "updated_at" => Field::filled(Kind::Moment, "updated_at"),
        "last_login" => Field::column(Kind::Moment, "last_login"),
        "last_ip" => Field::column(Kind::Text, "last_ip"),
        "last_password_reset" => Field::column(Kind::Moment, "last_password_reset"),
        "logins_count" => Field::filled(Kind::Number, "logins_count"),
        "identities.connection" => identity("c.name"),
        "identities.provider" => identity("c.strategy"),
        "identities.user_id" => identity("i.external_id"),
        _ => return in_metadata(name),
    })
}

fn in_metadata(name: &str) -> Option<Field> {
    let (column, path) = name.split_once('.')?;
    let (kind, column) = match column {
        "app_metadata" => (Kind::Json, "app_metadata"),
        "user_metadata" => (Kind::ExactJson, "user_metadata"),
        _ => return None,
    };
    let path: Vec<String> = path.split('.').map(str::to_owned).collect();
    // SQLite's paths know no way to write a quotation mark within a name.
    let is_name = |name: &String| !name.is_empty() && !name.contains(['"', '\\']);
    (path.len() <= DEEPEST_PATH && path.iter().all(is_name)).then_some(Field { kind, place: Place::Path(column, path) })
}

/// Users, oldest first unless they are sorted.
pub async fn list(db: &mut impl Read, filter: &UserFilter, page: &Page) -> Result<Vec<User>, StoreError> {
    let rows: Vec<UserRow> = filter.list().rows(db, page).await?;
    with_identities(db, rows).await
}

/// People who were there at a moment, and of whom some have been read.
#[derive(Clone, Debug)]
pub struct PeopleUntil {
    /// Nobody who was created later.
    pub created_at: Timestamp,
    /// Only those who have an identity of this connection.
    pub connection_id: Option<ConnectionId>,
    /// The last who was read.
    pub after: Option<(Timestamp, UserId)>,
}

/// The next of these people, oldest first.
pub async fn until(db: &mut impl Read, people: &PeopleUntil, limit: u32) -> Result<Vec<User>, StoreError> {
    let (after, after_id) = match &people.after {
        Some((created_at, user_id)) => (created_at.millis(), user_id.as_str()),
        None => (i64::MIN, ""),
    };
    let connection_id = people.connection_id.as_ref().map_or("", ConnectionId::as_str);
    let args = args![after, after_id, people.created_at, connection_id, i64::from(limit)];
    let rows: Vec<UserRow> = db.fetch_all(UNTIL, args).await?;
    with_identities(db, rows).await
}

async fn with_identities(db: &mut impl Read, rows: Vec<UserRow>) -> Result<Vec<User>, StoreError> {
    let ids: Vec<String> = rows.iter().map(|row| row.user_id.clone()).collect();
    let mut identities = identities::of_users(db, &ids).await?;
    rows.into_iter()
        .map(|row| {
            let own = identities.remove(&row.user_id).unwrap_or_default();
            row.into_user(own)
        })
        .collect()
}

/// How many there are.
pub async fn count(db: &mut impl Read, filter: &UserFilter) -> Result<u64, StoreError> {
    filter.list().count(db).await
}

/// How many there are, or `most` where there are more, which is known without counting all of them.
pub async fn count_up_to(db: &mut impl Read, filter: &UserFilter, most: u32) -> Result<u64, StoreError> {
    filter.list().count_up_to(db, most).await
}

/// How many have signed in since then.
pub async fn count_active(db: &mut impl Read, since: Timestamp) -> Result<u64, StoreError> {
    let (active,): (i64,) = db.fetch_one(ACTIVE_SINCE, args![since]).await?;
    Ok(u64::try_from(active).unwrap_or(0))
}

/// What came of storing a user. Anything but `Done` changed nothing that may be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Done,
    /// The user id is taken.
    IdTaken,
    /// The identity, the address or the user name is taken in its connection.
    NameTaken,
    /// Somebody changed or deleted the user meanwhile, or deleted the connection of a new one.
    Stale,
}

/// Stores a new user with its identities.
pub async fn insert(tx: &mut WriteTx, user: &User) -> Result<Stored, StoreError> {
    if !identities::hold_connections(tx, user).await? {
        return Ok(Stored::Stale);
    }
    if tx.execute(INSERT, row(user)).await? == 0 {
        return Ok(Stored::IdTaken);
    }
    for (position, identity) in (0..).zip(&user.identities) {
        let stored = identities::insert(tx, user, position, identity).await?;
        if stored != Stored::Done {
            return Ok(stored);
        }
    }
    Ok(Stored::Done)
}

/// The columns of a new row of `users`, all but the version.
pub(crate) fn row(user: &User) -> Args {
    args![
        &user.user_id,
        user.profile.email.as_deref(),
        user.profile.folded_email().as_ref(),
        user.profile.email_verified,
        profile_column(&user.profile),
        to_json(&user.user_metadata),
        to_json(&user.app_metadata),
        user.blocked,
        user.logins_count,
        user.last_login,
        user.last_ip.as_deref(),
        user.last_password_reset,
        user.created_at,
        user.updated_at,
    ]
}

/// Replaces what an administrator or the person may change: profile, metadata, block. Login statistics stay.
pub async fn update(tx: &mut WriteTx, user: &User) -> Result<Stored, StoreError> {
    identities::claim_names(tx, user).await?;
    let args = args![
        &user.user_id,
        user.version,
        user.profile.email.as_deref(),
        user.profile.folded_email().as_ref(),
        user.profile.email_verified,
        profile_column(&user.profile),
        to_json(&user.user_metadata),
        to_json(&user.app_metadata),
        user.blocked,
        user.last_password_reset,
        user.updated_at,
    ];
    if tx.execute(UPDATE, args).await? == 0 {
        return Ok(Stored::Stale);
    }
    identities::rename(tx, user).await
}

/// The profile without the address, which has columns of its own, and without what nobody said: of a million people,
/// that is a tenth of the table.
fn profile_column(profile: &Profile) -> String {
    let Profile {
        email: _,
        email_verified: _,
        username,
        phone_number,
        phone_verified,
        name,
        nickname,
        given_name,
        family_name,
        picture,
    } = profile;
    to_json(&ProfileColumn {
        username,
        phone_number,
        phone_verified: *phone_verified,
        name,
        nickname,
        given_name,
        family_name,
        picture,
    })
}

#[derive(Serialize)]
struct ProfileColumn<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    username: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone_number: &'a Option<String>,
    phone_verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nickname: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    given_name: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    family_name: &'a Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    picture: &'a Option<String>,
}

/// Counts a sign-in of somebody who was proven to be `user`. `false` means that the password has changed since, or that
/// the person was blocked or deleted; then they are not let in, and nothing of the write may be committed.
pub async fn record_login(tx: &mut WriteTx, user: &User, ip: Option<&str>, now: Timestamp) -> Result<bool, StoreError> {
    let args = args![&user.user_id, now, ip, user.last_password_reset, true];
    Ok(tx.execute(RECORD_LOGIN, args).await? == 1)
}

/// Lets one write at a time decide about a person, until it is committed. `false` means that there is none.
pub async fn hold(tx: &mut WriteTx, id: &UserId) -> Result<bool, StoreError> {
    Ok(tx.execute(HOLD, args![id]).await? == 1)
}

/// The same for whoever is going to delete the person, so that what is theirs is not taken before them. `false` means
/// that there is none.
pub async fn hold_to_delete(tx: &mut WriteTx, id: &UserId) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional::<(String,)>(HOLD_TO_DELETE, args![id]).await?.is_some())
}

/// Deletes a user with everything that is theirs but what the log says of them, and remembers each identity so that no
/// source brings it back. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, id: &UserId, now: Timestamp) -> Result<bool, StoreError> {
    // With a connection that is being deleted, this identity of theirs goes, and nothing of it is to be remembered.
    tx.fetch_all::<(String,)>(KEEP_CONNECTIONS, args![id]).await?;
    tx.execute(BURY, args![id, now]).await?;
    if tx.execute(DELETE, args![id]).await? == 0 {
        return Ok(false);
    }
    tx.execute(RETIRE, args![id, now]).await?;
    Ok(true)
}

/// Whether somebody who was deleted had this id. Whoever is given ids that are made of names asks, so that none comes
/// to mean somebody else.
pub async fn is_retired(db: &mut impl Read, id: &UserId) -> Result<bool, StoreError> {
    Ok(db.fetch_one::<(i64,)>(IS_RETIRED, args![id]).await?.0 > 0)
}

/// Users whose primary identity is of this connection, at most `limit` of them.
pub async fn of_connection(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    limit: u32,
) -> Result<Vec<UserId>, StoreError> {
    let rows: Vec<(String,)> = db.fetch_all(OF_CONNECTION, args![connection_id, i64::from(limit)]).await?;
    Ok(rows.into_iter().map(|(id,)| UserId::new(id)).collect())
}

/// Whether a user with this identity was deleted here.
pub async fn is_buried(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    external_id: &str,
) -> Result<bool, StoreError> {
    Ok(db.fetch_one::<(i64,)>(IS_BURIED, args![connection_id, external_id]).await?.0 > 0)
}

/// Forgets that this identity was deleted: an administrator creates or imports it again, knowingly.
pub async fn exhume(tx: &mut WriteTx, connection_id: &ConnectionId, external_id: &str) -> Result<(), StoreError> {
    tx.execute(EXHUME, args![connection_id, external_id]).await.map(|_| ())
}
