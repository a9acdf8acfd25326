//! A browser comes back from a provider.

use keys::{OpaqueToken, TokenKind, secrets_match};
use model::Timestamp;
use model::grant::Digest;
use model::provider::Provider;
use secrecy::SecretString;
use store::connections::StoredConnection;
use store::provider_sign_ins::ProviderSignIn;
use store::{Read, StoreError};
use upstream::sign_in::{Assertion, Returned};

use super::access::Access;
use super::departure::Secrets;
use super::leg::{Leg, Next};
use super::person::{Arrival, find_or_make};
use super::refused::FederatedRefused;
use crate::authorize::{Pending, PendingRefused, find_pending, matches_hints};
use crate::client_face::ClientFace;
use crate::login::{Overtaken, Proven, finish};
use crate::sessions::Browser;
use crate::{InternalError, RequestContext, Services};

/// What a browser brought back (OpenID Connect Core 3.1.2.5 and 3.1.2.6, RFC 9207).
#[derive(Clone, Copy, Debug, Default)]
pub struct Callback<'a> {
    /// What it left with.
    pub state: &'a str,
    /// The code.
    pub code: Option<&'a str>,
    /// Why there is no code.
    pub error: Option<&'a str>,
    /// Which provider answers.
    pub issuer: Option<&'a str>,
    /// What Apple posts beside the code.
    pub user: Option<&'a str>,
}

/// A sign-in whose browser is back. It is back once.
struct Back {
    sign_in: ProviderSignIn,
    secrets: Secrets,
    pending: Pending,
}

/// Takes a browser back, and signs in whom the provider names.
pub async fn come_back(
    svc: &Services,
    cx: &RequestContext,
    callback: &Callback<'_>,
    browser: Browser<'_>,
) -> Result<Next, PendingRefused> {
    let back = recognise(svc, cx, callback.state, browser).await?;
    let stored = back.pending.providers.iter().find(|stored| stored.connection.id == back.sign_in.connection_id);
    let leg = Leg {
        pending: &back.pending,
        state: &back.secrets.pending,
        connection: stored.map(|stored| &stored.connection),
        is_silent: back.sign_in.is_silent,
    };
    let Some(stored) = stored else {
        return Ok(leg.end(svc, cx, FederatedRefused::ConnectionClosed, "not_enabled").await?);
    };
    match (callback.error, callback.code) {
        (Some(error), _) => Ok(refused_there(svc, cx, &leg, error).await?),
        (None, None) => Ok(leg.end(svc, cx, FederatedRefused::Failed, "no_code").await?),
        (None, Some(code)) => {
            let exchange = Exchange { back: &back, leg: &leg, stored, callback, code };
            Ok(Box::pin(exchange.redeem(svc, cx, browser)).await?)
        }
    }
}

/// Finds what a browser left with, sees that it is the same browser, and takes it off the list: whoever comes second
/// is nobody.
async fn recognise(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    browser: Browser<'_>,
) -> Result<Back, PendingRefused> {
    let mut db = svc.store.read().await?;
    let Some((digest, sign_in)) = find_live(&mut db, cx, state).await? else {
        // Of whoever asked nothing is known any more; the tenant may have a place for people who are lost.
        let client = ClientFace::of_nobody(&store::settings::tenant(&mut db).await?);
        return Err(PendingRefused::Expired { client });
    };
    drop(db);
    let secrets = Secrets::open(svc, &digest, &sign_in)?;
    let pending = find_pending(svc, cx, &secrets.pending, browser.binding).await?;
    if !is_of(&sign_in, browser) {
        return Err(PendingRefused::OtherBrowser { client: pending.face() });
    }
    if !consume(svc, &digest).await? {
        return Err(PendingRefused::Expired { client: Some(pending.face()) });
    }
    Ok(Back { sign_in, secrets, pending })
}

async fn find_live(
    db: &mut impl Read,
    cx: &RequestContext,
    state: &str,
) -> Result<Option<(Digest, ProviderSignIn)>, StoreError> {
    let Some(token) = OpaqueToken::parse(state) else { return Ok(None) };
    let digest = token.digest(TokenKind::ProviderSignIn);
    let found = store::provider_sign_ins::find(db, &digest).await?;
    Ok(found.filter(|sign_in| cx.now < sign_in.expires_at).map(|sign_in| (digest, sign_in)))
}

fn is_of(sign_in: &ProviderSignIn, browser: Browser<'_>) -> bool {
    let presented = browser.binding.and_then(OpaqueToken::parse).map(|own| own.digest(TokenKind::Pending));
    presented.is_some_and(|presented| secrets_match(&sign_in.browser_digest, &presented))
}

async fn consume(svc: &Services, digest: &Digest) -> Result<bool, InternalError> {
    let mut tx = svc.store.write().await?;
    let was_first = store::provider_sign_ins::consume(&mut tx, digest).await?;
    tx.commit().await?;
    Ok(was_first)
}

/// The provider's own words are for nobody's eyes: they may hold anything. Its code may, where it is one.
async fn refused_there(svc: &Services, cx: &RequestContext, leg: &Leg<'_>, error: &str) -> Result<Next, InternalError> {
    let wants_a_page =
        matches!(error, "login_required" | "interaction_required" | "consent_required" | "account_selection_required");
    if leg.is_silent && wants_a_page {
        return Ok(leg.nobody(svc));
    }
    let is_a_code = error.len() <= 64 && error.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let code = if is_a_code { error } else { "(not a code)" };
    let why = match error {
        "access_denied" => FederatedRefused::Denied,
        "temporarily_unavailable" => FederatedRefused::Unavailable,
        "unauthorized_client" | "invalid_request" | "invalid_scope" | "unsupported_response_type" => {
            FederatedRefused::Misconfigured
        }
        _ => FederatedRefused::Failed,
    };
    Ok(leg.end(svc, cx, why, code).await?)
}

/// A code, and the way on which it came.
struct Exchange<'a> {
    back: &'a Back,
    leg: &'a Leg<'a>,
    stored: &'a StoredConnection,
    callback: &'a Callback<'a>,
    code: &'a str,
}

impl Exchange<'_> {
    async fn redeem(&self, svc: &Services, cx: &RequestContext, browser: Browser<'_>) -> Result<Next, InternalError> {
        let leg = self.leg;
        let Some(access) = Access::to(svc, cx, self.stored)? else {
            return Ok(leg.end(svc, cx, FederatedRefused::ConnectionClosed, "no_provider").await?);
        };
        let secrets = &self.back.secrets;
        let returned = Returned {
            code: self.code,
            issuer: self.callback.issuer,
            code_verifier: &SecretString::from(secrets.code_verifier.as_str()),
            nonce: &secrets.nonce,
            requested_at: self.back.sign_in.started_at,
            asked_anew: secrets.asked_anew,
            max_age: secrets.max_age,
            posted_user: self.callback.user,
        };
        match svc.upstreams.redeem(&access.registration(), &returned, cx.now).await {
            Ok(assertion) => self.admit(svc, cx, access.provider(), &assertion, browser).await,
            Err(problem) => Ok(leg.end(svc, cx, problem.into(), problem.as_str()).await?),
        }
    }

    /// Signs in whom the provider names, if they may come in and are who was expected.
    async fn admit(
        &self,
        svc: &Services,
        cx: &RequestContext,
        provider: &Provider,
        assertion: &Assertion,
        browser: Browser<'_>,
    ) -> Result<Next, InternalError> {
        let leg = self.leg;
        let arrival = Arrival { pending: leg.pending, stored: self.stored, provider, assertion };
        let user = match find_or_make(svc, cx, &arrival).await? {
            Ok(user) => user,
            Err(why) => return Ok(leg.end(svc, cx, why, why_not(why)).await?),
        };
        let is_blocked = user.is_blocked();
        let request = &leg.pending.request;
        if !is_blocked && leg.is_silent && !matches_hints(svc, request, &user).await? {
            return Ok(leg.nobody(svc));
        }
        let proven = Proven {
            user: user.clone(),
            amr: &[],
            pending: leg.pending,
            connection: Some(&self.stored.connection),
            assertion: Some(assertion),
            authenticated_at: authenticated_at(cx, assertion.authenticated_at),
            browser,
        };
        let outcome = if is_blocked { Err(Overtaken::Person) } else { finish(svc, cx, proven).await? };
        let why = match outcome {
            Ok(signed_in) => return Ok(Next::SignedIn(signed_in)),
            Err(Overtaken::Person) => FederatedRefused::Blocked,
            Err(Overtaken::Connection) => FederatedRefused::ConnectionClosed,
        };
        Ok(leg.end_for(svc, cx, why, why_not(why), Some(&user)).await?)
    }
}

fn why_not(why: FederatedRefused) -> &'static str {
    match why {
        FederatedRefused::TwoPeople => "id_of_somebody_else",
        FederatedRefused::ConnectionClosed => "not_enabled",
        FederatedRefused::Blocked => "blocked",
        _ => "deleted",
    }
}

/// As the provider says, so that what an application is told is true; a provider whose clock is ahead of ours changes
/// nothing.
fn authenticated_at(cx: &RequestContext, there: Option<Timestamp>) -> Timestamp {
    there.unwrap_or(cx.now).min(cx.now)
}
