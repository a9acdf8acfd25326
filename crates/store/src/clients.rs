//! Applications.

use model::ClientId;
use model::client::Client;
use model::grant::Digest;

use crate::columns::{from_document, from_json, to_json};
use crate::db::{Ask, args, statements};
use crate::listing::List;
use crate::{Page, Read, StoreError, WriteTx};

statements! {
    FIND_OR_NEXT = "SELECT client_id, document, secret_sealed, secret_digest, version FROM clients
                    WHERE client_id = COALESCE((SELECT MIN(client_id) FROM clients WHERE client_id >= $1),
                                               (SELECT MIN(client_id) FROM clients))";
    INSERT = "INSERT INTO clients (client_id, name, document, secret_sealed, secret_digest, created_at, version)
              VALUES ($1, $2, $3, $4, $5, $6, 1) ON CONFLICT (client_id) DO NOTHING";
    UPDATE = "UPDATE clients SET name = $3, document = $4, version = version + 1
              WHERE client_id = $1 AND version = $2";
    SET_SECRET = "UPDATE clients SET secret_sealed = $2, secret_digest = $3, version = version + 1
                  WHERE client_id = $1";
    KEEP = keeping "SELECT client_id FROM clients WHERE client_id = $1";
    DELETE = "DELETE FROM clients WHERE client_id = $1";
    CLEAR_ORIGINS = "DELETE FROM client_origins WHERE client_id = $1";
    INSERT_ORIGIN = "INSERT INTO client_origins (origin, client_id) VALUES ($1, $2)";
    IS_ORIGIN = "SELECT client_id FROM client_origins WHERE origin = $1 AND client_id = $2";
    IS_ANY_ORIGIN = "SELECT client_id FROM client_origins WHERE origin = $1 LIMIT 1";
}

/// A client's secret: sealed, to be shown again, and as a keyed digest, to be compared.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientSecret {
    /// The secret under the master key, with the client id as associated data.
    pub sealed: Vec<u8>,
    /// Its keyed digest.
    pub digest: Digest,
}

/// A client with its secret, if it has one.
#[derive(Clone)]
pub struct StoredClient {
    /// The record.
    pub client: Client,
    /// The secret.
    pub secret: Option<ClientSecret>,
}

#[derive(sqlx::FromRow)]
struct ClientRow {
    client_id: String,
    document: String,
    secret_sealed: Option<Vec<u8>>,
    secret_digest: Option<Vec<u8>>,
    version: i64,
}

impl ClientRow {
    /// The client that its document describes, with the rest of the row.
    fn into_stored(self, client: Client) -> Result<StoredClient, StoreError> {
        let secret = match (self.secret_sealed, self.secret_digest) {
            (Some(sealed), Some(digest)) => {
                let digest = digest.try_into().map_err(|_| {
                    StoreError::corrupt("clients", &self.client_id, "the secret's digest has a wrong length")
                })?;
                Some(ClientSecret { sealed, digest })
            }
            _ => None,
        };
        Ok(StoredClient { client: Client { version: self.version, ..client }, secret })
    }
}

/// The client with this id.
///
/// Which clients exist is not told by time: for an id that nobody has, the client after it is fetched, and read too.
pub async fn find(db: &mut impl Read, id: &ClientId) -> Result<Option<StoredClient>, StoreError> {
    let Some(row) = db.fetch_optional::<ClientRow>(FIND_OR_NEXT, args![id]).await? else { return Ok(None) };
    let is_it = row.client_id == id.as_str();
    let read = from_document(db, "clients", &row.client_id, &row.document).and_then(|client| row.into_stored(client));
    if is_it { read.map(Some) } else { Ok(None) }
}

/// Clients, oldest first.
pub async fn list(db: &mut impl Read, page: &Page) -> Result<Vec<StoredClient>, StoreError> {
    let rows: Vec<ClientRow> = all().rows(db, page).await?;
    let stored = rows.into_iter().map(|row| {
        let client = from_json("clients", &row.client_id, &row.document)?;
        row.into_stored(client)
    });
    stored.collect()
}

/// How many clients there are.
pub async fn count(db: &mut impl Read) -> Result<u64, StoreError> {
    all().count(db).await
}

pub(crate) fn all() -> List {
    List {
        table: "clients",
        columns: "client_id, document, secret_sealed, secret_digest, version",
        order: ("created_at", "client_id"),
        newest_first: false,
        filters: Vec::new(),
        ..List::default()
    }
}

/// Stores a new client. `false` means that its id is taken.
pub async fn insert(tx: &mut WriteTx, client: &Client, secret: Option<&ClientSecret>) -> Result<bool, StoreError> {
    let args = args![
        &client.client_id,
        &client.name,
        to_json(client),
        secret.map(|secret| secret.sealed.clone()),
        secret.map(|secret| secret.digest.to_vec()),
        client.created_at,
    ];
    let is_new = tx.execute(INSERT, args).await? == 1;
    if is_new {
        insert_origins(tx, client).await?;
    }
    Ok(is_new)
}

async fn insert_origins(tx: &mut WriteTx, client: &Client) -> Result<(), StoreError> {
    for origin in client.origins() {
        tx.execute(INSERT_ORIGIN, args![origin, &client.client_id]).await?;
    }
    Ok(())
}

/// Whether pages of this origin belong to the client; without one, to any client.
pub async fn is_origin(db: &mut impl Read, origin: &str, client: Option<&ClientId>) -> Result<bool, StoreError> {
    let found: Option<(String,)> = match client {
        Some(client) => db.fetch_optional(IS_ORIGIN, args![origin, client]).await?,
        None => db.fetch_optional(IS_ANY_ORIGIN, args![origin]).await?,
    };
    Ok(found.is_some())
}

/// Replaces a client. `false` means that somebody changed or deleted it since `client.version` was read.
pub async fn update(tx: &mut WriteTx, client: &Client) -> Result<bool, StoreError> {
    let args = args![&client.client_id, client.version, &client.name, to_json(client)];
    if tx.execute(UPDATE, args).await? == 0 {
        return Ok(false);
    }
    tx.execute(CLEAR_ORIGINS, args![&client.client_id]).await?;
    insert_origins(tx, client).await?;
    Ok(true)
}

/// Replaces a client's secret. `false` means that there is no such client.
pub async fn set_secret(tx: &mut WriteTx, id: &ClientId, secret: Option<&ClientSecret>) -> Result<bool, StoreError> {
    let args = args![id, secret.map(|secret| secret.sealed.clone()), secret.map(|secret| secret.digest.to_vec())];
    Ok(tx.execute(SET_SECRET, args).await? == 1)
}

/// Sees to it that a client stays until the write ends. `false` means that there is none.
pub async fn keep(tx: &mut WriteTx, id: &ClientId) -> Result<bool, StoreError> {
    Ok(tx.fetch_optional::<(String,)>(KEEP, args![id]).await?.is_some())
}

/// Deletes a client with its grants, codes and tokens. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, id: &ClientId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![id]).await? == 1)
}
