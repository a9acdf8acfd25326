//! Roles, and what people are permitted at APIs.

use crate::{RoleId, Timestamp, UserId};

/// Permissions that people are given together, under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Its id.
    pub id: RoleId,
    /// What administrators call it; no other role is called so.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// When it was created.
    pub created_at: Timestamp,
    /// Rises with each change.
    pub version: i64,
}

/// Leave to use one scope of an API.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Permission {
    /// The identifier of the API.
    pub audience: String,
    /// The scope, one of those that the API offers.
    pub name: String,
}

/// A permission that a person has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldPermission {
    /// What is permitted.
    pub permission: Permission,
    /// Why; never empty.
    pub sources: Vec<PermissionSource>,
}

/// Where a permission of a person's comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PermissionSource {
    /// The person was given it.
    Direct,
    /// The person has a role that brings it.
    Role {
        /// Which.
        id: RoleId,
        /// What it is called.
        name: String,
    },
}

/// Somebody who has a role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleMember {
    /// Who it is.
    pub user_id: UserId,
    /// Address.
    pub email: Option<String>,
    /// Full name.
    pub name: Option<String>,
    /// URL of a picture.
    pub picture: Option<String>,
    /// When the person was given the role.
    pub assigned_at: Timestamp,
}
