//! Exchanging a refresh token (RFC 6749 6). What becomes of it is decided by `protocol::rotation`; here the decision
//! is carried out so that one writer wins and a refusal that must leave a trace is committed before it is told.

use keys::{OpaqueToken, TokenKind};
use model::client::Client;
use model::event::EventType;
use model::grant::{Digest, RevokedReason};
use model::user::User;
use protocol::rotation::{self, ConsumedFacts, Decision, FamilyFacts, Lifetimes, TokenFacts};
use protocol::scope::ScopeSet;
use protocol::token::{RefreshTokenRequest, TokenResponse};
use serde::{Deserialize, Serialize};
use store::refresh_tokens::PresentedToken;

use super::{GrantRefused, api_of};
use crate::error::OrInternal;
use crate::events::event;
use crate::grants::authorization_code::keep_family_for;
use crate::tokens::{self, Issue, NewRefreshToken};
use crate::{RequestContext, Services};

const RESPONSE_PURPOSE: &str = "refresh response";
/// How often a request that loses the race for a token looks at it again. The second look finds the winner's answer;
/// a third is needed only where tokens do not rotate and settings change meanwhile.
const LOOKS: usize = 3;

pub(super) async fn exchange(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: RefreshTokenRequest,
) -> Result<TokenResponse, GrantRefused> {
    let token = OpaqueToken::parse(request.refresh_token.expose()).ok_or(GrantRefused::InvalidRefreshToken)?;
    let digest = token.digest(TokenKind::Refresh);
    for _ in 0..LOOKS {
        if let Some(response) = try_once(svc, cx, client, &request, &digest).await? {
            return Ok(response);
        }
    }
    Err("a refresh token changed under every look").or_internal("exchanging a refresh token")?
}

/// One look at the token and one decision. `None` means that another request was faster: look again.
async fn try_once(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &RefreshTokenRequest,
    digest: &Digest,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let found = store::refresh_tokens::find(&mut svc.store.read().await?, digest).await?;
    let found = found.ok_or(GrantRefused::InvalidRefreshToken)?;
    match decide(&found, client, cx) {
        Decision::Issue(lifetimes) => rotate(svc, cx, client, request, &found, lifetimes).await,
        Decision::Keep(lifetimes) => keep(svc, cx, client, request, &found, lifetimes).await,
        Decision::Replay => replay(svc, cx, client, request, &found).await.map(Some),
        Decision::Reuse => revoke(svc, cx, client, &found, RevokedReason::Reuse).await,
        Decision::WrongClient => revoke(svc, cx, client, &found, RevokedReason::WrongClient).await,
        Decision::Refuse(why) => {
            refuse(svc, cx, client, &found, &format!("{why:?}")).await?;
            Err(GrantRefused::InvalidRefreshToken)
        }
    }
}

fn decide(found: &PresentedToken, client: &Client, cx: &RequestContext) -> Decision {
    let token = &found.token;
    let successor = found.successor.as_ref();
    let facts = TokenFacts {
        idle_expires_at_ms: token.idle_expires_at.map(model::Timestamp::millis),
        expires_at_ms: token.expires_at.map(model::Timestamp::millis),
        consumed: token.consumed_at.map(|at| ConsumedFacts {
            at_ms: at.millis(),
            response_is_kept: token.sealed_response.is_some(),
            successor_was_seen: successor.is_none_or(|successor| successor.seen_at.is_some()),
            successor_was_consumed: successor.is_none_or(|successor| successor.consumed_at.is_some()),
        }),
    };
    let family =
        FamilyFacts { client_id: found.family.client_id.as_str(), is_revoked: found.family.revoked_at.is_some() };
    rotation::decide(&facts, &family, client.client_id.as_str(), &client.refresh_token, cx.now.millis())
}

/// What the answer is made from, once the request's own wishes are found to be modest.
struct Wished {
    user: User,
    api: Option<model::resource_server::ResourceServer>,
    scope: ScopeSet,
}

async fn wished(svc: &Services, request: &RefreshTokenRequest, found: &PresentedToken) -> Result<Wished, GrantRefused> {
    let family = &found.family;
    let scope = rotation::narrowed_scope(&family.scope, request.scope.as_ref()).ok_or(GrantRefused::ScopeExceeded)?;
    if request.audience.is_some() && request.audience != family.audience {
        return Err(GrantRefused::AudienceChanged);
    }
    let mut db = svc.store.read().await?;
    let user = store::users::find(&mut db, &family.user_id).await?.filter(|user| !user.is_blocked());
    let user = user.ok_or(GrantRefused::InvalidRefreshToken)?;
    let api = api_of(&mut db, family.audience.as_deref()).await?;
    Ok(Wished { user, api, scope })
}

async fn rotate(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &RefreshTokenRequest,
    found: &PresentedToken,
    lifetimes: Lifetimes,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let wished = wished(svc, request, found).await?;
    let family = &found.family;
    let successor = NewRefreshToken::new(svc, &family.id, found.token.generation + 1, lifetimes, cx.now);
    let issued = tokens::issue(svc, cx, &issue_of(client, found, &wished, Some(&successor)))?;
    let sealed = Kept { request: Binding::of(request), response: issued.response.clone() }.seal(svc, found)?;
    let mut tx = svc.store.write().await?;
    let token = &found.token.id;
    if !store::refresh_tokens::consume(&mut tx, token, &successor.record.id, sealed, cx.now).await? {
        // Another request was faster; what was signed is dropped unseen.
        return Ok(None);
    }
    successor.store(&mut tx).await?;
    keep_family_for(&mut tx, &successor.record).await?;
    issued.store(&mut tx, &family.id).await?;
    record_exchange(svc, cx, &mut tx, client, found, &wished).await?;
    tx.commit().await?;
    Ok(Some(issued.response))
}

/// The client's tokens do not rotate: the same one stays good, and the answer carries none.
async fn keep(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &RefreshTokenRequest,
    found: &PresentedToken,
    lifetimes: Lifetimes,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let wished = wished(svc, request, found).await?;
    let issued = tokens::issue(svc, cx, &issue_of(client, found, &wished, None))?;
    let idle_end = lifetimes.idle_expires_at_ms.map(model::Timestamp::from_millis);
    let mut tx = svc.store.write().await?;
    if !store::refresh_tokens::renew(&mut tx, &found.token.id, idle_end, cx.now).await? {
        return Ok(None);
    }
    issued.store(&mut tx, &found.family.id).await?;
    record_exchange(svc, cx, &mut tx, client, found, &wished).await?;
    tx.commit().await?;
    Ok(Some(issued.response))
}

fn issue_of<'a>(
    client: &'a Client,
    found: &'a PresentedToken,
    wished: &'a Wished,
    refresh: Option<&'a NewRefreshToken>,
) -> Issue<'a> {
    Issue {
        client,
        user: &wished.user,
        family: &found.family,
        api: wished.api.as_ref(),
        scope: wished.scope.clone(),
        nonce: None,
        gty: Some("refresh_token"),
        refresh,
    }
}

async fn record_exchange(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut store::WriteTx,
    client: &Client,
    found: &PresentedToken,
    wished: &Wished,
) -> Result<(), GrantRefused> {
    event(svc, cx, EventType::RefreshTokenExchanged)
        .client(client)
        .user(&wished.user)
        .audience(found.family.audience.as_deref())
        .scope(&wished.scope)
        .record(tx)
        .await?;
    Ok(())
}

/// What a kept answer is bound to, besides the token and with it the client. Only the same question is answered
/// again.
#[derive(PartialEq, Eq, Serialize, Deserialize)]
struct Binding {
    scope: Option<ScopeSet>,
    audience: Option<String>,
}

impl Binding {
    fn of(request: &RefreshTokenRequest) -> Self {
        Binding { scope: request.scope.clone(), audience: request.audience.clone() }
    }
}

/// An answer, kept sealed on the row of the token it consumed.
#[derive(Serialize, Deserialize)]
struct Kept {
    request: Binding,
    response: TokenResponse,
}

impl Kept {
    fn seal(&self, svc: &Services, found: &PresentedToken) -> Result<Vec<u8>, GrantRefused> {
        let text = zeroize::Zeroizing::new(serde_json::to_vec(self).or_internal("keeping an answer")?);
        Ok(svc.sealer.seal(&*svc.entropy, RESPONSE_PURPOSE, found.token.id.as_str(), &text))
    }

    fn open(svc: &Services, found: &PresentedToken) -> Result<Self, GrantRefused> {
        let sealed = found.token.sealed_response.as_deref().unwrap_or_default();
        let text = svc.sealer.open(RESPONSE_PURPOSE, found.token.id.as_str(), sealed);
        let text = text.or_internal("opening a kept answer")?;
        Ok(serde_json::from_slice(&text).or_internal("opening a kept answer")?)
    }
}

/// The identical response, byte for byte. A repeat that asks for something else gets nothing, but is no proof of
/// theft either: two tabs may differ in what they want. Each repeat is recorded with where it came from, since a thief
/// who keeps pace with the owner looks like a lost answer every time.
async fn replay(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: &RefreshTokenRequest,
    found: &PresentedToken,
) -> Result<TokenResponse, GrantRefused> {
    let kept = Kept::open(svc, found)?;
    if kept.request != Binding::of(request) {
        return Err(GrantRefused::InvalidRefreshToken);
    }
    event(svc, cx, EventType::RefreshTokenRepeated)
        .client(client)
        .user_id(&found.family.user_id)
        .describe("A refresh token was repeated before its successor was seen, and answered again.")
        .detail("family_id", found.family.id.as_str())
        .detail("generation", found.token.generation)
        .record_alone(svc)
        .await?;
    Ok(kept.response)
}

/// Revokes the family, commits, and only then refuses.
async fn revoke(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    found: &PresentedToken,
    reason: RevokedReason,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let mut tx = svc.store.write().await?;
    store::families::revoke(&mut tx, &found.family.id, reason, cx.now).await?;
    event(svc, cx, EventType::RefreshTokenReused)
        .client(client)
        .user_id(&found.family.user_id)
        .describe(match reason {
            RevokedReason::WrongClient => "A client presented another client's refresh token; its family is revoked.",
            _ => "A refresh token was used again after its successor had been used; its family is revoked.",
        })
        .detail("family_id", found.family.id.as_str())
        .detail("generation", found.token.generation)
        .record(&mut tx)
        .await?;
    tx.commit().await?;
    Err(GrantRefused::InvalidRefreshToken)
}

async fn refuse(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    found: &PresentedToken,
    why: &str,
) -> Result<(), GrantRefused> {
    event(svc, cx, EventType::RefreshTokenFailed)
        .client(client)
        .user_id(&found.family.user_id)
        .describe("Unknown or invalid refresh token.")
        .detail("reason", why)
        .record_alone(svc)
        .await?;
    Ok(())
}
