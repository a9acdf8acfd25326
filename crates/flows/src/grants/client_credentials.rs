//! A machine's own token (RFC 6749 4.4).

use model::client::{Client, ClientGrant};
use model::event::EventType;
use protocol::scope::ScopeSet;
use protocol::token::{ClientCredentialsRequest, TokenResponse, TokenType};

use super::GrantRefused;
use crate::authorize::audience::find_api;
use crate::events::event;
use crate::{RequestContext, Services, dpop, tokens};

/// A refusal names the API that was asked for, as the caller spelt it.
const LONGEST_DESCRIPTION: usize = 700;

pub(super) async fn exchange(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: ClientCredentialsRequest,
    jkt: Option<&str>,
) -> Result<TokenResponse, GrantRefused> {
    let outcome = issue(svc, cx, client, request, jkt).await;
    if let Err(refused) = &outcome
        && !matches!(refused, GrantRefused::Internal(_))
    {
        let why: String = refused.to_string().chars().take(LONGEST_DESCRIPTION).collect();
        event(svc, cx, EventType::ClientCredentialsFailed).client(client).describe(why).record_alone(svc).await?;
    }
    outcome
}

async fn issue(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: ClientCredentialsRequest,
    jkt: Option<&str>,
) -> Result<TokenResponse, GrantRefused> {
    if client.is_public() {
        return Err(GrantRefused::GrantNotAllowed(protocol::client_metadata::GrantType::ClientCredentials));
    }
    let mut db = svc.store.read().await?;
    let api = find_api(&mut db, &svc.settings, request.audience.as_deref()).await?;
    let api = api.map_err(|unknown| GrantRefused::UnknownAudience(unknown.0))?.ok_or(GrantRefused::AudienceMissing)?;
    let grant = store::client_grants::find_for(&mut db, &client.client_id, &api.identifier).await?;
    drop(db);
    dpop::require(client, Some(&api), jkt)?;
    let grant = grant.ok_or_else(|| GrantRefused::NoClientGrant(api.identifier.clone()))?;
    let scope = granted(&grant, request.scope.as_ref())?.filtered(|scope| api.offers(scope));
    let access_token = tokens::machine_access_token(svc, cx, client, &api, &scope, jkt)?;
    event(svc, cx, EventType::ClientCredentialsExchanged)
        .client(client)
        .audience(Some(&api.identifier))
        .scope(&scope)
        .record_alone(svc)
        .await?;
    Ok(TokenResponse {
        access_token,
        refresh_token: None,
        id_token: None,
        scope: (!scope.is_empty()).then_some(scope),
        expires_in: api.token_lifetime,
        token_type: TokenType::bound_to(jkt),
    })
}

/// All that was granted to the client, or the part it asks for; more than that is an error, since no person could
/// notice that something was dropped.
fn granted(grant: &ClientGrant, asked: Option<&ScopeSet>) -> Result<ScopeSet, GrantRefused> {
    protocol::rotation::narrowed_scope(&grant.scope, asked).ok_or(GrantRefused::ScopeExceeded)
}
