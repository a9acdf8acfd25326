//! Exchanging a code (RFC 6749 4.1.3). A code is used once, whatever comes of it; a second use revokes everything
//! the first one brought (RFC 6749 4.1.2).

use keys::{OpaqueToken, TokenKind};
use model::client::Client;
use model::event::EventType;
use model::grant::{AuthorizationCode, Digest, RevokedReason, TokenFamily};
use model::resource_server::ResourceServer;
use model::user::User;
use protocol::client_authentication::PresentedSecret;
use protocol::pkce;
use protocol::token::{AuthorizationCodeRequest, TokenResponse};

use super::{GrantRefused, api_of, first_refresh_token};
use crate::events::event;
use crate::permissions::permitted;
use crate::tokens::{self, Issue};
use crate::{RequestContext, Services, dpop};

/// Everything the exchange needs to know.
struct Found {
    digest: Digest,
    code: AuthorizationCode,
    family: TokenFamily,
    user: Option<User>,
    api: Option<ResourceServer>,
}

pub(super) async fn exchange(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: AuthorizationCodeRequest,
    jkt: Option<&str>,
) -> Result<TokenResponse, GrantRefused> {
    let found = find(svc, &request).await?;
    dpop::require(client, found.api.as_ref(), jkt)?;
    let Some(refused) = refusal(cx, client, &request, &found, jkt) else {
        return issue(svc, cx, client, &found, jkt).await;
    };
    burn(svc, cx, client, &found, &refused).await?;
    Err(refused)
}

async fn find(svc: &Services, request: &AuthorizationCodeRequest) -> Result<Found, GrantRefused> {
    let digest = OpaqueToken::parse(request.code.expose()).ok_or(GrantRefused::InvalidCode)?.digest(TokenKind::Code);
    let mut db = svc.store.read().await?;
    let code = store::authorization_codes::find(&mut db, &digest).await?.ok_or(GrantRefused::InvalidCode)?;
    let family = store::families::find(&mut db, &code.family_id).await?.ok_or(GrantRefused::InvalidCode)?;
    let user = store::users::find(&mut db, &family.user_id).await?;
    let api = api_of(&mut db, family.audience.as_deref()).await?;
    Ok(Found { digest, code, family, user, api })
}

fn refusal(
    cx: &RequestContext,
    client: &Client,
    request: &AuthorizationCodeRequest,
    found: &Found,
    jkt: Option<&str>,
) -> Option<GrantRefused> {
    let Found { code, family, user, .. } = found;
    let is_unusable = code.consumed_at.is_some() || cx.now >= code.expires_at || family.revoked_at.is_some();
    let may_come_in = user.as_ref().is_some_and(|user| !user.is_blocked());
    if is_unusable || code.client_id != client.client_id || !may_come_in {
        return Some(GrantRefused::InvalidCode);
    }
    if code.redirect_uri.is_some() && code.redirect_uri != request.redirect_uri {
        return Some(GrantRefused::WrongRedirectUri);
    }
    if family.dpop_jkt.is_some() && family.dpop_jkt.as_deref() != jkt {
        return Some(GrantRefused::AnotherKey);
    }
    let verifier = request.code_verifier.as_ref().map(PresentedSecret::expose);
    pkce::verify(code.code_challenge.as_deref(), verifier).err().map(GrantRefused::Pkce)
}

/// Uses the code up. If it was used before, what it brought is revoked: one of the two holders stole it. Nothing is left
/// to use where the person or the client is gone.
async fn burn(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    found: &Found,
    refused: &GrantRefused,
) -> Result<(), GrantRefused> {
    let mut tx = svc.store.write().await?;
    if !store::families::keep(&mut tx, &found.family.id).await? {
        return Ok(());
    }
    let was_unused = store::authorization_codes::consume(&mut tx, &found.digest, cx.now).await?;
    if !was_unused {
        store::families::revoke(&mut tx, &found.family.id, RevokedReason::CodeReuse, cx.now).await?;
    }
    event(svc, cx, EventType::CodeExchangeFailed)
        .client(client)
        .user_id(&found.family.user_id)
        .describe(refused.to_string())
        .detail("code_was_used_before", !was_unused)
        .record(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(())
}

async fn issue(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    found: &Found,
    jkt: Option<&str>,
) -> Result<TokenResponse, GrantRefused> {
    let Found { code, family, api, .. } = found;
    let user = found.user.as_ref().ok_or(GrantRefused::InvalidCode)?;
    let permitted = permitted(svc, &user.user_id, api.as_ref(), &family.scope).await?;
    let refresh = first_refresh_token(svc, cx, client, family);
    let issued = tokens::issue(
        svc,
        cx,
        &Issue {
            client,
            user,
            family,
            api: api.as_ref(),
            permitted: &permitted,
            nonce: code.nonce.as_deref(),
            gty: None,
            refresh: refresh.as_ref(),
            jkt,
        },
    )?;
    let mut tx = svc.store.write().await?;
    if !store::families::keep(&mut tx, &family.id).await? {
        return Err(GrantRefused::InvalidCode);
    }
    if !store::authorization_codes::consume(&mut tx, &found.digest, cx.now).await? {
        drop(tx);
        // Somebody was faster with the same code, and one of the two is a thief.
        burn(svc, cx, client, found, &GrantRefused::InvalidCode).await?;
        return Err(GrantRefused::InvalidCode);
    }
    if let Some(refresh) = &refresh {
        refresh.store(&mut tx).await?;
        keep_family_for(&mut tx, &refresh.record).await?;
    }
    bind_family(&mut tx, client, &family.id, jkt).await?;
    issued.store(&mut tx, &family.id).await?;
    event(svc, cx, EventType::CodeExchanged)
        .client(client)
        .user(user)
        .audience(family.audience.as_deref())
        .scope(&permitted.scope)
        .record(&mut tx)
        .await?;
    tx.commit().await?;
    Ok(issued.response)
}

/// What a client without a secret goes on with, it must go on with by the same key (RFC 9449 5).
pub(super) async fn bind_family(
    tx: &mut store::WriteTx,
    client: &Client,
    family: &model::FamilyId,
    jkt: Option<&str>,
) -> Result<(), store::StoreError> {
    match jkt.filter(|_| client.is_public()) {
        Some(jkt) => store::families::bind(tx, family, jkt).await,
        None => Ok(()),
    }
}

/// The family's row must outlive the refresh token, however long that may lie idle.
pub(super) async fn keep_family_for(
    tx: &mut store::WriteTx,
    token: &model::grant::RefreshToken,
) -> Result<(), store::StoreError> {
    let end = token.expires_at.or(token.idle_expires_at).unwrap_or(model::Timestamp::from_millis(i64::MAX));
    store::families::extend(tx, &token.family_id, end).await
}
