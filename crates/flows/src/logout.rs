//! Signing out (OpenID Connect RP-Initiated Logout 1.0, and Auth0's `/v2/logout`).

mod notice;
mod provider;

use model::client::Client;
use model::event::EventType;
use model::grant::RevokedReason;
use model::{ClientId, SessionId};
use protocol::logout::allowed;
use protocol::payload::{Expectations, PayloadRefused, check};
use protocol::subdomain_wildcards::is_pattern;
use serde_json::{Map, Value};
use store::StoreError;

use crate::client_face::ClientFace;
use crate::events::event;
use crate::sessions::{self, Browser, LiveSession};
use crate::signing_keys::{self, OwnTokenRefused};
use crate::{InternalError, RequestContext, Services};

pub use notice::{NoticeRefused, hear};
pub use provider::come_back;
pub(crate) use provider::origin_of;

/// What a logout request says.
#[derive(Clone, Debug, Default)]
pub struct LogoutRequest {
    /// Who asks.
    pub client_id: Option<String>,
    /// Where to go afterwards: `returnTo`, or `post_logout_redirect_uri`.
    pub return_to: Option<String>,
    /// An ID token of the session to end.
    pub id_token_hint: Option<String>,
    /// The `sid` of the session to end.
    pub logout_hint: Option<String>,
    /// To be returned untouched.
    pub state: Option<String>,
    /// The session at the provider, where this one began, is to end as well.
    pub is_federated: bool,
    /// The person has confirmed on our page.
    pub is_confirmed: bool,
}

/// What the browser is to do.
#[derive(Debug, PartialEq, Eq)]
pub enum LoggedOut {
    /// Go there; the session is over.
    Return(String),
    /// Go there, which is at a provider, to sign out as well; the session here is over.
    Detour(String),
    /// Stay; the session is over.
    Stay {
        /// The application that asked, if known.
        client: Option<ClientFace>,
    },
    /// Ask the person whether they want to sign out.
    Confirm {
        /// The application that asks, if known.
        client_name: Option<String>,
        /// Who is signed in.
        user: Option<String>,
    },
}

/// Why a logout goes no further. The session is over all the same, where the refusal says so.
#[derive(Debug, thiserror::Error)]
pub enum LogoutRefused {
    /// The return address is not one of the client's or the tenant's. The session has ended.
    #[error("the return address is not among the allowed logout URLs")]
    ReturnNotAllowed {
        /// The application that asked, if known.
        client: Option<ClientFace>,
    },
    /// The hint is not one of our ID tokens, or disagrees with the request. Nothing has ended.
    #[error("the id_token_hint is not one of ours, or is for another client or session")]
    InvalidHint,
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for LogoutRefused {
    fn from(error: StoreError) -> Self {
        LogoutRefused::Internal(error.into())
    }
}

/// Auth0's logout: ends the browser's session whoever asks, then returns where that is allowed. Without a return
/// address and with a client, the client's first logout URL is meant.
pub async fn v2(
    svc: &Services,
    cx: &RequestContext,
    request: &LogoutRequest,
    browser: Browser<'_>,
) -> Result<LoggedOut, LogoutRefused> {
    let client = find_client(svc, request.client_id.as_deref()).await?;
    let live = sessions::find_live(&mut svc.store.read().await?, browser.session, cx.now).await?;
    end_session(svc, cx, live.as_ref(), client.as_ref()).await?;
    let first = client.as_ref().and_then(|client| client.allowed_logout_urls.first()).filter(|url| !is_pattern(url));
    let outcome = match request.return_to.as_ref().or(first) {
        Some(url) => return_to(svc, client.as_ref(), url, request.state.as_deref()).await?,
        None => LoggedOut::Stay { client: client.as_ref().map(ClientFace::signed_out) },
    };
    onward(svc, cx, request, live, outcome).await
}

/// The standard's logout: a hint proves that the client speaks for the session; without one the person is asked.
pub async fn oidc(
    svc: &Services,
    cx: &RequestContext,
    request: &LogoutRequest,
    browser: Browser<'_>,
) -> Result<LoggedOut, LogoutRefused> {
    let hint = match &request.id_token_hint {
        Some(hint) => Some(read_hint(svc, cx, hint, request).await?),
        None => None,
    };
    let client_id = request.client_id.as_deref().or(hint.as_ref().map(|hint| hint.client_id.as_str()));
    let client = find_client(svc, client_id).await?;
    let hinted = hint.as_ref().and_then(|hint| hint.sid.as_deref());
    let live = find_session(svc, cx, browser, hinted).await?;
    let named = hinted.or(request.logout_hint.as_deref());
    if let Some(live) = &live
        && !request.is_confirmed
        && named != Some(live.session.sid.as_str())
    {
        let user = live.user.profile.email.clone().or_else(|| live.user.profile.name.clone());
        return Ok(LoggedOut::Confirm { client_name: client.map(|client| client.name), user });
    }
    end_session(svc, cx, live.as_ref(), client.as_ref()).await?;
    let outcome = match &request.return_to {
        Some(url) => return_to(svc, client.as_ref(), url, request.state.as_deref()).await?,
        None => LoggedOut::Stay { client: client.as_ref().map(ClientFace::signed_out) },
    };
    onward(svc, cx, request, live, outcome).await
}

/// By way of the provider, where that was asked for and the session began at one.
async fn onward(
    svc: &Services,
    cx: &RequestContext,
    request: &LogoutRequest,
    live: Option<LiveSession>,
    outcome: LoggedOut,
) -> Result<LoggedOut, LogoutRefused> {
    let Some(LiveSession { session, .. }) = live.filter(|_| request.is_federated) else { return Ok(outcome) };
    Ok(provider::detour(svc, cx, &session.sid, outcome).await?)
}

/// What a hint tells.
struct Hint {
    client_id: String,
    sid: Option<String>,
}

/// The hint must be an ID token of ours; it may have expired (RP-Initiated Logout 2).
async fn read_hint(
    svc: &Services,
    cx: &RequestContext,
    hint: &str,
    request: &LogoutRequest,
) -> Result<Hint, LogoutRefused> {
    let claims = signing_keys::verify(svc, hint, &["JWT"]).await.map_err(|refused| match refused {
        OwnTokenRefused::Untrusted(_) => LogoutRefused::InvalidHint,
        OwnTokenRefused::Internal(error) => LogoutRefused::Internal(error),
    })?;
    let audience = text(&claims, "aud").ok_or(LogoutRefused::InvalidHint)?;
    let expected = Expectations { issuer: &svc.settings.issuer, audience: &audience, leeway_seconds: 60 };
    match check(&claims, &expected, cx.now.seconds()) {
        Ok(()) | Err(PayloadRefused::Expired) => {}
        Err(_) => return Err(LogoutRefused::InvalidHint),
    }
    let sid = text(&claims, "sid");
    // An access token for a single API has a text audience too, but no session.
    let is_id_token = sid.is_some() || claims.contains_key("auth_time");
    let agrees = request.client_id.as_ref().is_none_or(|client_id| *client_id == audience)
        && request.logout_hint.as_ref().is_none_or(|named| Some(named) == sid.as_ref());
    if is_id_token && agrees { Ok(Hint { client_id: audience, sid }) } else { Err(LogoutRefused::InvalidHint) }
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    claims.get(name).and_then(Value::as_str).map(str::to_owned)
}

async fn find_client(svc: &Services, id: Option<&str>) -> Result<Option<Client>, StoreError> {
    let Some(id) = id else { return Ok(None) };
    let found = store::clients::find(&mut svc.store.read().await?, &ClientId::new(id)).await?;
    Ok(found.map(|stored| stored.client))
}

/// The browser's session; or, where the browser brings no cookie, as with a form that another site posts, the one
/// that a hint of ours names. Whoever holds the ID token of a session may end it.
async fn find_session(
    svc: &Services,
    cx: &RequestContext,
    browser: Browser<'_>,
    hinted: Option<&str>,
) -> Result<Option<LiveSession>, StoreError> {
    let mut db = svc.store.read().await?;
    if let Some(live) = sessions::find_live(&mut db, browser.session, cx.now).await? {
        return Ok(Some(live));
    }
    let Some(sid) = hinted else { return Ok(None) };
    let session = store::sessions::find(&mut db, &SessionId::new(sid)).await?;
    let Some(session) = session.filter(|session| session.is_live_at(cx.now)) else { return Ok(None) };
    let user = store::users::find(&mut db, &session.user_id).await?;
    Ok(user.map(|user| LiveSession { session, user }))
}

async fn end_session(
    svc: &Services,
    cx: &RequestContext,
    live: Option<&LiveSession>,
    client: Option<&Client>,
) -> Result<(), InternalError> {
    let Some(LiveSession { session, user }) = live else { return Ok(()) };
    let sid: &SessionId = &session.sid;
    let mut tx = svc.store.write().await?;
    sessions::end(svc, cx, &mut tx, session).await?;
    store::families::revoke_of_session(&mut tx, sid, RevokedReason::Logout, cx.now).await?;
    let mut logout = event(svc, cx, EventType::LogoutSucceeded).user(user);
    if let Some(client) = client {
        logout = logout.client(client);
    }
    logout.record(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// A client's own logout URLs count when it is named; otherwise only the tenant's do.
async fn return_to(
    svc: &Services,
    client: Option<&Client>,
    url: &str,
    state: Option<&str>,
) -> Result<LoggedOut, LogoutRefused> {
    let tenant = store::settings::tenant(&mut svc.store.read().await?).await?;
    let own = client.map(|client| client.allowed_logout_urls.as_slice()).unwrap_or_default();
    if !allowed(url, own.iter().chain(&tenant.allowed_logout_urls), svc.settings.subdomain_wildcards) {
        return Err(LogoutRefused::ReturnNotAllowed { client: client.map(ClientFace::signed_out) });
    }
    Ok(LoggedOut::Return(state.map_or_else(|| url.to_owned(), |state| protocol::logout::append_state(url, state))))
}
