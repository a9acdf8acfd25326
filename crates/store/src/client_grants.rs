//! Which client may call which API as itself.

use model::client::ClientGrant;
use model::{ClientGrantId, ClientId, Timestamp};
use protocol::scope::ScopeSet;

use crate::db::{Ask, args, statements};
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError, WriteTx};

const COLUMNS: &str = "id, client_id, audience, scope, created_at, updated_at";

statements! {
    FIND = "SELECT id, client_id, audience, scope, created_at, updated_at FROM client_grants WHERE id = $1";
    FIND_FOR = "SELECT id, client_id, audience, scope, created_at, updated_at
                FROM client_grants WHERE client_id = $1 AND audience = $2";
    INSERT = "INSERT INTO client_grants (id, client_id, audience, scope, created_at, updated_at)
              VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING";
    SET_SCOPE = "UPDATE client_grants SET scope = $2, updated_at = $3 WHERE id = $1";
    DELETE = "DELETE FROM client_grants WHERE id = $1";
}

#[derive(sqlx::FromRow)]
struct ClientGrantRow {
    id: String,
    client_id: String,
    audience: String,
    scope: String,
    created_at: i64,
    updated_at: i64,
}

impl From<ClientGrantRow> for ClientGrant {
    fn from(row: ClientGrantRow) -> Self {
        ClientGrant {
            id: ClientGrantId::new(row.id),
            client_id: ClientId::new(row.client_id),
            audience: row.audience,
            scope: ScopeSet::parse(&row.scope),
            created_at: Timestamp::from_millis(row.created_at),
            updated_at: Timestamp::from_millis(row.updated_at),
        }
    }
}

/// Which client grants are wanted; empty lists mean no condition.
#[derive(Clone, Debug, Default)]
pub struct ClientGrantFilter {
    /// Of these clients.
    pub client_ids: Vec<String>,
    /// For these APIs.
    pub audiences: Vec<String>,
}

impl ClientGrantFilter {
    pub(crate) fn list(&self) -> List {
        let filters = [Filter::one_of("client_id", &self.client_ids), Filter::one_of("audience", &self.audiences)];
        List {
            table: "client_grants",
            columns: COLUMNS,
            order: ("created_at", "id"),
            newest_first: false,
            filters: filters.into_iter().flatten().collect(),
            ..List::default()
        }
    }
}

/// The client grant with this id.
pub async fn find(db: &mut impl Read, id: &ClientGrantId) -> Result<Option<ClientGrant>, StoreError> {
    Ok(db.fetch_optional::<ClientGrantRow>(FIND, args![id]).await?.map(ClientGrant::from))
}

/// This client's grant for this API.
pub async fn find_for(
    db: &mut impl Read,
    client_id: &ClientId,
    audience: &str,
) -> Result<Option<ClientGrant>, StoreError> {
    Ok(db.fetch_optional::<ClientGrantRow>(FIND_FOR, args![client_id, audience]).await?.map(ClientGrant::from))
}

/// Client grants, oldest first.
pub async fn list(db: &mut impl Read, filter: &ClientGrantFilter, page: &Page) -> Result<Vec<ClientGrant>, StoreError> {
    let rows: Vec<ClientGrantRow> = filter.list().rows(db, page).await?;
    Ok(rows.into_iter().map(ClientGrant::from).collect())
}

/// How many there are.
pub async fn count(db: &mut impl Read, filter: &ClientGrantFilter) -> Result<u64, StoreError> {
    filter.list().count(db).await
}

/// Stores a new one. `false` means that the client has one for this API already.
pub async fn insert(tx: &mut WriteTx, grant: &ClientGrant) -> Result<bool, StoreError> {
    let args = args![&grant.id, &grant.client_id, &grant.audience, &grant.scope, grant.created_at, grant.updated_at];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// Replaces its scope. `false` means that there is no such grant.
pub async fn set_scope(
    tx: &mut WriteTx,
    id: &ClientGrantId,
    scope: &ScopeSet,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_SCOPE, args![id, scope, now]).await? == 1)
}

/// Deletes it. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, id: &ClientGrantId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}
