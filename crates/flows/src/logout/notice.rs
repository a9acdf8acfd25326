//! Being told by a provider that somebody signed out there (OpenID Connect Back-Channel Logout 1.0).

use model::connection::Connection;
use model::event::EventType;
use model::grant::RevokedReason;
use model::{ConnectionId, SessionId};
use secrecy::SecretString;
use store::session_origins::{Logins, sessions_of};
use store::{StoreError, WriteTx};
use upstream::LogoutNotice;
use upstream::sign_in::SignInProblem;

use crate::events::event;
use crate::login::federated::Access;
use crate::{InternalError, RequestContext, Services, sessions};

const USED_PURPOSE: &str = "used logout token";

/// Why a notice ends nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoticeRefused {
    /// No provider of ours has a connection of that name.
    #[error("there is no such connection")]
    UnknownConnection,
    /// It is not believed. The text says why.
    #[error("the logout token is refused: {0}")]
    NotBelieved(&'static str),
    /// It could not be judged: the provider's keys cannot be had.
    #[error("the logout token cannot be judged at the moment")]
    CannotJudge,
    /// It was heard before.
    #[error("the logout token was used before")]
    Replayed,
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for NoticeRefused {
    fn from(error: StoreError) -> Self {
        NoticeRefused::Internal(error.into())
    }
}

/// Ends the sessions that began at the logins of which a logout token speaks.
pub async fn hear(
    svc: &Services,
    cx: &RequestContext,
    connection: &str,
    token: &SecretString,
) -> Result<(), NoticeRefused> {
    let found = store::connections::find_by_name(&mut svc.store.read().await?, connection).await?;
    let stored = found.ok_or(NoticeRefused::UnknownConnection)?;
    let access = Access::to(svc, cx, &stored)?.ok_or(NoticeRefused::UnknownConnection)?;
    let notice = svc.upstreams.verify_logout_token(&access.registration(), token, cx.now).await.map_err(refused)?;
    let connection = &stored.connection;
    let digest = svc.sealer.keyed_digest(USED_PURPOSE, format!("{}\n{}", connection.id, notice.jti).as_bytes());
    let mut tx = svc.store.write().await?;
    if !store::used_tokens::use_up(&mut tx, &digest, notice.expires_at).await? {
        return Err(NoticeRefused::Replayed);
    }
    for sid in meant(&mut tx, &connection.id, &notice).await? {
        end(svc, cx, &mut tx, connection, &sid).await?;
    }
    Ok(tx.commit().await?)
}

fn refused(problem: SignInProblem) -> NoticeRefused {
    match problem {
        SignInProblem::NotBelieved(why) => NoticeRefused::NotBelieved(why.as_str()),
        SignInProblem::Unavailable(_) | SignInProblem::Throttled { .. } | SignInProblem::CodeRefused => {
            NoticeRefused::CannotJudge
        }
    }
}

async fn meant(
    tx: &mut WriteTx,
    connection_id: &ConnectionId,
    notice: &LogoutNotice,
) -> Result<Vec<SessionId>, StoreError> {
    let logins = match (&notice.sid, &notice.subject) {
        (Some(sid), subject) => Logins::Named(sid, subject.as_deref()),
        (None, Some(subject)) => Logins::OfSubject(subject),
        (None, None) => return Ok(Vec::new()),
    };
    sessions_of(tx, connection_id, logins).await
}

async fn end(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    connection: &Connection,
    sid: &SessionId,
) -> Result<(), InternalError> {
    let Some(session) = store::sessions::find(tx, sid).await? else { return Ok(()) };
    sessions::end(svc, cx, tx, &session).await?;
    store::families::revoke_of_session(tx, sid, RevokedReason::Logout, cx.now).await?;
    let logout = event(svc, cx, EventType::LogoutSucceeded).user_id(&session.user_id).connection(connection);
    Ok(logout.describe("The provider says that the person signed out there.").record(tx).await?)
}
