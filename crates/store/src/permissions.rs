//! What roles permit, and what people are permitted.

use std::collections::BTreeSet;

use model::role::{HeldPermission, Permission, PermissionSource};
use model::{RoleId, UserId};

use crate::db::{Args, Ask, InsertMany, Sql, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    OF_ROLE = "SELECT audience, permission FROM role_permissions WHERE role_id = $1 ORDER BY audience, permission";
    COUNT_OF_ROLE = "SELECT COUNT(*) AS held FROM role_permissions WHERE role_id = $1";
    TAKE_FROM_ROLE = "DELETE FROM role_permissions WHERE role_id = $1 AND audience = $2 AND permission = $3";
    // What was given directly has no role; the empty text is no id of one.
    OF_USER = "SELECT audience, permission, '' AS role_id, '' AS role_name FROM user_permissions WHERE user_id = $1
               UNION ALL SELECT p.audience, p.permission, r.id AS role_id, r.name AS role_name FROM user_roles u
               JOIN roles r ON r.id = u.role_id JOIN role_permissions p ON p.role_id = r.id WHERE u.user_id = $1
               ORDER BY 1, 2, 3";
    COUNT_OF_USER = "SELECT COUNT(*) AS held FROM user_permissions WHERE user_id = $1";
    TAKE_FROM_USER = "DELETE FROM user_permissions WHERE user_id = $1 AND audience = $2 AND permission = $3";
    PERMITTED = "SELECT permission FROM user_permissions WHERE user_id = $1 AND audience = $2
                 UNION SELECT p.permission FROM user_roles u JOIN role_permissions p ON p.role_id = u.role_id
                 WHERE u.user_id = $1 AND p.audience = $2 ORDER BY 1";
    WITHDRAW_FROM_ROLES = "DELETE FROM role_permissions WHERE audience = $1 AND permission = $2";
    WITHDRAW_FROM_USERS = "DELETE FROM user_permissions WHERE audience = $1 AND permission = $2";
}

const GIVE_TO_ROLE: InsertMany = InsertMany {
    into: "role_permissions (role_id, audience, permission)",
    fixed: "",
    on_conflict: "ON CONFLICT (role_id, audience, permission) DO NOTHING",
};

const GIVE_TO_USER: InsertMany = InsertMany {
    into: "user_permissions (user_id, audience, permission)",
    fixed: "",
    on_conflict: "ON CONFLICT (user_id, audience, permission) DO NOTHING",
};

#[derive(sqlx::FromRow)]
struct SourceRow {
    audience: String,
    permission: String,
    role_id: String,
    role_name: String,
}

impl SourceRow {
    fn source(&self) -> PermissionSource {
        if self.role_id.is_empty() {
            return PermissionSource::Direct;
        }
        PermissionSource::Role { id: RoleId::new(&self.role_id), name: self.role_name.clone() }
    }
}

/// What a role permits, sorted.
pub async fn of_role(db: &mut impl Read, id: &RoleId) -> Result<Vec<Permission>, StoreError> {
    let rows: Vec<(String, String)> = db.fetch_all(OF_ROLE, args![id]).await?;
    Ok(rows.into_iter().map(|(audience, name)| Permission { audience, name }).collect())
}

/// How much a role permits.
pub async fn count_of_role(db: &mut impl Read, id: &RoleId) -> Result<u64, StoreError> {
    count(db, COUNT_OF_ROLE, args![id]).await
}

/// Lets a role permit this, too. `false` means that it permits all of it already.
pub async fn give_to_role(
    tx: &mut WriteTx,
    id: &RoleId,
    permissions: &BTreeSet<Permission>,
) -> Result<bool, StoreError> {
    let rows = permissions.iter().map(|given| args![id, &given.audience, &given.name]).collect();
    Ok(tx.insert_many(&GIVE_TO_ROLE, rows).await?.are_any_written())
}

/// Lets a role not permit this any more. `false` means that it permits nothing of it.
pub async fn take_from_role(
    tx: &mut WriteTx,
    id: &RoleId,
    permissions: &BTreeSet<Permission>,
) -> Result<bool, StoreError> {
    let mut taken = 0;
    for Permission { audience, name } in permissions {
        taken += tx.execute(TAKE_FROM_ROLE, args![id, audience, name]).await?;
    }
    Ok(taken > 0)
}

/// What a person is permitted and why, sorted.
pub async fn of_user(db: &mut impl Read, user_id: &UserId) -> Result<Vec<HeldPermission>, StoreError> {
    let rows: Vec<SourceRow> = db.fetch_all(OF_USER, args![user_id]).await?;
    let mut held: Vec<HeldPermission> = Vec::new();
    for row in rows {
        let source = row.source();
        let permission = Permission { audience: row.audience, name: row.permission };
        match held.last_mut().filter(|last| last.permission == permission) {
            Some(last) => last.sources.push(source),
            None => held.push(HeldPermission { permission, sources: vec![source] }),
        }
    }
    Ok(held)
}

/// How much a person is permitted directly.
pub async fn count_of_user(db: &mut impl Read, user_id: &UserId) -> Result<u64, StoreError> {
    count(db, COUNT_OF_USER, args![user_id]).await
}

/// Permits a person this. `false` means that they are directly permitted all of it already.
pub async fn give_to_user(
    tx: &mut WriteTx,
    user_id: &UserId,
    permissions: &BTreeSet<Permission>,
) -> Result<bool, StoreError> {
    let rows = permissions.iter().map(|given| args![user_id, &given.audience, &given.name]).collect();
    Ok(tx.insert_many(&GIVE_TO_USER, rows).await?.are_any_written())
}

/// Takes from a person what they are directly permitted. `false` means that it was nothing of this.
pub async fn take_from_user(
    tx: &mut WriteTx,
    user_id: &UserId,
    permissions: &BTreeSet<Permission>,
) -> Result<bool, StoreError> {
    let mut taken = 0;
    for Permission { audience, name } in permissions {
        taken += tx.execute(TAKE_FROM_USER, args![user_id, audience, name]).await?;
    }
    Ok(taken > 0)
}

/// The scopes of one API that a person is permitted, directly or by a role, sorted.
pub async fn permitted(db: &mut impl Read, user_id: &UserId, audience: &str) -> Result<Vec<String>, StoreError> {
    let rows: Vec<(String,)> = db.fetch_all(PERMITTED, args![user_id, audience]).await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Takes from everybody and every role what an API does not offer any more.
pub async fn withdraw(tx: &mut WriteTx, audience: &str, name: &str) -> Result<(), StoreError> {
    tx.execute(WITHDRAW_FROM_ROLES, args![audience, name]).await?;
    tx.execute(WITHDRAW_FROM_USERS, args![audience, name]).await.map(|_| ())
}

async fn count(db: &mut impl Read, question: Sql, args: Args) -> Result<u64, StoreError> {
    let (held,): (i64,) = db.fetch_one(question, args).await?;
    Ok(u64::try_from(held).unwrap_or(0))
}
