//! Which client may call which API as itself.

use model::client::ClientGrant;
use model::resource_server::ResourceServer;
use model::{ClientGrantId, ClientId};
use protocol::management_scope::ManagementScope;
use protocol::scope::ScopeSet;
use store::client_grants::ClientGrantFilter;

use super::body::Fields;
use super::paging::Paging;
use super::{Body, BodyInvalid, Caller, Listing, Query, Refused, Resource};
use crate::{RequestContext, Services};

/// A page of client grants, oldest first; `client_id` and `audience` narrow the list.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<ClientGrant>, Refused> {
    caller.require(ManagementScope::ReadClientGrants)?;
    let paging = Paging::read(query)?;
    let filter = ClientGrantFilter { client_ids: query.repeated("client_id")?, audiences: query.repeated("audience")? };
    let mut db = svc.store.read().await?;
    let rows = store::client_grants::list(&mut db, &filter, &paging.page()).await?;
    let total = paging.total(rows.len(), async || store::client_grants::count(&mut db, &filter).await).await?;
    Ok(paging.listing(rows, total, |grant| (grant.created_at, grant.id.as_str().to_owned())))
}

/// One client grant.
pub async fn get(svc: &Services, caller: &Caller, id: &ClientGrantId) -> Result<ClientGrant, Refused> {
    caller.require(ManagementScope::ReadClientGrants)?;
    find(svc, id).await
}

/// Lets a client call an API with these scopes.
pub async fn create(svc: &Services, cx: &RequestContext, caller: &Caller, body: &Body) -> Result<ClientGrant, Refused> {
    caller.require(ManagementScope::CreateClientGrants)?;
    let mut fields = body.object()?;
    let grant = ClientGrant {
        id: ClientGrantId::from_random(svc.random()),
        client_id: ClientId::new(fields.require::<String>("client_id")?),
        audience: fields.require("audience")?,
        scope: scope(&mut fields)?.unwrap_or_default(),
        created_at: cx.now,
        updated_at: cx.now,
    };
    finish(fields)?;
    let mut tx = svc.store.write().await?;
    if !store::clients::keep(&mut tx, &grant.client_id).await? {
        return Err(Refused::NotFound(Resource::Client));
    }
    let api = store::resource_servers::hold(&mut tx, &grant.audience).await?;
    let api = api.ok_or(Refused::NotFound(Resource::ResourceServer))?;
    check_scope(caller, &api, &grant.scope, &ScopeSet::default())?;
    if !store::client_grants::insert(&mut tx, &grant).await? {
        return Err(Refused::Exists(Resource::ClientGrant));
    }
    record(svc, cx, caller, "create_client_grant", &grant).record(&mut tx).await?;
    tx.commit().await?;
    Ok(grant)
}

/// Replaces the scopes of a client grant.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &ClientGrantId,
    body: &Body,
) -> Result<ClientGrant, Refused> {
    caller.require(ManagementScope::UpdateClientGrants)?;
    let mut fields = body.object()?;
    let scope = scope(&mut fields)?;
    finish(fields)?;
    let mut tx = svc.store.write().await?;
    let held = store::client_grants::find(&mut tx, id).await?.ok_or(Refused::NotFound(Resource::ClientGrant))?;
    let Some(scope) = scope else { return Ok(held) };
    let api = store::resource_servers::hold(&mut tx, &held.audience).await?;
    check_scope(caller, &api.ok_or(Refused::NotFound(Resource::ResourceServer))?, &scope, &held.scope)?;
    if !store::client_grants::set_scope(&mut tx, id, &scope, cx.now).await? {
        return Err(Refused::NotFound(Resource::ClientGrant));
    }
    let grant = ClientGrant { scope, updated_at: cx.now, ..held };
    record(svc, cx, caller, "update_client_grant", &grant).record(&mut tx).await?;
    tx.commit().await?;
    Ok(grant)
}

/// Deletes a client grant; one that is gone already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &ClientGrantId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteClientGrants)?;
    let mut tx = svc.store.write().await?;
    let Some(grant) = store::client_grants::find(&mut tx, id).await? else { return Ok(()) };
    if !store::client_grants::delete(&mut tx, id).await? {
        // Somebody else was faster, and it is recorded that they did it.
        return Ok(());
    }
    record(svc, cx, caller, "delete_client_grant", &grant).record(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(svc: &Services, id: &ClientGrantId) -> Result<ClientGrant, Refused> {
    let found = store::client_grants::find(&mut svc.store.read().await?, id).await?;
    found.ok_or(Refused::NotFound(Resource::ClientGrant))
}

fn record(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    operation: &'static str,
    grant: &ClientGrant,
) -> crate::events::EventBuilder {
    let written = caller.event(svc, cx, operation, grant.id.as_str());
    written.detail("client_id", grant.client_id.as_str()).audience(Some(&grant.audience)).scope(&grant.scope)
}

fn scope(fields: &mut Fields) -> Result<Option<ScopeSet>, BodyInvalid> {
    let tokens: Option<Vec<String>> = fields.take("scope")?;
    Ok(tokens.map(|tokens| tokens.iter().map(String::as_str).collect()))
}

/// Grants are for machines and for no organization, and say so where Auth0's do.
fn finish(mut fields: Fields) -> Result<(), BodyInvalid> {
    fields.repeat(&["subject_type"], "client")?;
    fields.repeat(&["organization_usage"], "deny")?;
    fields.repeat(&["allow_any_organization", "allow_all_scopes"], false)?;
    fields.finish()
}

/// Every scope must be one that the API offers; and of the Management API nobody gives what they do not hold
/// themselves. What the grant held before is not given now.
fn check_scope(caller: &Caller, api: &ResourceServer, scope: &ScopeSet, before: &ScopeSet) -> Result<(), Refused> {
    if let Some(unknown) = scope.iter().find(|token| !api.offers(token)) {
        let problem = format!("names {unknown}, which {} does not offer", api.identifier);
        return Err(BodyInvalid::wrong("scope", problem).into());
    }
    let is_beyond = |token: &&str| !before.contains(token) && !caller.scope().contains(token);
    let lacking: Vec<String> = scope.iter().filter(is_beyond).map(str::to_owned).collect();
    if api.is_system && !lacking.is_empty() { Err(Refused::BeyondOwnScope { lacking }) } else { Ok(()) }
}
