//! Exchanging a refresh token (RFC 6749 6). What becomes of it is decided by `protocol::rotation`; here the decision
//! is carried out so that one writer wins and a refusal that must leave a trace is committed before it is told.

mod kept;
mod repeat;

use keys::RefreshSecret;
use model::client::Client;
use model::event::EventType;
use model::grant::{RevokedReason, TokenFamily};
use model::user::User;
use model::{FamilyId, Timestamp};
use protocol::client_metadata::RefreshTokenSettings;
use protocol::rotation::{self, ConsumedFacts, Decision, FamilyFacts, Lifetimes, TokenFacts};
use protocol::token::{RefreshTokenRequest, TokenResponse};
use store::refresh_tokens::{Exchange, PresentedToken};

use self::kept::Kept;
use super::{GrantRefused, api_of};
use crate::error::OrInternal;
use crate::events::event;
use crate::grants::authorization_code::{bind_family, keep_family_for};
use crate::permissions::{Permitted, permitted};
use crate::tokens::{self, GivenRefreshToken, Issue};
use crate::{RequestContext, Services, dpop};

/// How often a request that loses the race for a token looks at it again. The second look finds the winner's answer;
/// a third is needed only where tokens do not rotate and settings change meanwhile.
const LOOKS: usize = 3;

/// One call: from whom, what it asks, and the token itself.
struct Refresh<'a> {
    client: &'a Client,
    request: &'a RefreshTokenRequest,
    token: &'a RefreshSecret,
    /// The key that the caller has proven to hold.
    jkt: Option<&'a str>,
}

pub(super) async fn exchange(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    request: RefreshTokenRequest,
    jkt: Option<&str>,
) -> Result<TokenResponse, GrantRefused> {
    let token = RefreshSecret::parse(request.refresh_token.expose()).ok_or(GrantRefused::InvalidRefreshToken)?;
    let refresh = Refresh { client, request: &request, token: &token, jkt };
    for _ in 0..LOOKS {
        if let Some(response) = try_once(svc, cx, &refresh).await? {
            return Ok(response);
        }
    }
    Err("a refresh token changed under every look").or_internal("exchanging a refresh token")?
}

/// One look at the token and one decision. `None` means that another request was faster: look again.
async fn try_once(
    svc: &Services,
    cx: &RequestContext,
    refresh: &Refresh<'_>,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let found = store::refresh_tokens::find(&mut svc.store.read().await?, &refresh.token.digest()).await?;
    let Some(found) = found else { return judge_swept(svc, cx, refresh).await };
    let place = Place { family: &found.family, generation: Some(found.token.generation) };
    if is_of_another_key(refresh, &found.family) {
        return refuse(svc, cx, refresh.client, &place, "AnotherKey").await;
    }
    match decide(&facts_of(&found), &found.family, refresh.client, cx) {
        Decision::Issue(lifetimes) => rotate(svc, cx, refresh, &found, lifetimes).await,
        Decision::Keep(lifetimes) => keep(svc, cx, refresh, &found, lifetimes).await,
        Decision::Replay => repeat::repeat(svc, cx, refresh, &found).await,
        Decision::Reuse => revoke(svc, cx, refresh.client, &place, RevokedReason::Reuse).await,
        Decision::WrongClient => revoke(svc, cx, refresh.client, &place, RevokedReason::WrongClient).await,
        Decision::Refuse(why) => refuse(svc, cx, refresh.client, &place, &format!("{why:?}")).await,
    }
}

/// A token without a row is nobody's, unless it proves that we made it for a family that is still there: then it was
/// exchanged long ago and its row was swept, and to present it is as suspicious as ever.
async fn judge_swept(
    svc: &Services,
    cx: &RequestContext,
    refresh: &Refresh<'_>,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let family = refresh.token.family(&svc.sealer).map(FamilyId::new).ok_or(GrantRefused::InvalidRefreshToken)?;
    let family = store::families::find(&mut svc.store.read().await?, &family).await?;
    let family = family.ok_or(GrantRefused::InvalidRefreshToken)?;
    let place = Place { family: &family, generation: None };
    if is_of_another_key(refresh, &family) {
        return refuse(svc, cx, refresh.client, &place, "AnotherKey").await;
    }
    match decide(&TokenFacts::SWEPT, &family, refresh.client, cx) {
        Decision::Issue(_) | Decision::Keep(_) | Decision::Replay | Decision::Reuse => {
            revoke(svc, cx, refresh.client, &place, RevokedReason::Reuse).await
        }
        Decision::WrongClient => revoke(svc, cx, refresh.client, &place, RevokedReason::WrongClient).await,
        Decision::Refuse(why) => refuse(svc, cx, refresh.client, &place, &format!("{why:?}")).await,
    }
}

/// Whether the family is bound to a key that the caller, its own client, has not proven to hold. Whoever stole the token
/// has gained nothing and ends nothing. A client with a secret proves itself by that (RFC 9449 5).
fn is_of_another_key(refresh: &Refresh<'_>, family: &TokenFamily) -> bool {
    let is_own = family.client_id == refresh.client.client_id && refresh.client.is_public();
    is_own && family.dpop_jkt.is_some() && family.dpop_jkt.as_deref() != refresh.jkt
}

fn facts_of(found: &PresentedToken) -> TokenFacts {
    let token = &found.token;
    let successor = found.successor.as_ref();
    TokenFacts {
        idle_expires_at_ms: token.idle_expires_at.map(Timestamp::millis),
        expires_at_ms: token.expires_at.map(Timestamp::millis),
        consumed: token.consumed_at.map(|at| ConsumedFacts {
            at_ms: at.millis(),
            response_is_kept: token.sealed_response.is_some(),
            successor_was_seen: successor.is_none_or(|successor| successor.seen_at.is_some()),
            successor_was_consumed: successor.is_none_or(|successor| successor.consumed_at.is_some()),
        }),
    }
}

fn decide(token: &TokenFacts, family: &TokenFamily, client: &Client, cx: &RequestContext) -> Decision {
    let family = FamilyFacts { client_id: family.client_id.as_str(), is_revoked: family.revoked_at.is_some() };
    rotation::decide(token, &family, client.client_id.as_str(), &client.refresh_token, cx.now.millis())
}

/// What the answer is made from, once the request's own wishes are found to be modest.
struct Wished {
    user: User,
    api: Option<model::resource_server::ResourceServer>,
    permitted: Permitted,
}

async fn wished(svc: &Services, refresh: &Refresh<'_>, found: &PresentedToken) -> Result<Wished, GrantRefused> {
    let (family, request) = (&found.family, refresh.request);
    let scope = rotation::narrowed_scope(&family.scope, request.scope.as_ref()).ok_or(GrantRefused::ScopeExceeded)?;
    if request.audience.is_some() && request.audience != family.audience {
        return Err(GrantRefused::AudienceChanged);
    }
    let mut db = svc.store.read().await?;
    let user = store::users::find(&mut db, &family.user_id).await?.filter(|user| !user.is_blocked());
    let user = user.ok_or(GrantRefused::InvalidRefreshToken)?;
    let api = api_of(&mut db, family.audience.as_deref()).await?;
    drop(db);
    dpop::require(refresh.client, api.as_ref(), refresh.jkt)?;
    let permitted = permitted(svc, &user.user_id, api.as_ref(), &scope).await?;
    Ok(Wished { user, api, permitted })
}

async fn rotate(
    svc: &Services,
    cx: &RequestContext,
    refresh: &Refresh<'_>,
    found: &PresentedToken,
    lifetimes: Lifetimes,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let Refresh { client, token, .. } = refresh;
    let wished = wished(svc, refresh, found).await?;
    let family = &found.family;
    let successor = GivenRefreshToken::new(svc, &family.id, found.token.generation + 1, lifetimes, cx.now);
    let issued = tokens::issue(svc, cx, &issue_of(refresh, found, &wished, Some(&successor)))?;
    let names_family = token.family(&svc.sealer).is_some();
    let exchange = Exchange {
        successor: successor.record.id.clone(),
        sealed_response: Kept::of(cx, refresh, &issued).seal(svc, &found.token)?,
        repeatable_until: names_family.then(|| repeatable_until(&client.refresh_token, cx.now)),
    };
    let mut tx = svc.store.write().await?;
    if !store::families::keep(&mut tx, &family.id).await?
        || !store::refresh_tokens::consume(&mut tx, &found.token.id, exchange, cx.now).await?
    {
        // Another request was faster; what was signed is dropped unseen.
        return Ok(None);
    }
    successor.store(&mut tx).await?;
    keep_family_for(&mut tx, &successor.record).await?;
    bind_family(&mut tx, client, &family.id, refresh.jkt).await?;
    issued.store(&mut tx, &family.id).await?;
    record_exchange(svc, cx, &mut tx, client, found, &wished).await?;
    tx.commit().await?;
    Ok(Some(issued.response))
}

fn repeatable_until(settings: &RefreshTokenSettings, now: Timestamp) -> Timestamp {
    let end = rotation::repeat_window_ms(settings).map_or(i64::MAX, |window| now.millis().saturating_add(window));
    Timestamp::from_millis(end)
}

/// The client's tokens do not rotate: the same one stays good, and the answer carries none.
async fn keep(
    svc: &Services,
    cx: &RequestContext,
    refresh: &Refresh<'_>,
    found: &PresentedToken,
    lifetimes: Lifetimes,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let wished = wished(svc, refresh, found).await?;
    let issued = tokens::issue(svc, cx, &issue_of(refresh, found, &wished, None))?;
    let idle_end = lifetimes.idle_expires_at_ms.map(Timestamp::from_millis);
    let mut tx = svc.store.write().await?;
    if !store::families::keep(&mut tx, &found.family.id).await?
        || !store::refresh_tokens::renew(&mut tx, &found.token.id, idle_end, cx.now).await?
    {
        return Ok(None);
    }
    issued.store(&mut tx, &found.family.id).await?;
    record_exchange(svc, cx, &mut tx, refresh.client, found, &wished).await?;
    tx.commit().await?;
    Ok(Some(issued.response))
}

fn issue_of<'a>(
    refresh: &Refresh<'a>,
    found: &'a PresentedToken,
    wished: &'a Wished,
    given: Option<&'a GivenRefreshToken>,
) -> Issue<'a> {
    Issue {
        client: refresh.client,
        user: &wished.user,
        family: &found.family,
        api: wished.api.as_ref(),
        permitted: &wished.permitted,
        nonce: None,
        gty: Some("refresh_token"),
        refresh: given,
        jkt: refresh.jkt,
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
        .scope(&wished.permitted.scope)
        .record(tx)
        .await?;
    Ok(())
}

/// Where a token stands in its family.
struct Place<'a> {
    family: &'a TokenFamily,
    /// How many exchanges lie before it; not known of one whose row was swept.
    generation: Option<i64>,
}

/// Revokes the family, commits, and only then refuses.
async fn revoke(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    place: &Place<'_>,
    reason: RevokedReason,
) -> Result<Option<TokenResponse>, GrantRefused> {
    let mut tx = svc.store.write().await?;
    store::families::revoke(&mut tx, &place.family.id, reason, cx.now).await?;
    event(svc, cx, EventType::RefreshTokenReused)
        .client(client)
        .user_id(&place.family.user_id)
        .describe(match reason {
            RevokedReason::WrongClient => "A client presented another client's refresh token; its family is revoked.",
            _ => "A refresh token was used again after its successor had been used; its family is revoked.",
        })
        .detail("family_id", place.family.id.as_str())
        .detail("generation", place.generation)
        .record(&mut tx)
        .await?;
    tx.commit().await?;
    Err(GrantRefused::InvalidRefreshToken)
}

async fn refuse(
    svc: &Services,
    cx: &RequestContext,
    client: &Client,
    place: &Place<'_>,
    why: &str,
) -> Result<Option<TokenResponse>, GrantRefused> {
    event(svc, cx, EventType::RefreshTokenFailed)
        .client(client)
        .user_id(&place.family.user_id)
        .describe("Unknown or invalid refresh token.")
        .detail("reason", why)
        .record_alone(svc)
        .await?;
    Err(GrantRefused::InvalidRefreshToken)
}
