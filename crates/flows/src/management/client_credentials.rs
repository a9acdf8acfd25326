//! The public keys of an application.

use keys::ClientKey;
use model::client::Client;
use model::client_credential::ClientCredential;
use model::{ClientId, CredentialId, Timestamp};
use protocol::client_metadata::ClientAlgorithm;
use protocol::management_scope::ManagementScope;
use store::Read;

use super::body::Fields;
use super::clients::refuse_if_mightier;
use super::text::{check_count, check_length};
use super::{Body, BodyInvalid, Caller, Refused, Resource};
use crate::{RequestContext, Services};

const MOST_CREDENTIALS: usize = 10;

/// The credentials of a client, oldest first.
pub async fn list(svc: &Services, caller: &Caller, client: &ClientId) -> Result<Vec<ClientCredential>, Refused> {
    caller.require(ManagementScope::ReadClientCredentials)?;
    let mut db = svc.store.read().await?;
    find_client(&mut db, client).await?;
    Ok(store::client_credentials::of_client(&mut db, client).await?)
}

/// One credential.
pub async fn get(
    svc: &Services,
    caller: &Caller,
    client: &ClientId,
    id: &CredentialId,
) -> Result<ClientCredential, Refused> {
    caller.require(ManagementScope::ReadClientCredentials)?;
    find(&mut svc.store.read().await?, client, id).await
}

/// Registers a key. It counts once the client names it; whoever holds its private half can then be the client, so a
/// caller may not do so for a client that may do more than they.
pub async fn create(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    client: &ClientId,
    body: &Body,
) -> Result<ClientCredential, Refused> {
    caller.require(ManagementScope::CreateClientCredentials)?;
    let id = CredentialId::from_random(svc.random());
    let credential = credential(id, client.clone(), body.object()?, cx.now)?;
    let mut tx = svc.store.write().await?;
    if !store::clients::keep(&mut tx, client).await? {
        return Err(Refused::NotFound(Resource::Client));
    }
    refuse_if_mightier(svc, &mut tx, caller, client).await?;
    let held = store::client_credentials::of_client(&mut tx, client).await?;
    check_count("credentials", &held, MOST_CREDENTIALS - 1)?;
    if !store::client_credentials::insert(&mut tx, &credential).await? {
        return Err(Refused::Exists(Resource::ClientCredential));
    }
    event(svc, cx, caller, "create_client_credential", &credential).record(&mut tx).await?;
    tx.commit().await?;
    Ok(credential)
}

/// Says anew when a credential ends.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    client: &ClientId,
    id: &CredentialId,
    body: &Body,
) -> Result<ClientCredential, Refused> {
    caller.require(ManagementScope::UpdateClientCredentials)?;
    let mut fields = body.object()?;
    let mut tx = svc.store.write().await?;
    let mut credential = find(&mut tx, client, id).await?;
    expiry(&mut fields, &mut credential.expires_at, cx.now)?;
    fields.finish()?;
    refuse_if_mightier(svc, &mut tx, caller, client).await?;
    credential.updated_at = cx.now;
    if !store::client_credentials::set_expiry(&mut tx, client, id, credential.expires_at, cx.now).await? {
        return Err(Refused::NotFound(Resource::ClientCredential));
    }
    event(svc, cx, caller, "update_client_credential", &credential).record(&mut tx).await?;
    tx.commit().await?;
    Ok(credential)
}

/// Deletes a credential that the client does not name; one that is gone already is fine.
pub async fn delete(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    client: &ClientId,
    id: &CredentialId,
) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteClientCredentials)?;
    let mut tx = svc.store.write().await?;
    if find_client(&mut tx, client).await?.named_credentials().any(|named| named == id) {
        return Err(Refused::CredentialInUse);
    }
    let Some(credential) = store::client_credentials::find(&mut tx, client, id).await? else { return Ok(()) };
    store::client_credentials::delete(&mut tx, client, id).await?;
    event(svc, cx, caller, "delete_client_credential", &credential).record(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn find_client(db: &mut impl Read, id: &ClientId) -> Result<Client, Refused> {
    let found = store::clients::find(db, id).await?;
    found.map(|stored| stored.client).ok_or(Refused::NotFound(Resource::Client))
}

async fn find(db: &mut impl Read, client: &ClientId, id: &CredentialId) -> Result<ClientCredential, Refused> {
    let found = store::client_credentials::find(db, client, id).await?;
    found.ok_or(Refused::NotFound(Resource::ClientCredential))
}

fn event(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    operation: &'static str,
    credential: &ClientCredential,
) -> crate::events::EventBuilder {
    let written = caller.event(svc, cx, operation, credential.id.as_str());
    written.detail("client_id", credential.client_id.as_str()).detail("kid", credential.kid.as_str())
}

fn credential(
    id: CredentialId,
    client_id: ClientId,
    mut fields: Fields,
    now: Timestamp,
) -> Result<ClientCredential, BodyInvalid> {
    if fields.require::<String>("credential_type")? != "public_key" {
        return Err(fields.wrong("credential_type", "can only be public_key in this version"));
    }
    let algorithm = fields.take("alg")?.unwrap_or(ClientAlgorithm::Rs256);
    let key = ClientKey::from_pem(&fields.require::<String>("pem")?, algorithm)
        .map_err(|_| fields.wrong("pem", "must be an RSA public key or certificate of 2048 to 8192 bits"))?;
    let name: Option<String> = fields.take("name")?;
    if let Some(name) = &name {
        check_length("name", name, 1..=128)?;
    }
    let mut expires_at = None;
    expiry(&mut fields, &mut expires_at, now)?;
    fields.repeat(&["parse_expiry_from_cert"], false)?;
    fields.finish()?;
    let (kid, pem) = (key.kid().to_owned(), key.pem().to_owned());
    Ok(ClientCredential { id, client_id, kid, name, algorithm, pem, created_at: now, updated_at: now, expires_at })
}

fn expiry(fields: &mut Fields, place: &mut Option<Timestamp>, now: Timestamp) -> Result<(), BodyInvalid> {
    let mut text = None::<String>;
    let clears = fields.has("expires_at");
    fields.set_or_clear("expires_at", &mut text)?;
    let Some(text) = text else {
        *place = place.filter(|_| !clears);
        return Ok(());
    };
    let end = Timestamp::parse(&text).filter(|end| *end > now);
    *place = Some(end.ok_or_else(|| fields.wrong("expires_at", "must be a moment in the future, as ISO 8601"))?);
    Ok(())
}
