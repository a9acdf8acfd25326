//! Browsers that are signed in.

use std::time::Duration;

use keys::{OpaqueToken, TokenKind};
use model::session::Session;
use model::settings::TenantSettings;
use model::user::User;
use model::{JsonObject, SessionId, Timestamp, UserId};
use store::sessions::LiveSessions;
use store::{Read, StoreError, WriteTx};

use crate::{InternalError, RequestContext, Services, backchannel_logout};

/// The secrets a browser presents.
#[derive(Clone, Copy, Debug, Default)]
pub struct Browser<'a> {
    /// Its session cookie.
    pub session: Option<&'a str>,
    /// The cookie that binds authorization requests to it.
    pub binding: Option<&'a str>,
}

/// A session that counts, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct LiveSession {
    pub(crate) session: Session,
    pub(crate) user: User,
}

/// The browser's session, if it is live and its user may use it. A garbled cookie is none.
pub(crate) async fn find_live(
    db: &mut impl Read,
    cookie: Option<&str>,
    now: Timestamp,
) -> Result<Option<LiveSession>, StoreError> {
    let Some(token) = cookie.and_then(OpaqueToken::parse) else { return Ok(None) };
    let session = store::sessions::find_by_cookie(db, &token.digest(TokenKind::Session)).await?;
    let Some(session) = session.filter(|session| session.is_live_at(now)) else { return Ok(None) };
    if !has_time_left(&session, &store::settings::tenant(db).await?, now) {
        return Ok(None);
    }
    let user = store::users::find(db, &session.user_id).await?;
    Ok(user.filter(|user| !user.is_blocked()).map(|user| LiveSession { session, user }))
}

/// Whether we gave the browser this cookie, be its session over by now.
pub(crate) async fn is_known(db: &mut impl Read, cookie: Option<&str>) -> Result<bool, StoreError> {
    let Some(token) = cookie.and_then(OpaqueToken::parse) else { return Ok(false) };
    Ok(store::sessions::find_by_cookie(db, &token.digest(TokenKind::Session)).await?.is_some())
}

/// Whether a session may go on under today's settings: a lifetime that was shortened holds for browsers that are
/// signed in already.
pub(crate) fn has_time_left(session: &Session, tenant: &TenantSettings, now: Timestamp) -> bool {
    let absolute_end = session.created_at.plus(hours(tenant.session_lifetime));
    let idle_end = session.last_seen_at.plus(hours(tenant.idle_session_lifetime));
    now < absolute_end && now < idle_end
}

/// Which sessions of a person count at `now`, under today's settings.
pub(crate) fn living(user_id: &UserId, tenant: &TenantSettings, now: Timestamp) -> LiveSessions {
    LiveSessions {
        user_id: user_id.clone(),
        now,
        begun_after: now.minus(hours(tenant.session_lifetime)),
        used_after: now.minus(hours(tenant.idle_session_lifetime)),
    }
}

/// A new session, ready to be stored, with the secret for its cookie.
pub(crate) struct NewSession {
    pub(crate) session: Session,
    pub(crate) cookie: OpaqueToken,
}

/// Makes a session for somebody who has just proven who they are.
pub(crate) fn begin(
    svc: &Services,
    cx: &RequestContext,
    user_id: &UserId,
    amr: &[&str],
    tenant: &TenantSettings,
) -> NewSession {
    let session = Session {
        sid: SessionId::from_random(svc.random()),
        user_id: user_id.clone(),
        authenticated_at: cx.now,
        amr: amr.iter().map(|&method| method.to_owned()).collect(),
        created_at: cx.now,
        last_seen_at: cx.now,
        idle_expires_at: cx.now.plus(hours(tenant.idle_session_lifetime)),
        expires_at: cx.now.plus(hours(tenant.session_lifetime)),
        ended_at: None,
        metadata: JsonObject::new(),
    };
    NewSession { session, cookie: OpaqueToken::from_random(svc.random()) }
}

impl NewSession {
    /// Stores it in place of the one the browser had before, which ends: nobody keeps an id from before the login.
    /// Applications are told only where another person came in, since the same one is still there.
    pub(crate) async fn replace(
        &self,
        svc: &Services,
        cx: &RequestContext,
        tx: &mut WriteTx,
        before: Option<&Session>,
    ) -> Result<(), InternalError> {
        match before {
            Some(before) if before.user_id != self.session.user_id => end(svc, cx, tx, before).await?,
            Some(before) => {
                store::sessions::end(tx, &before.sid, cx.now).await?;
            }
            None => {}
        }
        Ok(store::sessions::insert(tx, &self.session, &self.cookie.digest(TokenKind::Session)).await?)
    }
}

/// Ends a session with this write, and has the applications in it told.
pub(crate) async fn end(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    session: &Session,
) -> Result<(), InternalError> {
    if store::sessions::end(tx, &session.sid, cx.now).await? {
        backchannel_logout::enqueue(svc, cx, tx, session).await?;
    }
    Ok(())
}

/// The same for every session of a person.
pub(crate) async fn end_of_user(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user_id: &UserId,
) -> Result<(), InternalError> {
    for session in store::sessions::living(tx, user_id, cx.now).await? {
        end(svc, cx, tx, &session).await?;
    }
    store::sessions::end_of_user(tx, user_id, cx.now).await?;
    Ok(())
}

/// Notes a use, which moves the idle end, in the write of what the session is used for. `false` means that the session
/// has ended meanwhile, and nothing of that write may be committed.
pub(crate) async fn touch(
    tx: &mut WriteTx,
    session: &Session,
    tenant: &TenantSettings,
    now: Timestamp,
) -> Result<bool, StoreError> {
    store::sessions::touch(tx, &session.sid, now, now.plus(hours(tenant.idle_session_lifetime))).await
}

fn hours(hours: f64) -> Duration {
    Duration::try_from_secs_f64(hours * 3600.0).unwrap_or(Duration::ZERO)
}
