//! Roles and who has them.

use model::role::{Role, RoleMember};
use model::user::Profile;
use model::{RoleId, Timestamp, UserId};

use crate::columns::from_json;
use crate::db::{Ask, args, statements};
use crate::listing::{Filter, List};
use crate::search::{Condition, Field, Kind, Test, TextTest};
use crate::{Page, Read, StoreError, WriteTx};

const COLUMNS: &str = "id, name, description, created_at, version";

// The id is that of `user_roles`, by which its index is sorted.
const MEMBERS: &str = "(SELECT r.role_id, r.assigned_at, r.user_id, u.email, u.profile FROM user_roles r \
                       JOIN users u ON u.user_id = r.user_id) AS members";

statements! {
    FIND = "SELECT id, name, description, created_at, version FROM roles WHERE id = $1";
    OF_USER = "SELECT r.id, r.name, r.description, r.created_at, r.version FROM user_roles u
               JOIN roles r ON r.id = u.role_id WHERE u.user_id = $1 ORDER BY r.created_at, r.id";
    COUNT_OF_USER = "SELECT COUNT(*) AS held FROM user_roles WHERE user_id = $1";
    COUNT_MEMBERS = "SELECT COUNT(*) AS members FROM user_roles WHERE role_id = $1";
    INSERT = "INSERT INTO roles (id, name, description, created_at, version) VALUES ($1, $2, $3, $4, 1)
              ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE roles SET name = $3, description = $4, version = version + 1 WHERE id = $1 AND version = $2";
    HOLD = "UPDATE roles SET version = version WHERE id = $1";
    KEEP = keeping "SELECT id FROM roles WHERE id = $1";
    DELETE = "DELETE FROM roles WHERE id = $1";
    ASSIGN = "INSERT INTO user_roles (user_id, role_id, assigned_at) VALUES ($1, $2, $3)
              ON CONFLICT (user_id, role_id) DO NOTHING";
    TAKE = "DELETE FROM user_roles WHERE user_id = $1 AND role_id = $2";
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    id: String,
    name: String,
    description: Option<String>,
    created_at: i64,
    version: i64,
}

impl From<RoleRow> for Role {
    fn from(row: RoleRow) -> Self {
        Role {
            id: RoleId::new(row.id),
            name: row.name,
            description: row.description,
            created_at: Timestamp::from_millis(row.created_at),
            version: row.version,
        }
    }
}

#[derive(sqlx::FromRow)]
struct MemberRow {
    user_id: String,
    email: Option<String>,
    profile: String,
    assigned_at: i64,
}

impl MemberRow {
    fn into_member(self) -> Result<RoleMember, StoreError> {
        let profile: Profile = from_json("users", &self.user_id, &self.profile)?;
        Ok(RoleMember {
            user_id: UserId::new(self.user_id),
            email: self.email,
            name: profile.name,
            picture: profile.picture,
            assigned_at: Timestamp::from_millis(self.assigned_at),
        })
    }
}

/// The role with this id.
pub async fn find(db: &mut impl Read, id: &RoleId) -> Result<Option<Role>, StoreError> {
    Ok(db.fetch_optional::<RoleRow>(FIND, args![id]).await?.map(Role::from))
}

/// Roles, oldest first; only those with `name` anywhere in theirs where one is given. The case of ASCII letters does
/// not matter.
pub async fn list(db: &mut impl Read, name: Option<&str>, page: &Page) -> Result<Vec<Role>, StoreError> {
    let rows: Vec<RoleRow> = named(name).rows(db, page).await?;
    Ok(rows.into_iter().map(Role::from).collect())
}

/// How many there are.
pub async fn count(db: &mut impl Read, name: Option<&str>) -> Result<u64, StoreError> {
    named(name).count(db).await
}

pub(crate) fn named(name: Option<&str>) -> List {
    let contains = |name: &str| {
        let anywhere = vec![String::new(), name.to_ascii_lowercase(), String::new()];
        Condition::Holds(Field::filled(Kind::Caseless, "name"), Test::Text(TextTest::Like(anywhere)))
    };
    List {
        table: "roles",
        columns: COLUMNS,
        order: ("created_at", "id"),
        search: name.map(contains),
        ..List::default()
    }
}

/// Stores a new role. `false` means that its name, or its id, is taken.
pub async fn insert(tx: &mut WriteTx, role: &Role) -> Result<bool, StoreError> {
    let args = args![&role.id, &role.name, role.description.as_deref(), role.created_at];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// What came of changing a role. Anything but `Done` changed nothing that may be committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// It is changed.
    Done,
    /// Another role has the name.
    NameTaken,
    /// Somebody changed or deleted the role meanwhile.
    Stale,
}

/// Replaces name and description.
pub async fn update(tx: &mut WriteTx, role: &Role) -> Result<Changed, StoreError> {
    match tx.execute(UPDATE, args![&role.id, role.version, &role.name, role.description.as_deref()]).await {
        Ok(0) => Ok(Changed::Stale),
        Ok(_) => Ok(Changed::Done),
        Err(error) if error.is_of_a_double() => Ok(Changed::NameTaken),
        Err(error) => Err(error),
    }
}

/// Lets one write at a time decide about a role, until it is committed. `false` means that there is none.
pub async fn hold(tx: &mut WriteTx, id: &RoleId) -> Result<bool, StoreError> {
    Ok(tx.execute(HOLD, args![id]).await? == 1)
}

/// Sees to it that a role stays until the write ends. `false` means that there is none.
pub async fn keep(tx: &mut WriteTx, id: &RoleId) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional::<(String,)>(KEEP, args![id]).await?.is_some())
}

/// Deletes a role; nobody has it any more. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, id: &RoleId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}

/// The roles of a person, oldest role first.
pub async fn of_user(db: &mut impl Read, user_id: &UserId) -> Result<Vec<Role>, StoreError> {
    let rows: Vec<RoleRow> = db.fetch_all(OF_USER, args![user_id]).await?;
    Ok(rows.into_iter().map(Role::from).collect())
}

/// How many roles a person has.
pub async fn count_of_user(db: &mut impl Read, user_id: &UserId) -> Result<u64, StoreError> {
    let (held,): (i64,) = db.fetch_one(COUNT_OF_USER, args![user_id]).await?;
    Ok(u64::try_from(held).unwrap_or(0))
}

/// Those who have a role, whoever was given it first coming first.
pub async fn members(db: &mut impl Read, id: &RoleId, page: &Page) -> Result<Vec<RoleMember>, StoreError> {
    let rows: Vec<MemberRow> = having(id).rows(db, page).await?;
    rows.into_iter().map(MemberRow::into_member).collect()
}

/// How many have it.
pub async fn count_members(db: &mut impl Read, id: &RoleId) -> Result<u64, StoreError> {
    let (members,): (i64,) = db.fetch_one(COUNT_MEMBERS, args![id]).await?;
    Ok(u64::try_from(members).unwrap_or(0))
}

pub(crate) fn having(id: &RoleId) -> List {
    List {
        table: MEMBERS,
        columns: "user_id, email, profile, assigned_at",
        order: ("assigned_at", "user_id"),
        filters: Filter::one_of("role_id", &[id.as_str().to_owned()]).into_iter().collect(),
        ..List::default()
    }
}

/// Gives a person a role. `false` means that they have it already.
pub async fn assign(tx: &mut WriteTx, user_id: &UserId, id: &RoleId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(ASSIGN, args![user_id, id, now]).await? == 1)
}

/// Takes a role from a person. `false` means that they did not have it.
pub async fn take(tx: &mut WriteTx, user_id: &UserId, id: &RoleId) -> Result<bool, StoreError> {
    Ok(tx.execute(TAKE, args![user_id, id]).await? == 1)
}
