//! What an operator sets for the whole deployment.

use model::settings::TenantSettings;

use crate::columns::{from_document, to_json};
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

const TENANT: &str = "tenant";
const MASTER_KEY_CHECK: &str = "master_key_check";

statements! {
    FIND = "SELECT value FROM settings WHERE name = $1";
    PUT = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    TAKE_TURN = "UPDATE settings SET value = value WHERE name = $1";
    PUT_FIRST = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
}

/// The tenant's settings; the defaults while nobody has set any.
pub async fn tenant(db: &mut impl Read) -> Result<TenantSettings, StoreError> {
    match db.fetch_optional::<(String,)>(FIND, args![TENANT]).await? {
        Some((text,)) => from_document(db, "settings", TENANT, &text),
        None => Ok(TenantSettings::default()),
    }
}

/// The same, for a write that changes them: others that do so wait until it ends, and see what it has left.
pub async fn hold_tenant(tx: &mut WriteTx) -> Result<TenantSettings, StoreError> {
    take_turn(tx).await?;
    tenant(tx).await
}

/// Replaces the tenant's settings.
pub async fn put_tenant(tx: &mut WriteTx, settings: &TenantSettings) -> Result<(), StoreError> {
    tx.execute(PUT, args![TENANT, to_json(settings)]).await.map(|_| ())
}

/// Text sealed under the master key when the database was first used; opening it proves the key.
pub async fn master_key_check(db: &mut impl Read) -> Result<Option<String>, StoreError> {
    Ok(db.fetch_optional::<(String,)>(FIND, args![MASTER_KEY_CHECK]).await?.map(|(text,)| text))
}

/// Waits for every other write that has taken its turn, and lets others wait until this one ends: what a write counts
/// after it stays so until it commits. The master key's check is there from the first start, and stands for the turn.
pub(crate) async fn take_turn(tx: &mut WriteTx) -> Result<(), StoreError> {
    tx.execute(TAKE_TURN, args![MASTER_KEY_CHECK]).await.map(|_| ())
}

/// Keeps the first such text. `false` means that there was one, and it stays.
pub async fn put_master_key_check(tx: &mut WriteTx, sealed: &str) -> Result<bool, StoreError> {
    Ok(tx.execute(PUT_FIRST, args![MASTER_KEY_CHECK, sealed]).await? == 1)
}
