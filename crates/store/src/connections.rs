//! Connections, and which clients may use them.

use std::collections::HashMap;

use model::connection::Connection;
use model::{ClientId, ConnectionId};

use crate::columns::{from_document, to_json};
use crate::db::{Ask, args, statements};
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError, WriteTx};

/// Of how many connections the clients are asked for at once.
const AT_ONCE: usize = 500;

const COLUMNS: &str = "id, name, strategy, document, source_secret_sealed, provider_secret_sealed, version";

statements! {
    FIND = "SELECT id, name, strategy, document, source_secret_sealed, provider_secret_sealed, version FROM connections WHERE id = $1";
    FIND_BY_NAME = "SELECT id, name, strategy, document, source_secret_sealed, provider_secret_sealed, version
                    FROM connections WHERE name = $1";
    FOR_CLIENT = "SELECT c.id, c.name, c.strategy, c.document, c.source_secret_sealed,
                  c.provider_secret_sealed, c.version FROM connections c JOIN connection_clients e ON e.connection_id = c.id
                  WHERE e.client_id = $1 AND (c.name = $2 OR $2 IS NULL) ORDER BY c.created_at, c.id";
    CLIENTS = "SELECT connection_id, client_id FROM connection_clients WHERE connection_id = $1 ORDER BY client_id";
    INSERT = "INSERT INTO connections
              (id, name, strategy, document, source_secret_sealed, provider_secret_sealed, created_at, version)
              VALUES ($1, $2, $3, $4, $5, $6, $7, 1) ON CONFLICT DO NOTHING";
    UPDATE = "UPDATE connections SET document = $3, source_secret_sealed = $4, provider_secret_sealed = $5,
              version = version + 1 WHERE id = $1 AND version = $2";
    KEEP = keeping "SELECT id FROM connections WHERE id = $1";
    HOLD_TO_DELETE = deleting "SELECT id FROM connections WHERE id = $1";
    DELETE = "DELETE FROM connections WHERE id = $1";
    DELETE_IDENTITIES = "DELETE FROM identities WHERE connection_id = $1";
    ENABLE = "INSERT INTO connection_clients (connection_id, client_id)
              SELECT $1, client_id FROM clients WHERE client_id = $2 ON CONFLICT DO NOTHING";
    DISABLE = "DELETE FROM connection_clients WHERE connection_id = $1 AND client_id = $2";
    DISABLE_ALL = "DELETE FROM connection_clients WHERE connection_id = $1";
}

/// A connection with the sealed secrets of those it asks.
#[derive(Clone)]
pub struct StoredConnection {
    /// The record.
    pub connection: Connection,
    /// Our client secret at the source, under the master key, with the connection id as associated data.
    pub source_secret_sealed: Option<Vec<u8>>,
    /// Our client secret at the provider, in the same way.
    pub provider_secret_sealed: Option<Vec<u8>>,
}

impl From<Connection> for StoredConnection {
    /// A connection without secrets.
    fn from(connection: Connection) -> Self {
        StoredConnection { connection, source_secret_sealed: None, provider_secret_sealed: None }
    }
}

#[derive(sqlx::FromRow)]
struct ConnectionRow {
    id: String,
    name: String,
    strategy: String,
    document: String,
    source_secret_sealed: Option<Vec<u8>>,
    provider_secret_sealed: Option<Vec<u8>>,
    version: i64,
}

impl ConnectionRow {
    async fn with_clients(self, db: &mut impl Read) -> Result<StoredConnection, StoreError> {
        let enabled: Vec<(String, String)> = db.fetch_all(CLIENTS, args![&self.id]).await?;
        let enabled = enabled.into_iter().map(|(_, client)| ClientId::new(client)).collect();
        self.into_stored(db, enabled)
    }

    fn into_stored(self, db: &impl Read, enabled_clients: Vec<ClientId>) -> Result<StoredConnection, StoreError> {
        let record: Connection = from_document(db, "connections", &self.id, &self.document)?;
        let (name, strategy, version) = (self.name, self.strategy, self.version);
        Ok(StoredConnection {
            connection: Connection { name, strategy, enabled_clients, version, ..record },
            source_secret_sealed: self.source_secret_sealed,
            provider_secret_sealed: self.provider_secret_sealed,
        })
    }
}

/// Which connections are wanted; empty lists mean no condition.
#[derive(Clone, Debug, Default)]
pub struct ConnectionFilter {
    /// Of these strategies.
    pub strategies: Vec<String>,
    /// With this name.
    pub name: Option<String>,
}

impl ConnectionFilter {
    pub(crate) fn list(&self) -> List {
        let names: Vec<String> = self.name.iter().cloned().collect();
        let filters = [Filter::one_of("strategy", &self.strategies), Filter::one_of("name", &names)];
        List {
            table: "connections",
            columns: COLUMNS,
            order: ("created_at", "id"),
            newest_first: false,
            filters: filters.into_iter().flatten().collect(),
            ..List::default()
        }
    }
}

/// The connection with this id.
pub async fn find(db: &mut impl Read, id: &ConnectionId) -> Result<Option<StoredConnection>, StoreError> {
    match db.fetch_optional::<ConnectionRow>(FIND, args![id]).await? {
        Some(row) => Ok(Some(row.with_clients(db).await?)),
        None => Ok(None),
    }
}

/// The connection with this name.
pub async fn find_by_name(db: &mut impl Read, name: &str) -> Result<Option<StoredConnection>, StoreError> {
    match db.fetch_optional::<ConnectionRow>(FIND_BY_NAME, args![name]).await? {
        Some(row) => Ok(Some(row.with_clients(db).await?)),
        None => Ok(None),
    }
}

/// The connections that this client may use, oldest first; only the one with this name, where one is given.
pub async fn for_client(
    db: &mut impl Read,
    client_id: &ClientId,
    name: Option<&str>,
) -> Result<Vec<StoredConnection>, StoreError> {
    let rows: Vec<ConnectionRow> = db.fetch_all(FOR_CLIENT, args![client_id, name]).await?;
    with_clients(db, rows).await
}

/// Connections, oldest first.
pub async fn list(
    db: &mut impl Read,
    filter: &ConnectionFilter,
    page: &Page,
) -> Result<Vec<StoredConnection>, StoreError> {
    let rows: Vec<ConnectionRow> = filter.list().rows(db, page).await?;
    with_clients(db, rows).await
}

/// How many there are.
pub async fn count(db: &mut impl Read, filter: &ConnectionFilter) -> Result<u64, StoreError> {
    filter.list().count(db).await
}

async fn with_clients(db: &mut impl Read, rows: Vec<ConnectionRow>) -> Result<Vec<StoredConnection>, StoreError> {
    let mut enabled: HashMap<String, Vec<ClientId>> = HashMap::new();
    for some in rows.chunks(AT_ONCE) {
        let ids: Vec<String> = some.iter().map(|row| row.id.clone()).collect();
        let all = Page::Offset { skip: 0, limit: u32::MAX };
        let found: Vec<(String, String)> = clients_list(&ids).rows(db, &all).await?;
        for (id, client) in found {
            enabled.entry(id).or_default().push(ClientId::new(client));
        }
    }
    let with_own = |row: ConnectionRow| {
        let own = enabled.remove(&row.id).unwrap_or_default();
        row.into_stored(db, own)
    };
    rows.into_iter().map(with_own).collect()
}

pub(crate) fn clients_list(ids: &[String]) -> List {
    List {
        table: "connection_clients",
        columns: "connection_id, client_id",
        order: ("connection_id", "client_id"),
        filters: Filter::one_of("connection_id", ids).into_iter().collect(),
        ..List::default()
    }
}

/// Stores a new connection and enables its clients; ids of clients that do not exist are passed over. `false` means
/// that its name is taken.
pub async fn insert(tx: &mut WriteTx, stored: &StoredConnection) -> Result<bool, StoreError> {
    let record = &stored.connection;
    let args = args![
        &record.id,
        &record.name,
        &record.strategy,
        to_json(record),
        stored.source_secret_sealed.clone(),
        stored.provider_secret_sealed.clone(),
        record.created_at,
    ];
    if tx.execute(INSERT, args).await? == 0 {
        return Ok(false);
    }
    enable_all(tx, record).await?;
    Ok(true)
}

/// Replaces a connection and its list of clients; name and strategy stay. `false` means that somebody changed or
/// deleted it meanwhile.
pub async fn update(tx: &mut WriteTx, stored: &StoredConnection) -> Result<bool, StoreError> {
    let record = &stored.connection;
    let args = args![
        &record.id,
        record.version,
        to_json(record),
        stored.source_secret_sealed.clone(),
        stored.provider_secret_sealed.clone(),
    ];
    if tx.execute(UPDATE, args).await? == 0 {
        return Ok(false);
    }
    tx.execute(DISABLE_ALL, args![&record.id]).await?;
    enable_all(tx, record).await?;
    Ok(true)
}

async fn enable_all(tx: &mut WriteTx, record: &Connection) -> Result<(), StoreError> {
    for client_id in &record.enabled_clients {
        tx.execute(ENABLE, args![&record.id, client_id]).await?;
    }
    Ok(())
}

/// Lets a client use the connection, or no longer.
pub async fn set_enabled(
    tx: &mut WriteTx,
    id: &ConnectionId,
    client_id: &ClientId,
    enabled: bool,
) -> Result<(), StoreError> {
    tx.execute(if enabled { ENABLE } else { DISABLE }, args![id, client_id]).await.map(|_| ())
}

/// Sees to it that a connection stays until the write ends. `false` means that there is none.
pub async fn keep(tx: &mut WriteTx, id: &ConnectionId) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional::<(String,)>(KEEP, args![id]).await?.is_some())
}

/// Sees to it that nobody comes to belong to a connection before it is deleted. `false` means that there is none.
pub async fn hold_to_delete(tx: &mut WriteTx, id: &ConnectionId) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional::<(String,)>(HOLD_TO_DELETE, args![id]).await?.is_some())
}

/// Deletes a connection, and what others who stay are known by there. Its users must be gone before. `false` means that
/// there was none.
pub async fn delete(tx: &mut WriteTx, id: &ConnectionId) -> Result<bool, StoreError> {
    let was_there = tx.execute(DELETE, args![id]).await? == 1;
    tx.execute(DELETE_IDENTITIES, args![id]).await?;
    Ok(was_there)
}
