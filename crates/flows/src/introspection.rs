//! Token introspection (RFC 7662): whether a token is good now, for those whom it concerns.
//!
//! A client may know about the tokens that were issued to it. About an access token for an API, each client that has a
//! grant for that API may know as well: it calls the API or is the API, and learns nothing that the token would not
//! tell whoever holds it. To everybody else, every token is inactive.

use model::client::Client;
use model::grant::{AccessToken, RefreshToken, TokenFamily};
use model::{ClientId, Timestamp};
use protocol::client_authentication::{Presented, PresentedSecret};
use protocol::payload::{self, Expectations};
use protocol::scope::ScopeSet;
use protocol::token::{ActiveToken, Confirmation, TokenType};
use serde_json::{Map, Value};
use store::{Read, StoreError};

use crate::client_authentication::{ClientRefused, authenticate};
use crate::machines::speaks_for_itself;
use crate::presented_token::{self, KnownRefreshToken};
use crate::signing_keys;
use crate::tokens::{self, confirmed_key, verified_access_token};
use crate::{InternalError, RequestContext, Services};

/// Why nothing is told, not even that the token is not good.
#[derive(Debug, thiserror::Error)]
pub enum IntrospectionRefused {
    /// The client is not believed.
    #[error(transparent)]
    Client(#[from] ClientRefused),
    /// The client cannot keep a secret, so anybody could ask in its name (RFC 7662 2.1).
    #[error("a client without a secret may not introspect tokens")]
    PublicClient,
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for IntrospectionRefused {
    fn from(error: StoreError) -> Self {
        IntrospectionRefused::Internal(error.into())
    }
}

/// A token that is good, and the API it is for.
struct Good {
    token: ActiveToken,
    api: Option<String>,
}

/// What the client may know of the token. `None` for one that is not good now, or none of its business.
pub async fn introspect(
    svc: &Services,
    cx: &RequestContext,
    presented: &Presented,
    token: &PresentedSecret,
) -> Result<Option<ActiveToken>, IntrospectionRefused> {
    let client = authenticate(svc, cx, presented).await?;
    if client.is_public() {
        return Err(IntrospectionRefused::PublicClient);
    }
    signing_keys::meet(svc, token.expose()).await?;
    let mut db = svc.store.read().await?;
    let Some(good) = find_good(svc, cx, &mut db, token.expose()).await? else { return Ok(None) };
    let concerns = concerns(&mut db, &client, &good).await?;
    Ok(concerns.then_some(good.token))
}

async fn concerns(db: &mut impl Read, client: &Client, good: &Good) -> Result<bool, StoreError> {
    if good.token.client_id == client.client_id.as_str() {
        return Ok(true);
    }
    match &good.api {
        Some(api) => Ok(store::client_grants::find_for(db, &client.client_id, api).await?.is_some()),
        None => Ok(false),
    }
}

async fn find_good(
    svc: &Services,
    cx: &RequestContext,
    db: &mut impl Read,
    text: &str,
) -> Result<Option<Good>, StoreError> {
    // First, because it is these that are asked about for each call of an API.
    if let Some(held) = store::access_tokens::find_held(db, &tokens::access_digest(svc, text)).await? {
        let may_be_used = held.family.revoked_at.is_none() && !held.holder.is_blocked;
        return Ok(may_be_used.then(|| access_token(svc, cx, text, &held.token, &held.family)).flatten());
    }
    match presented_token::find_refresh_token(svc, db, text).await? {
        Some((KnownRefreshToken::Kept(token), family)) if may_be_used(db, &family).await? => {
            Ok(refresh_token(svc, cx, &token, &family))
        }
        Some(_) => Ok(None),
        None => machine_token(svc, cx, db, text).await,
    }
}

async fn may_be_used(db: &mut impl Read, family: &TokenFamily) -> Result<bool, StoreError> {
    if family.revoked_at.is_some() {
        return Ok(false);
    }
    Ok(store::users::find(db, &family.user_id).await?.is_some_and(|user| !user.is_blocked()))
}

/// One that was exchanged is not good any more, even while a lost answer would be repeated.
fn refresh_token(svc: &Services, cx: &RequestContext, token: &RefreshToken, family: &TokenFamily) -> Option<Good> {
    let ends_at = [token.idle_expires_at, token.expires_at].into_iter().flatten().min();
    if token.consumed_at.is_some() || ends_at.is_some_and(|end| cx.now >= end) {
        return None;
    }
    let token = ActiveToken {
        exp: ends_at.map(Timestamp::seconds),
        iat: Some(token.issued_at.seconds()),
        ..of_family(svc, family, family.scope.clone())
    };
    Some(Good { token, api: None })
}

fn access_token(
    svc: &Services,
    cx: &RequestContext,
    text: &str,
    token: &AccessToken,
    family: &TokenFamily,
) -> Option<Good> {
    if cx.now >= token.expires_at {
        return None;
    }
    let claims = if text.contains('.') { Some(verified_access_token(svc, text)?) } else { None };
    let aud = match &claims {
        Some(claims) => claims.get("aud").cloned(),
        None => Some(svc.settings.userinfo_audience().into()),
    };
    let token = ActiveToken {
        aud,
        exp: Some(token.expires_at.seconds()),
        iat: claims.as_ref().and_then(issued_at),
        token_type: Some(TokenType::bound_to(token.dpop_jkt.as_deref())),
        cnf: token.dpop_jkt.clone().map(|jkt| Confirmation { jkt }),
        ..of_family(svc, family, token.scope.clone())
    };
    Some(Good { token, api: family.audience.clone() })
}

fn of_family(svc: &Services, family: &TokenFamily, scope: ScopeSet) -> ActiveToken {
    ActiveToken {
        client_id: family.client_id.to_string(),
        sub: family.user_id.to_string(),
        scope,
        aud: None,
        iss: svc.settings.issuer.clone(),
        exp: None,
        iat: None,
        token_type: None,
        cnf: None,
    }
}

/// A machine's token has no row: it is good until it ends, as long as its client and its key are there.
async fn machine_token(
    svc: &Services,
    cx: &RequestContext,
    db: &mut impl Read,
    text: &str,
) -> Result<Option<Good>, StoreError> {
    let Some(claims) = verified_access_token(svc, text) else { return Ok(None) };
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    let (Some(client_id), Some(api)) = (text("azp").or_else(|| text("client_id")), text("aud")) else {
        return Ok(None);
    };
    let expected = Expectations { issuer: &svc.settings.issuer, audience: api, leeway_seconds: 0 };
    let client_id = ClientId::new(client_id);
    if payload::check(&claims, &expected, cx.now.seconds()).is_err() || !speaks_for_itself(&claims, &client_id) {
        return Ok(None);
    }
    if store::clients::find(db, &client_id).await?.is_none() {
        return Ok(None);
    }
    let jkt = confirmed_key(&claims);
    let token = ActiveToken {
        client_id: client_id.to_string(),
        sub: text("sub").unwrap_or_default().to_owned(),
        scope: ScopeSet::parse(text("scope").unwrap_or_default()),
        aud: claims.get("aud").cloned(),
        iss: svc.settings.issuer.clone(),
        exp: claims.get("exp").and_then(Value::as_i64),
        iat: issued_at(&claims),
        token_type: Some(TokenType::bound_to(jkt)),
        cnf: jkt.map(|jkt| Confirmation { jkt: jkt.to_owned() }),
    };
    Ok(Some(Good { token, api: Some(api.to_owned()) }))
}

fn issued_at(claims: &Map<String, Value>) -> Option<i64> {
    claims.get("iat").and_then(Value::as_i64)
}
