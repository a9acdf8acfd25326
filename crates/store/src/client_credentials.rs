//! Public keys of applications.

use model::client_credential::ClientCredential;
use model::{ClientId, CredentialId, Timestamp};
use protocol::client_metadata::ClientAlgorithm;

use crate::columns::moment;
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    OF_CLIENT = "SELECT id, client_id, kid, name, algorithm, pem, created_at, updated_at, expires_at
                 FROM client_credentials WHERE client_id = $1 ORDER BY created_at, id";
    FIND = "SELECT id, client_id, kid, name, algorithm, pem, created_at, updated_at, expires_at
            FROM client_credentials WHERE client_id = $1 AND id = $2";
    INSERT = "INSERT INTO client_credentials
              (id, client_id, kid, name, algorithm, pem, created_at, updated_at, expires_at)
              VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING";
    SET_EXPIRY = "UPDATE client_credentials SET expires_at = $3, updated_at = $4 WHERE client_id = $1 AND id = $2";
    DELETE = "DELETE FROM client_credentials WHERE client_id = $1 AND id = $2";
}

#[derive(sqlx::FromRow)]
struct CredentialRow {
    id: String,
    client_id: String,
    kid: String,
    name: Option<String>,
    algorithm: String,
    pem: String,
    created_at: i64,
    updated_at: i64,
    expires_at: Option<i64>,
}

impl CredentialRow {
    fn into_credential(self) -> Result<ClientCredential, StoreError> {
        let algorithm = ClientAlgorithm::from_wire(&self.algorithm)
            .ok_or_else(|| StoreError::corrupt("client_credentials", &self.id, "unknown algorithm"))?;
        Ok(ClientCredential {
            id: CredentialId::new(self.id),
            client_id: ClientId::new(self.client_id),
            kid: self.kid,
            name: self.name,
            algorithm,
            pem: self.pem,
            created_at: Timestamp::from_millis(self.created_at),
            updated_at: Timestamp::from_millis(self.updated_at),
            expires_at: moment(self.expires_at),
        })
    }
}

/// The credentials of a client, oldest first.
pub async fn of_client(db: &mut impl Read, client: &ClientId) -> Result<Vec<ClientCredential>, StoreError> {
    let rows: Vec<CredentialRow> = db.fetch_all(OF_CLIENT, args![client]).await?;
    rows.into_iter().map(CredentialRow::into_credential).collect()
}

/// One credential of a client.
pub async fn find(
    db: &mut impl Read,
    client: &ClientId,
    id: &CredentialId,
) -> Result<Option<ClientCredential>, StoreError> {
    let row = db.fetch_optional::<CredentialRow>(FIND, args![client, id]).await?;
    row.map(CredentialRow::into_credential).transpose()
}

/// Stores a new credential. `false` means that the client has this key already.
pub async fn insert(tx: &mut WriteTx, credential: &ClientCredential) -> Result<bool, StoreError> {
    let args = args![
        &credential.id,
        &credential.client_id,
        &credential.kid,
        credential.name.clone(),
        credential.algorithm.as_str(),
        &credential.pem,
        credential.created_at,
        credential.updated_at,
        credential.expires_at,
    ];
    Ok(tx.execute(INSERT, args).await? == 1)
}

/// Says anew when a credential ends. `false` means that there is none.
pub async fn set_expiry(
    tx: &mut WriteTx,
    client: &ClientId,
    id: &CredentialId,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_EXPIRY, args![client, id, expires_at, now]).await? == 1)
}

/// Deletes a credential. `false` means that there was none.
pub async fn delete(tx: &mut WriteTx, client: &ClientId, id: &CredentialId) -> Result<bool, StoreError> {
    Ok(tx.execute(DELETE, args![client, id]).await? == 1)
}
