//! What people allow applications, where the operator does not answer for it (OpenID Connect Core 3.1.2.4).

use model::client::Client;
use model::grant::Grant;
use model::resource_server::ResourceServer;
use model::{GrantId, UserId};
use protocol::authorization::{AuthorizationRequest, AuthorizationResponse};
use protocol::consent::{self, ConsentFacts, is_unverifiable};
use protocol::error::ErrorCode;
use protocol::prompt::{Step, next_step};
use protocol::scope::ScopeSet;
use store::{Read, StoreError};

use crate::authorize::{self, Answering, LoginPage, Pending, PendingRefused, find_pending};
use crate::sessions::{Browser, LiveSession};
use crate::{InternalError, RequestContext, Services};

/// What a person is asked to allow.
#[derive(Clone, Debug)]
pub struct ConsentPage {
    /// Who asks, and what belongs to every page of a sign-in.
    pub page: LoginPage,
    /// As whom the person is signed in.
    pub user: Option<String>,
    /// The name of the API, where the request is for one.
    pub api: Option<String>,
    /// What the application wants.
    pub scopes: Vec<AskedScope>,
}

/// One scope, as people are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AskedScope {
    /// The scope token.
    pub value: String,
    /// What the API says of it.
    pub description: Option<String>,
}

/// Whether the person must be asked before the request can be answered.
pub(crate) async fn is_needed(
    svc: &Services,
    client: &Client,
    request: &AuthorizationRequest,
    user: &UserId,
) -> Result<bool, StoreError> {
    let mut db = svc.store.read().await?;
    let api = api_of(&mut db, request).await?;
    let held = store::grants::find_for(&mut db, user, &client.client_id, &audience_of(svc, request)).await?;
    let facts = ConsentFacts {
        is_first_party: client.is_first_party,
        is_unverifiable: is_unverifiable(&request.redirect_uri, client.app_type, client.is_public()),
        // Nobody is granted anything for the Management API.
        api_trusts_first_party: api
            .is_none_or(|api| api.is_system || api.skip_consent_for_verifiable_first_party_clients),
        allowed: held.as_ref().map(|grant| &grant.scope),
    };
    Ok(consent::is_needed(request, &facts))
}

async fn api_of(db: &mut impl Read, request: &AuthorizationRequest) -> Result<Option<ResourceServer>, StoreError> {
    match &request.audience {
        Some(audience) => store::resource_servers::find(db, audience).await,
        None => Ok(None),
    }
}

/// What a grant is for, where no API was named: userinfo.
fn audience_of(svc: &Services, request: &AuthorizationRequest) -> String {
    request.audience.clone().unwrap_or_else(|| svc.settings.userinfo_audience())
}

/// What the page shows. `None` where the person must first prove who they are.
pub async fn open(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    browser: Browser<'_>,
) -> Result<Option<ConsentPage>, PendingRefused> {
    let Some((pending, live)) = ready(svc, cx, state, browser).await? else { return Ok(None) };
    let api = api_of(&mut svc.store.read().await?, &pending.request).await?;
    let description = |value: &str| {
        let offered = api.as_ref().and_then(|api| api.scopes.iter().find(|scope| scope.value == value));
        offered.and_then(|scope| scope.description.clone())
    };
    let asked = |value: &str| AskedScope { value: value.to_owned(), description: description(value) };
    let profile = &live.user.profile;
    Ok(Some(ConsentPage {
        user: profile.email.clone().or_else(|| profile.username.clone()),
        scopes: pending.request.scope.iter().map(asked).collect(),
        api: api.as_ref().map(|api| api.name.clone()),
        page: pending.page(),
    }))
}

/// Takes what the person decided, and answers the request. `None` where they must first prove who they are.
pub async fn decide(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    browser: Browser<'_>,
    is_allowed: bool,
) -> Result<Option<AuthorizationResponse>, PendingRefused> {
    let Some((pending, live)) = ready(svc, cx, state, browser).await? else { return Ok(None) };
    let Pending { client, request, .. } = &pending;
    if !is_allowed {
        let (error, why) = (ErrorCode::AccessDenied, "User did not authorize the request");
        return Ok(Some(AuthorizationResponse::refusal(request, &svc.settings.issuer, error, why)));
    }
    if !remember(svc, cx, client, request, &live.user.user_id).await? {
        // Whoever has gone meanwhile is missed when all is looked for again.
        return ready(svc, cx, state, browser).await.map(|_| None);
    }
    let answering = Answering { client, request, live: &live };
    Ok(Some(authorize::give(svc, cx, &answering).await?))
}

/// The saved request and whoever is signed in, if that is enough for it.
async fn ready(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    browser: Browser<'_>,
) -> Result<Option<(Pending, LiveSession)>, PendingRefused> {
    let pending = find_pending(svc, cx, state, browser.binding).await?;
    let live = authorize::live_for(svc, cx, &pending.client, &pending.request, browser).await?;
    let Some(live) = live else { return Ok(None) };
    let is_made_for_it = live.session.created_at >= pending.started_at;
    let facts = authorize::session_facts(svc, &pending.request, &live, is_made_for_it).await?;
    let is_enough = next_step(&pending.request, Some(facts), cx.now.millis()) == Step::Finish;
    Ok(is_enough.then_some((pending, live)))
}

/// Adds to what the person has allowed before exactly what they have seen. `false` means that they or the client have
/// gone.
async fn remember(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &AuthorizationRequest,
    user: &UserId,
) -> Result<bool, InternalError> {
    let audience = audience_of(svc, request);
    let mut tx = svc.store.write().await?;
    let held = store::grants::find_for(&mut tx, user, &client.client_id, &audience).await?;
    let before = held.map(|grant| grant.scope).unwrap_or_default();
    let grant = Grant {
        id: GrantId::from_random(svc.random()),
        user_id: user.clone(),
        client_id: client.client_id.clone(),
        audience,
        scope: before.iter().chain(request.scope.iter()).collect::<ScopeSet>(),
        created_at: cx.now,
        updated_at: cx.now,
    };
    let is_kept = store::grants::put(&mut tx, &grant).await?;
    if is_kept {
        tx.commit().await?;
    }
    Ok(is_kept)
}
