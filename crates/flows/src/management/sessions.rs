//! Browsers that are signed in, and what began in them.

use model::grant::RevokedReason;
use model::session::Session;
use model::{ClientId, SessionId, UserId};
use protocol::management_scope::ManagementScope;
use store::{Read, WriteTx};

use super::paging::Paging;
use super::users::check_exists;
use super::{Body, Caller, Listing, Query, Refused, Resource, noted};
use crate::events::EventBuilder;
use crate::sessions::{has_time_left, living};
use crate::{RequestContext, Services};

const LARGEST_TAKE: u32 = 100;

/// A session and who was told of it.
#[derive(Clone, Debug)]
pub struct ShownSession {
    /// The session.
    pub session: Session,
    /// The clients that received an answer in it.
    pub clients: Vec<ClientId>,
}

/// One session. One that is over is not there.
pub async fn get(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &SessionId,
) -> Result<ShownSession, Refused> {
    caller.require(ManagementScope::ReadSessions)?;
    let mut db = svc.store.read().await?;
    let session = find(&mut db, cx, id).await?;
    shown(&mut db, session).await
}

/// A page of a person's sessions, oldest first.
pub async fn of_user(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    user_id: &UserId,
    query: &Query,
) -> Result<Listing<ShownSession>, Refused> {
    caller.require(ManagementScope::ReadSessions)?;
    let paging = Paging::checkpoint(query, LARGEST_TAKE)?;
    let mut db = svc.store.read().await?;
    check_exists(&mut db, user_id).await?;
    let tenant = store::settings::tenant(&mut db).await?;
    let live = store::sessions::list(&mut db, &living(user_id, &tenant, cx.now), &paging.page()).await?;
    let Listing { items, shape } =
        paging.listing(live, 0, |session| (session.created_at, session.sid.as_str().to_owned()));
    let mut sessions = Vec::with_capacity(items.len());
    for session in items {
        sessions.push(shown(&mut db, session).await?);
    }
    Ok(Listing { items: sessions, shape })
}

/// Replaces what is noted beside a session; `null` empties it.
pub async fn update(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &SessionId,
    body: &Body,
) -> Result<ShownSession, Refused> {
    caller.require(ManagementScope::UpdateSessions)?;
    let metadata = noted::read(body, "session_metadata")?;
    let mut tx = svc.store.write().await?;
    let mut session = find(&mut tx, cx, id).await?;
    let Some(metadata) = metadata else { return shown(&mut tx, session).await };
    if !store::sessions::set_metadata(&mut tx, id, &metadata).await? {
        return Err(Refused::NotFound(Resource::Session));
    }
    session.metadata = metadata;
    let shown = shown(&mut tx, session).await?;
    let written = caller.event(svc, cx, "update_session", id.as_str());
    finish(tx, written.user_id(&shown.session.user_id)).await?;
    Ok(shown)
}

async fn find(db: &mut impl Read, cx: &RequestContext, id: &SessionId) -> Result<Session, Refused> {
    let tenant = store::settings::tenant(db).await?;
    let found = store::sessions::find(db, id).await?;
    let live = found.filter(|session| session.is_live_at(cx.now) && has_time_left(session, &tenant, cx.now));
    live.ok_or(Refused::NotFound(Resource::Session))
}

/// Ends a session and what lives by it alone; refresh tokens outlive it. One that is over already is fine.
pub async fn delete(svc: &Services, cx: &RequestContext, caller: &Caller, id: &SessionId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteSessions)?;
    end_one(svc, cx, id, Kept::RefreshTokens, caller.event(svc, cx, "delete_session", id.as_str())).await
}

/// Ends a session and everything that began in it. One that is over already is fine.
pub async fn revoke(svc: &Services, cx: &RequestContext, caller: &Caller, id: &SessionId) -> Result<(), Refused> {
    require_both(caller)?;
    end_one(svc, cx, id, Kept::Nothing, caller.event(svc, cx, "revoke_session", id.as_str())).await
}

/// Ends every session of a person and what lives by them alone.
pub async fn delete_of_user(svc: &Services, cx: &RequestContext, caller: &Caller, id: &UserId) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteSessions)?;
    end_all(svc, cx, id, Kept::RefreshTokens, caller.event(svc, cx, "delete_user_sessions", id.as_str())).await
}

/// Ends every session of a person, or the one that is named, with the refresh tokens unless these are to be preserved.
pub async fn revoke_access(
    svc: &Services,
    cx: &RequestContext,
    caller: &Caller,
    id: &UserId,
    body: &Body,
) -> Result<(), Refused> {
    require_both(caller)?;
    let mut fields = body.object()?;
    let session: Option<String> = fields.take("session_id")?;
    let preserve: Option<bool> = fields.take("preserve_refresh_tokens")?;
    fields.finish()?;
    let kept = if preserve == Some(true) { Kept::RefreshTokens } else { Kept::Nothing };
    let written = caller.event(svc, cx, "revoke_user_access", id.as_str());
    let Some(session) = session.map(SessionId::new) else { return end_all(svc, cx, id, kept, written).await };
    let found = store::sessions::find(&mut svc.store.read().await?, &session).await?;
    found.filter(|found| found.user_id == *id).ok_or(Refused::NotFound(Resource::Session))?;
    end_one(svc, cx, &session, kept, written.detail("session_id", session.as_str())).await
}

/// What goes on when a session ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kept {
    /// `offline_access` was granted to outlive it (OpenID Connect Core 11).
    RefreshTokens,
    /// Nobody is to come back without signing in.
    Nothing,
}

fn require_both(caller: &Caller) -> Result<(), Refused> {
    caller.require(ManagementScope::DeleteSessions)?;
    caller.require(ManagementScope::DeleteRefreshTokens)
}

async fn end_one(
    svc: &Services,
    cx: &RequestContext,
    id: &SessionId,
    kept: Kept,
    written: EventBuilder,
) -> Result<(), Refused> {
    let mut tx = svc.store.write().await?;
    let session = store::sessions::find(&mut tx, id).await?;
    if let Some(session) = &session {
        crate::sessions::end(svc, cx, &mut tx, session).await?;
    }
    let revoked = match kept {
        Kept::RefreshTokens => {
            store::families::revoke_of_session(&mut tx, id, RevokedReason::Administrator, cx.now).await?
        }
        Kept::Nothing => {
            store::families::revoke_all_of_session(&mut tx, id, RevokedReason::Administrator, cx.now).await?
        }
    };
    // Refresh tokens may outlive the row of the session in which they began.
    match session {
        Some(session) => finish(tx, written.user_id(&session.user_id)).await,
        None if revoked > 0 => finish(tx, written).await,
        None => Ok(()),
    }
}

async fn end_all(
    svc: &Services,
    cx: &RequestContext,
    id: &UserId,
    kept: Kept,
    written: EventBuilder,
) -> Result<(), Refused> {
    let mut tx = svc.store.write().await?;
    check_exists(&mut tx, id).await?;
    crate::sessions::end_of_user(svc, cx, &mut tx, id).await?;
    match kept {
        Kept::RefreshTokens => {
            store::families::revoke_of_sessions(&mut tx, id, RevokedReason::Administrator, cx.now).await?
        }
        Kept::Nothing => store::families::revoke_of_user(&mut tx, id, RevokedReason::Administrator, cx.now).await?,
    };
    finish(tx, written.user_id(id)).await
}

async fn finish(mut tx: WriteTx, written: EventBuilder) -> Result<(), Refused> {
    written.record(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn shown(db: &mut impl Read, session: Session) -> Result<ShownSession, Refused> {
    let clients = store::sessions::clients(db, &session.sid).await?;
    Ok(ShownSession { session, clients })
}
