//! APIs that accept our access tokens.

use std::collections::{BTreeSet, HashSet};

use model::resource_server::{ApiScope, ProofOfPossession, ResourceServer, TokenDialect};
use model::{ClientId, ResourceServerId, Timestamp};
use protocol::management_scope::ManagementScope;
use store::client_grants::ClientGrantFilter;
use store::{Page, StoreError, WriteTx};

use super::body::Fields;
use super::paging::Paging;
use super::text::{check_count, check_length, check_range};
use super::{ATTEMPTS, Body, BodyInvalid, Caller, Listing, Query, Refused, Resource};
use crate::{RequestContext, Services};

const LONGEST_LIFETIME: u64 = 2_592_000;
/// What may change about the API that this server provides itself.
const CHANGEABLE_ON_SYSTEM_API: [&str; 2] = ["token_lifetime", "token_lifetime_for_web"];
/// No API's, as with Auth0: they speak of the person or of the grant, and several are granted to whoever asks, whatever
/// people are permitted.
const RESERVED_SCOPES: [&str; 14] = [
    "address",
    "created_at",
    "email",
    "email_verified",
    "family_name",
    "given_name",
    "identities",
    "name",
    "nickname",
    "offline_access",
    "openid",
    "phone",
    "picture",
    "profile",
];

/// A page of APIs, oldest first; `identifiers` narrows the list.
pub async fn list(svc: &Services, caller: &Caller, query: &Query) -> Result<Listing<ResourceServer>, Refused> {
    caller.require(ManagementScope::ReadResourceServers)?;
    let paging = Paging::read(query)?;
    let identifiers = query.repeated("identifiers")?;
    let mut db = svc.store.read().await?;
    let rows = store::resource_servers::list(&mut db, &identifiers, &paging.page()).await?;
    let total = paging.total(rows.len(), async || store::resource_servers::count(&mut db, &identifiers).await).await?;
    Ok(paging.listing(rows, total, |api| (api.created_at, api.id.as_str().to_owned())))
}

/// One API, by its id or its identifier.
pub async fn get(svc: &Services, caller: &Caller, id: &str) -> Result<ResourceServer, Refused> {
    caller.require(ManagementScope::ReadResourceServers)?;
    find(svc, id).await
}

/// Creates an API.
pub async fn create(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    body: &Body,
) -> Result<ResourceServer, Refused> {
    caller.require(ManagementScope::CreateResourceServers)?;
    let mut fields = body.object()?;
    let identifier: String = fields.require("identifier")?;
    check_identifier(svc, &identifier)?;
    let mut api = ResourceServer {
        id: ResourceServerId::from_random(svc.random()),
        name: identifier.chars().take(200).collect(),
        identifier,
        scopes: Vec::new(),
        allow_offline_access: false,
        token_lifetime: 86_400,
        token_lifetime_for_web: 7_200,
        token_dialect: TokenDialect::AccessToken,
        enforce_policies: false,
        skip_consent_for_verifiable_first_party_clients: true,
        proof_of_possession: None,
        is_system: false,
        created_at: cx.now,
        updated_at: cx.now,
        version: 1,
    };
    apply(&mut api, fields)?;
    let mut tx = svc.store.write().await?;
    let is_client = store::clients::find(&mut tx, &ClientId::new(&api.identifier)).await?.is_some();
    let is_taken = store::resource_servers::find(&mut tx, &api.identifier).await?.is_some();
    // An API named like a client would accept that client's ID tokens.
    if is_client || is_taken || !store::resource_servers::insert(&mut tx, &api).await? {
        return Err(Refused::Exists(Resource::ResourceServer));
    }
    caller.event(svc, cx, "create_resource_server", api.id.as_str()).record(&mut tx).await?;
    tx.commit().await?;
    Ok(api)
}

/// Changes an API; its identifier stays. A scope that it no longer offers goes at once from the client grants, from
/// what roles permit, and from what people are permitted.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &str,
    body: &Body,
) -> Result<ResourceServer, Refused> {
    caller.require(ManagementScope::UpdateResourceServers)?;
    let fields = body.object()?;
    for _ in 0..ATTEMPTS {
        let before = find(svc, id).await?;
        let mut api = before.clone();
        if api.is_system && !fields.has_only(&CHANGEABLE_ON_SYSTEM_API) {
            return Err(Refused::SystemApi);
        }
        apply(&mut api, fields.clone())?;
        api.updated_at = cx.now;
        let mut tx = svc.store.write().await?;
        if store::resource_servers::update(&mut tx, &api).await? {
            narrow_grants(&mut tx, &api, cx.now).await?;
            withdraw_permissions(&mut tx, &before, &api).await?;
            caller.event(svc, cx, "update_resource_server", api.id.as_str()).record(&mut tx).await?;
            tx.commit().await?;
            return Ok(api);
        }
    }
    Err(Refused::Contended(Resource::ResourceServer))
}

async fn narrow_grants(tx: &mut WriteTx, api: &ResourceServer, now: Timestamp) -> Result<(), StoreError> {
    let filter = ClientGrantFilter { client_ids: Vec::new(), audiences: vec![api.identifier.clone()] };
    let all = Page::Offset { skip: 0, limit: u32::MAX };
    for grant in store::client_grants::list(tx, &filter, &all).await? {
        let scope = grant.scope.filtered(|token| api.offers(token));
        if scope != grant.scope {
            store::client_grants::set_scope(tx, &grant.id, &scope, now).await?;
        }
    }
    Ok(())
}

/// In one order for all, so that two writes never wait for each other.
async fn withdraw_permissions(
    tx: &mut WriteTx,
    before: &ResourceServer,
    api: &ResourceServer,
) -> Result<(), StoreError> {
    let offered = before.scopes.iter().map(|scope| scope.value.as_str());
    let withdrawn: BTreeSet<_> = offered.filter(|scope| !api.offers(scope)).collect();
    for scope in withdrawn {
        store::permissions::withdraw(tx, &api.identifier, scope).await?;
    }
    Ok(())
}

/// Deletes an API, the client grants and the permissions for it; one that is gone already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &str) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteResourceServers)?;
    let mut tx = svc.store.write().await?;
    let Some(api) = store::resource_servers::find(&mut tx, id).await? else { return Ok(()) };
    if api.is_system {
        return Err(Refused::SystemApi);
    }
    if !store::resource_servers::delete(&mut tx, &api.id).await? {
        // Somebody else was faster, and it is recorded that they did it.
        return Ok(());
    }
    let deleted = caller.event(svc, cx, "delete_resource_server", api.id.as_str());
    deleted.audience(Some(&api.identifier)).record(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn find(svc: &Services, id: &str) -> Result<ResourceServer, Refused> {
    let found = store::resource_servers::find(&mut svc.store.read().await?, id).await?;
    found.ok_or(Refused::NotFound(Resource::ResourceServer))
}

/// Audiences below the issuer are this server's own: userinfo, the Management API and those to come.
fn check_identifier(svc: &Services, identifier: &str) -> Result<(), BodyInvalid> {
    check_length("identifier", identifier, 1..=600)?;
    if identifier.chars().any(char::is_whitespace) {
        return Err(BodyInvalid::wrong("identifier", "must not contain white space"));
    }
    let issuer = svc.settings.issuer.trim_end_matches('/');
    let is_ours = identifier.strip_prefix(issuer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if is_ours { Err(BodyInvalid::wrong("identifier", "must not be a URL of this server")) } else { Ok(()) }
}

fn apply(api: &mut ResourceServer, mut fields: Fields) -> Result<(), BodyInvalid> {
    fields.set("name", &mut api.name)?;
    if let Some(scopes) = fields.nested_list("scopes")? {
        api.scopes = scopes.into_iter().map(scope).collect::<Result<_, _>>()?;
    }
    fields.set("allow_offline_access", &mut api.allow_offline_access)?;
    fields.set("token_lifetime", &mut api.token_lifetime)?;
    api.token_lifetime_for_web = api.token_lifetime_for_web.min(api.token_lifetime);
    fields.set("token_lifetime_for_web", &mut api.token_lifetime_for_web)?;
    fields.set("token_dialect", &mut api.token_dialect)?;
    fields.set("enforce_policies", &mut api.enforce_policies)?;
    let skip_consent = &mut api.skip_consent_for_verifiable_first_party_clients;
    fields.set("skip_consent_for_verifiable_first_party_clients", skip_consent)?;
    proof_of_possession(api, &mut fields)?;
    fields.repeat(&["signing_alg"], "RS256")?;
    fields.finish()?;
    check(api)
}

fn proof_of_possession(api: &mut ResourceServer, fields: &mut Fields) -> Result<(), BodyInvalid> {
    if fields.take_null("proof_of_possession") {
        api.proof_of_possession = None;
    }
    let Some(mut object) = fields.nested("proof_of_possession")? else { return Ok(()) };
    let mechanism: String = object.require("mechanism")?;
    if mechanism != "dpop" {
        return Err(object.wrong("mechanism", "can only be dpop in this version"));
    }
    let required = object.require("required")?;
    object.finish()?;
    api.proof_of_possession = Some(ProofOfPossession { required });
    Ok(())
}

fn scope(mut fields: Fields) -> Result<ApiScope, BodyInvalid> {
    let value: String = fields.require("value")?;
    // RFC 6749 3.3: a scope token is of printable ASCII without space, quotation mark and backslash.
    let is_token = value.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
    if !is_token || value.is_empty() || value.len() > 280 {
        return Err(fields.wrong("value", "must have between 1 and 280 characters that a scope may consist of"));
    }
    if RESERVED_SCOPES.contains(&value.as_str()) {
        return Err(fields.wrong("value", format!("must not be {value}, which is reserved")));
    }
    let mut description: Option<String> = None;
    fields.set_or_clear("description", &mut description)?;
    if let Some(description) = &description {
        check_length(&fields.path_of("description"), description, 0..=500)?;
    }
    fields.finish()?;
    Ok(ApiScope { value, description })
}

fn check(api: &ResourceServer) -> Result<(), BodyInvalid> {
    check_length("name", &api.name, 1..=200)?;
    check_count("scopes", &api.scopes, 1000)?;
    let mut seen = HashSet::new();
    if let Some(twice) = api.scopes.iter().find(|scope| !seen.insert(&scope.value)) {
        return Err(BodyInvalid::wrong("scopes", format!("must not name {} twice", twice.value)));
    }
    check_range("token_lifetime", api.token_lifetime, 1..=LONGEST_LIFETIME)?;
    check_range("token_lifetime_for_web", api.token_lifetime_for_web, 1..=LONGEST_LIFETIME)?;
    if api.token_lifetime_for_web > api.token_lifetime {
        return Err(BodyInvalid::wrong("token_lifetime_for_web", "must not be longer than token_lifetime"));
    }
    Ok(())
}
