//! What roles permit, and what people are permitted.

mod of_role;
mod of_user;

use std::collections::{BTreeMap, BTreeSet};

use model::Timestamp;
use model::resource_server::ResourceServer;
use model::role::{Permission, PermissionSource};
use serde_json::{Value, json};
use store::{Page, Read, StoreError, WriteTx};

pub use of_role::{give_to_role, of_role, take_from_role};
pub use of_user::{effective, give_to_user, of_user, take_from_user};

use super::body::Fields;
use super::paging::Position;
use super::text::check_some;
use super::{Body, BodyInvalid, Listing, Refused, Resource};

/// How much one role can permit, and one person be permitted directly, as at Auth0.
const MOST_PERMISSIONS: usize = 1000;

/// A permission as a caller sees it.
#[derive(Clone, Debug)]
pub struct ShownPermission {
    /// What is permitted.
    pub permission: Permission,
    /// What administrators call the API.
    pub api_name: String,
    /// What the API says of the scope.
    pub description: Option<String>,
    /// Why a person is permitted it; empty for what a role permits.
    pub sources: Vec<PermissionSource>,
}

/// The permissions that a body names, in one order for all, so that two writes never wait for each other.
fn named(body: &Body) -> Result<BTreeSet<Permission>, BodyInvalid> {
    let mut fields = body.object()?;
    let items = fields.nested_list("permissions")?;
    let items = items.ok_or_else(|| BodyInvalid::Missing { path: "permissions".to_owned() })?;
    fields.finish()?;
    check_some("permissions", &items, MOST_PERMISSIONS)?;
    items.into_iter().map(permission).collect()
}

fn permission(mut fields: Fields) -> Result<Permission, BodyInvalid> {
    let audience = fields.require("resource_server_identifier")?;
    let name = fields.require("permission_name")?;
    fields.finish()?;
    Ok(Permission { audience, name })
}

/// Goes on only if every API is there, offers the scope, and goes on offering it until the write ends.
async fn check_offered(tx: &mut WriteTx, permissions: &BTreeSet<Permission>) -> Result<(), Refused> {
    let mut apis: BTreeMap<&str, ResourceServer> = BTreeMap::new();
    for Permission { audience, name } in permissions {
        if !apis.contains_key(audience.as_str()) {
            let api = store::resource_servers::hold(tx, audience).await?;
            apis.insert(audience, api.ok_or(Refused::NotFound(Resource::ResourceServer))?);
        }
        check_one(&apis[audience.as_str()], name)?;
    }
    Ok(())
}

fn check_one(api: &ResourceServer, name: &str) -> Result<(), BodyInvalid> {
    let problem = if api.is_system {
        "must not be for the Management API, which people cannot call".to_owned()
    } else if api.offers(name) {
        return Ok(());
    } else {
        format!("names {name}, which {} does not offer", api.identifier)
    };
    Err(BodyInvalid::wrong("permissions", problem))
}

/// Goes on unless there are now more than there may be.
fn check_bound(held: u64) -> Result<(), BodyInvalid> {
    if usize::try_from(held).is_ok_and(|held| held <= MOST_PERMISSIONS) {
        return Ok(());
    }
    Err(BodyInvalid::wrong("permissions", format!("would make more than {MOST_PERMISSIONS}")))
}

/// Permissions as they stand in a record of what was done.
fn told(permissions: &BTreeSet<Permission>) -> Value {
    let told = |Permission { audience, name }: &Permission| json!({ "resource_server_identifier": audience, "permission_name": name });
    permissions.iter().map(told).collect()
}

/// Neither part has a space in it, so that this sorts as the permissions do.
fn position(permission: &Permission) -> Position {
    (Timestamp::from_millis(0), format!("{} {}", permission.audience, permission.name))
}

/// Adds what the APIs say of what is on a page.
async fn shown(
    db: &mut impl Read,
    listing: Listing<(Permission, Vec<PermissionSource>)>,
) -> Result<Listing<ShownPermission>, StoreError> {
    let audiences: BTreeSet<String> = listing.items.iter().map(|(permission, _)| permission.audience.clone()).collect();
    let apis = apis(db, &Vec::from_iter(audiences)).await?;
    Ok(listing.map(|(permission, sources)| {
        let api = apis.get(&permission.audience);
        let scope = api.and_then(|api| api.scopes.iter().find(|scope| scope.value == permission.name));
        ShownPermission {
            api_name: api.map(|api| api.name.clone()).unwrap_or_default(),
            description: scope.and_then(|scope| scope.description.clone()),
            permission,
            sources,
        }
    }))
}

async fn apis(db: &mut impl Read, identifiers: &[String]) -> Result<BTreeMap<String, ResourceServer>, StoreError> {
    if identifiers.is_empty() {
        return Ok(BTreeMap::new());
    }
    let all = Page::Offset { skip: 0, limit: u32::MAX };
    let found = store::resource_servers::list(db, identifiers, &all).await?;
    Ok(found.into_iter().map(|api| (api.identifier.clone(), api)).collect())
}
