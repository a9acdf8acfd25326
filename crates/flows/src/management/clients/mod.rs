//! Applications.

mod authentication;
mod check;
mod fields;
mod refresh_token;

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use model::client::{Client, ClientGrant};
use model::{ClientId, Timestamp};
use protocol::client_metadata::AppType;
use protocol::management_scope::ManagementScope;
use protocol::subdomain_wildcards::SubdomainWildcards;
use secrecy::{ExposeSecret, SecretString};
use store::client_grants::ClientGrantFilter;
use store::clients::StoredClient;
use store::{Page, Read, StoreError};

use super::paging::{Paging, Position};
use super::{ATTEMPTS, Body, BodyInvalid, Caller, Listing, Query, QueryInvalid, Refused, Resource};
use crate::client_authentication::{open_secret, seal_secret};
use crate::{InternalError, RequestContext, Services};

/// A client as a caller sees it.
pub struct ShownClient {
    /// The record.
    pub client: Client,
    /// Its secret, for those who may read it.
    pub secret: Option<SecretString>,
    /// Whether it is the one that stands for all applications.
    pub is_global: bool,
}

/// A page of clients, oldest first; `app_type`, `is_first_party` and `is_global` narrow the list. The global client is
/// listed where it is asked for, because tools of Auth0's look for it before they do anything else; it can do nothing.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<ShownClient>, Refused> {
    caller.require_any(&[ManagementScope::ReadClients, ManagementScope::ReadClientKeys])?;
    let paging = Paging::read(query)?;
    let (app_types, first_party) = (app_types(query)?, query.flag("is_first_party")?);
    if query.flag("is_global")? == Some(true) {
        return Ok(paging.cut(vec![global()], |shown| position_of(&shown.client)));
    }
    let listing = if app_types.is_some() || first_party.is_some() {
        let all = store::clients::list(&mut svc.store.read().await?, &EVERYTHING).await?;
        let is_wanted = |stored: &StoredClient| {
            app_types.as_ref().is_none_or(|wanted| wanted.contains(&app_type(&stored.client)))
                && first_party.is_none_or(|wanted| stored.client.is_first_party == wanted)
        };
        paging.cut(all.into_iter().filter(is_wanted).collect(), position)
    } else {
        let mut db = svc.store.read().await?;
        let rows = store::clients::list(&mut db, &paging.page()).await?;
        let total = paging.total(rows.len(), async || store::clients::count(&mut db).await).await?;
        paging.listing(rows, total, position)
    };
    let mightier = mightier(svc, &mut svc.store.read().await?, caller).await?;
    let show = |stored| show_to(svc, caller, stored, &mightier);
    let shown = listing.items.into_iter().map(show).collect::<Result<_, _>>()?;
    Ok(Listing { items: shown, shape: listing.shape })
}

/// There are as many clients as an operator has applications: a list in memory is fine.
const EVERYTHING: Page = Page::Offset { skip: 0, limit: u32::MAX };

fn position(stored: &StoredClient) -> Position {
    position_of(&stored.client)
}

fn position_of(client: &Client) -> Position {
    (client.created_at, client.client_id.as_str().to_owned())
}

/// It stands for all applications together, and is no application itself: no record, no grant, no secret.
fn global() -> ShownClient {
    let id = ClientId::new("global");
    let client = Client::new(id, "All Applications", AppType::NonInteractive, Timestamp::from_millis(0));
    ShownClient { client: Client { grant_types: Vec::new(), ..client }, secret: None, is_global: true }
}

fn app_types(query: &Query) -> Result<Option<Vec<String>>, QueryInvalid> {
    Ok(Some(query.words("app_type")?).filter(|wanted| !wanted.is_empty()))
}

fn app_type(client: &Client) -> String {
    match serde_json::to_value(client.app_type) {
        Ok(serde_json::Value::String(word)) => word,
        _ => unreachable!("a variant without fields is written as its name"),
    }
}

/// One client.
pub async fn get(svc: &Services, caller: &Caller, id: &ClientId) -> Result<ShownClient, Refused> {
    caller.require_any(&[ManagementScope::ReadClients, ManagementScope::ReadClientKeys])?;
    let mightier = mightier(svc, &mut svc.store.read().await?, caller).await?;
    Ok(show_to(svc, caller, find(svc, id).await?, &mightier)?)
}

/// Registers a client. Its id and secret are made here, unless the application brings those it had elsewhere. The
/// answer shows the secret, since nobody else knows it yet.
pub async fn create(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<ShownClient, Refused> {
    caller.require(ManagementScope::CreateClients)?;
    let mut fields = body.object()?;
    let own_id: Option<String> = fields.take("client_id")?;
    let client_id = own_id.map_or_else(|| ClientId::from_random(svc.random()), ClientId::new);
    check::client_id(&client_id)?;
    let secret = fields::secret(&mut fields)?.unwrap_or_else(|| new_secret(svc));
    let client = fields::new_client(client_id, fields, svc.settings.subdomain_wildcards, cx.now)?;
    check::backchannel_logout_urls(svc, &client)?;
    let sealed = seal_secret(svc, &client.client_id, secret.expose_secret());
    let mut tx = svc.store.write().await?;
    // An API named like a client would accept that client's ID tokens.
    has_new_keys(&mut tx, &client).await?;
    let is_api = store::resource_servers::find(&mut tx, client.client_id.as_str()).await?.is_some();
    if is_api || !store::clients::insert(&mut tx, &client, Some(&sealed)).await? {
        return Err(Refused::Exists(Resource::Client));
    }
    caller.event(svc, cx, "create_client", client.client_id.as_str()).record(&mut tx).await?;
    tx.commit().await?;
    Ok(ShownClient { client, secret: Some(secret), is_global: false })
}

/// Changes a client. A new secret needs `update:client_keys` besides.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &ClientId,
    body: &Body,
) -> Result<ShownClient, Refused> {
    caller.require(ManagementScope::UpdateClients)?;
    let mut fields = body.object()?;
    let secret = fields::secret(&mut fields)?;
    if secret.is_some() {
        caller.require(ManagementScope::UpdateClientKeys)?;
    }
    let sealed = secret.map(|secret| seal_secret(svc, id, secret.expose_secret()));
    for _ in 0..ATTEMPTS {
        let mut stored = find(svc, id).await?;
        fields::apply(&mut stored.client, fields.clone(), svc.settings.subdomain_wildcards)?;
        check::backchannel_logout_urls(svc, &stored.client)?;
        stored.client.updated_at = cx.now;
        let mut tx = svc.store.write().await?;
        let has_new_keys = has_new_keys(&mut tx, &stored.client).await?;
        if !store::clients::update(&mut tx, &stored.client).await? {
            continue;
        }
        let mightier = mightier(svc, &mut tx, caller).await?;
        if sealed.is_some() || has_new_keys {
            refuse_mightier(&mightier, id)?;
        }
        if let Some(sealed) = &sealed {
            store::clients::set_secret(&mut tx, id, Some(sealed)).await?;
            stored.secret = Some(sealed.clone());
        }
        let updated = caller.event(svc, cx, "update_client", id.as_str());
        updated.detail("secret_changed", sealed.is_some()).record(&mut tx).await?;
        tx.commit().await?;
        return Ok(show_to(svc, caller, stored, &mightier)?);
    }
    Err(Refused::Contended(Resource::Client))
}

/// Deletes a client with its grants and tokens; one that is gone already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &ClientId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteClients)?;
    let mut tx = svc.store.write().await?;
    if store::clients::delete(&mut tx, id).await? {
        caller.event(svc, cx, "delete_client", id.as_str()).record(&mut tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Gives a client a new secret. The old one is worthless at once.
pub async fn rotate_secret(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &ClientId,
) -> Result<ShownClient, Refused> {
    caller.require(ManagementScope::UpdateClientKeys)?;
    let secret = new_secret(svc);
    let sealed = seal_secret(svc, id, secret.expose_secret());
    let mut tx = svc.store.write().await?;
    refuse_mightier(&mightier(svc, &mut tx, caller).await?, id)?;
    store::clients::set_secret(&mut tx, id, Some(&sealed)).await?;
    let stored = store::clients::find(&mut tx, id).await?.ok_or(Refused::NotFound(Resource::Client))?;
    caller.event(svc, cx, "rotate_client_secret", id.as_str()).record(&mut tx).await?;
    tx.commit().await?;
    Ok(ShownClient { client: stored.client, secret: Some(secret), is_global: false })
}

/// Whether the client names other keys than it did, which must then be its own. Whoever chooses among them chooses who
/// can be the client or speak for it, as with a secret.
async fn has_new_keys(db: &mut impl Read, changed: &Client) -> Result<bool, Refused> {
    let held = store::clients::find(db, &changed.client_id).await?;
    let named: Vec<_> = changed.named_credentials().collect();
    let before = held.iter().flat_map(|held| held.client.named_credentials());
    if before.eq(named.iter().copied()) {
        return Ok(false);
    }
    let own = store::client_credentials::of_client(db, &changed.client_id).await?;
    match named.into_iter().find(|id| own.iter().all(|credential| credential.id != **id)) {
        Some(unknown) => {
            let path = if changed.private_key_jwt_credentials.contains(unknown) {
                "client_authentication_methods.private_key_jwt.credentials"
            } else {
                "signed_request_object.credentials"
            };
            Err(BodyInvalid::wrong(path, format!("names {unknown}, which is no credential of this client")).into())
        }
        None => Ok(true),
    }
}

async fn find(svc: &Services, id: &ClientId) -> Result<StoredClient, Refused> {
    store::clients::find(&mut svc.store.read().await?, id).await?.ok_or(Refused::NotFound(Resource::Client))
}

/// Clients that hold Management API scopes which the caller does not, and which ones. Whoever knows or sets the secret
/// of one of them is as mighty as it is, so nobody gets there by way of `read:client_keys` or `update:client_keys`.
async fn mightier(
    svc: &Services,
    db: &mut impl Read,
    caller: &Caller,
) -> Result<HashMap<ClientId, Vec<String>>, StoreError> {
    let filter = ClientGrantFilter { client_ids: Vec::new(), audiences: vec![svc.settings.management_audience()] };
    let grants = store::client_grants::list(db, &filter, &EVERYTHING).await?;
    let lacking = |grant: &ClientGrant| -> Vec<String> {
        grant.scope.iter().filter(|scope| !caller.scope().contains(scope)).map(str::to_owned).collect()
    };
    let beyond = grants.into_iter().map(|grant| (lacking(&grant), grant.client_id));
    Ok(beyond.filter(|(lacking, _)| !lacking.is_empty()).map(|(lacking, id)| (id, lacking)).collect())
}

/// Refuses a caller who may do less than this client.
pub(super) async fn refuse_if_mightier(
    svc: &Services,
    db: &mut impl Read,
    caller: &Caller,
    id: &ClientId,
) -> Result<(), Refused> {
    refuse_mightier(&mightier(svc, db, caller).await?, id)
}

fn refuse_mightier(mightier: &HashMap<ClientId, Vec<String>>, id: &ClientId) -> Result<(), Refused> {
    match mightier.get(id) {
        Some(lacking) => Err(Refused::BeyondOwnScope { lacking: lacking.clone() }),
        None => Ok(()),
    }
}

fn show_to(
    svc: &Services,
    caller: &Caller,
    stored: StoredClient,
    mightier: &HashMap<ClientId, Vec<String>>,
) -> Result<ShownClient, InternalError> {
    let StoredClient { client, secret } = stored;
    let may_know = caller.has(ManagementScope::ReadClientKeys) && !mightier.contains_key(&client.client_id);
    let secret = secret.filter(|_| may_know);
    let secret = secret.map(|secret| open_secret(svc, &client.client_id, &secret)).transpose()?;
    Ok(ShownClient { client, secret: secret.map(SecretString::from), is_global: false })
}

/// What a client must be like, whoever registers it.
pub(crate) fn check(client: &Client, wildcards: SubdomainWildcards) -> Result<(), BodyInvalid> {
    check::client(client, wildcards)
}

/// 64 characters of base64url.
pub(crate) fn new_secret(svc: &Services) -> SecretString {
    SecretString::from(URL_SAFE_NO_PAD.encode(svc.random::<48>()))
}
