//! What people have allowed applications that are not the operator's own.

use model::grant::Grant;
use model::{ClientId, GrantId, Timestamp, UserId};
use protocol::scope::ScopeSet;

use crate::db::{Ask, args, statements, unless_orphan};
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError, WriteTx};

const COLUMNS: &str = "id, user_id, client_id, audience, scope, created_at, updated_at";

statements! {
    FIND = "SELECT id, user_id, client_id, audience, scope, created_at, updated_at FROM grants WHERE id = $1";
    FIND_FOR = "SELECT id, user_id, client_id, audience, scope, created_at, updated_at FROM grants
                WHERE user_id = $1 AND client_id = $2 AND audience = $3";
    PUT = "INSERT INTO grants (id, user_id, client_id, audience, scope, created_at, updated_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7)
           ON CONFLICT (user_id, client_id, audience) DO UPDATE SET scope = $5, updated_at = $7";
    DELETE = "DELETE FROM grants WHERE id = $1";
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: String,
    user_id: String,
    client_id: String,
    audience: String,
    scope: String,
    created_at: i64,
    updated_at: i64,
}

impl From<GrantRow> for Grant {
    fn from(row: GrantRow) -> Self {
        Grant {
            id: GrantId::new(row.id),
            user_id: UserId::new(row.user_id),
            client_id: ClientId::new(row.client_id),
            audience: row.audience,
            scope: ScopeSet::parse(&row.scope),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        }
    }
}

/// Which grants are wanted; empty lists mean no condition.
#[derive(Clone, Debug, Default)]
pub struct GrantFilter {
    /// Of these people.
    pub user_ids: Vec<String>,
    /// To these clients.
    pub client_ids: Vec<String>,
    /// For these APIs.
    pub audiences: Vec<String>,
}

impl GrantFilter {
    pub(crate) fn list(&self) -> List {
        let filters = [
            Filter::one_of("user_id", &self.user_ids),
            Filter::one_of("client_id", &self.client_ids),
            Filter::one_of("audience", &self.audiences),
        ];
        List {
            table: "grants",
            columns: COLUMNS,
            order: ("created_at", "id"),
            filters: filters.into_iter().flatten().collect(),
            ..List::default()
        }
    }
}

/// The grant with this id.
pub async fn find(db: &mut impl Read, id: &GrantId) -> Result<Option<Grant>, StoreError> {
    Ok(db.fetch_optional::<GrantRow>(FIND, args![id]).await?.map(Grant::from))
}

/// What this person has allowed this client for this API.
pub async fn find_for(
    db: &mut impl Read,
    user: &UserId,
    client: &ClientId,
    audience: &str,
) -> Result<Option<Grant>, StoreError> {
    Ok(db.fetch_optional::<GrantRow>(FIND_FOR, args![user, client, audience]).await?.map(Grant::from))
}

/// Grants, oldest first.
pub async fn list(db: &mut impl Read, filter: &GrantFilter, page: &Page) -> Result<Vec<Grant>, StoreError> {
    let rows: Vec<GrantRow> = filter.list().rows(db, page).await?;
    Ok(rows.into_iter().map(Grant::from).collect())
}

/// How many there are.
pub async fn count(db: &mut impl Read, filter: &GrantFilter) -> Result<u64, StoreError> {
    filter.list().count(db).await
}

/// Stores what a person allows. Where they have allowed this client something for this API before, the scope is
/// replaced, and the id and the age stay. `false` means that the person or the client is gone, and that nothing of the
/// write may be committed.
pub async fn put(tx: &mut WriteTx, grant: &Grant) -> Result<bool, StoreError> {
    let args = args![
        &grant.id,
        &grant.user_id,
        &grant.client_id,
        &grant.audience,
        &grant.scope,
        grant.created_at,
        grant.updated_at,
    ];
    unless_orphan(tx.execute(PUT, args).await)
}

/// Deletes a grant. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, id: &GrantId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}
