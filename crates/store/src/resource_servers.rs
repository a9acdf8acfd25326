//! APIs.

use model::ResourceServerId;
use model::resource_server::ResourceServer;

use crate::columns::{from_document, from_json, to_json};
use crate::db::{Ask, args, statements};
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT id, identifier, document, version FROM resource_servers WHERE id = $1 OR identifier = $1
            ORDER BY CASE WHEN id = $1 THEN 0 ELSE 1 END LIMIT 1";
    INSERT = "INSERT INTO resource_servers (id, identifier, document, created_at, version)
              VALUES ($1, $2, $3, $4, 1) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE resource_servers SET document = $3, version = version + 1 WHERE id = $1 AND version = $2";
    HOLD = "UPDATE resource_servers SET version = version WHERE identifier = $1
            RETURNING id, identifier, document, version";
    DELETE = "DELETE FROM resource_servers WHERE id = $1";
}

#[derive(sqlx::FromRow)]
struct ResourceServerRow {
    id: String,
    identifier: String,
    document: String,
    version: i64,
}

impl ResourceServerRow {
    fn into_record(self) -> Result<ResourceServer, StoreError> {
        let document = from_json("resource_servers", &self.id, &self.document)?;
        Ok(self.with(document))
    }

    /// What the document describes, with the rest of the row.
    fn with(self, document: ResourceServer) -> ResourceServer {
        ResourceServer { identifier: self.identifier, version: self.version, ..document }
    }
}

/// The API with this id or this identifier. Where one API's identifier is another's id, the id counts.
pub async fn find(db: &mut impl Read, id_or_identifier: &str) -> Result<Option<ResourceServer>, StoreError> {
    let Some(row) = db.fetch_optional::<ResourceServerRow>(FIND, args![id_or_identifier]).await? else {
        return Ok(None);
    };
    let document = from_document(db, "resource_servers", &row.id, &row.document)?;
    Ok(Some(row.with(document)))
}

/// APIs, oldest first; only those with one of `identifiers` where any are given.
pub async fn list(db: &mut impl Read, identifiers: &[String], page: &Page) -> Result<Vec<ResourceServer>, StoreError> {
    let rows: Vec<ResourceServerRow> = list_of(identifiers).rows(db, page).await?;
    rows.into_iter().map(ResourceServerRow::into_record).collect()
}

/// How many there are.
pub async fn count(db: &mut impl Read, identifiers: &[String]) -> Result<u64, StoreError> {
    list_of(identifiers).count(db).await
}

pub(crate) fn list_of(identifiers: &[String]) -> List {
    List {
        table: "resource_servers",
        columns: "id, identifier, document, version",
        order: ("created_at", "id"),
        newest_first: false,
        filters: Filter::one_of("identifier", identifiers).into_iter().collect(),
        ..List::default()
    }
}

/// Stores a new API. `false` means that its id or identifier is taken.
pub async fn insert(tx: &mut WriteTx, record: &ResourceServer) -> Result<bool, StoreError> {
    let args = args![&record.id, &record.identifier, to_json(record), record.created_at];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// Replaces an API; its identifier stays. `false` means that somebody changed or deleted it meanwhile.
pub async fn update(tx: &mut WriteTx, record: &ResourceServer) -> Result<bool, StoreError> {
    Ok(tx.execute(UPDATE, args![&record.id, record.version, to_json(record)]).await? == 1)
}

/// Lets one write at a time decide about what the API with this identifier offers, until it is committed.
pub async fn hold(tx: &mut WriteTx, identifier: &str) -> Result<Option<ResourceServer>, StoreError> {
    tx.fetch_optional::<ResourceServerRow>(HOLD, args![identifier])
        .await?
        .map(ResourceServerRow::into_record)
        .transpose()
}

/// Deletes an API, the client grants and the permissions for it. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, id: &ResourceServerId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}
