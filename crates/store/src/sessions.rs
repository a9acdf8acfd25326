//! Browsers that are signed in.

use model::grant::Digest;
use model::session::Session;
use model::{ClientId, SessionId, Timestamp, UserId};

use crate::columns::{moment, words};
use crate::db::{Ask, args, statements};
use crate::{Read, StoreError, WriteTx};

statements! {
    BY_COOKIE = "SELECT sid, user_id, authenticated_at, amr, created_at, last_seen_at, idle_expires_at, expires_at,
                 ended_at FROM sessions WHERE cookie_digest = $1";
    BY_SID = "SELECT sid, user_id, authenticated_at, amr, created_at, last_seen_at, idle_expires_at, expires_at,
              ended_at FROM sessions WHERE sid = $1";
    INSERT = "INSERT INTO sessions (sid, cookie_digest, user_id, authenticated_at, amr, created_at, last_seen_at,
              idle_expires_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    TOUCH = "UPDATE sessions SET last_seen_at = $2, idle_expires_at = $3 WHERE sid = $1 AND ended_at IS NULL";
    END = "UPDATE sessions SET ended_at = $2 WHERE sid = $1 AND ended_at IS NULL";
    END_OF_USER = "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL";
    ADD_CLIENT = "INSERT INTO session_clients (sid, client_id) VALUES ($1, $2) ON CONFLICT DO NOTHING";
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    sid: String,
    user_id: String,
    authenticated_at: i64,
    amr: String,
    created_at: i64,
    last_seen_at: i64,
    idle_expires_at: i64,
    expires_at: i64,
    ended_at: Option<i64>,
}

impl From<SessionRow> for Session {
    fn from(row: SessionRow) -> Self {
        Session {
            sid: SessionId::new(row.sid),
            user_id: UserId::new(row.user_id),
            authenticated_at: Timestamp::from_millis(row.authenticated_at),
            amr: words(&row.amr),
            created_at: Timestamp::from_millis(row.created_at),
            last_seen_at: Timestamp::from_millis(row.last_seen_at),
            idle_expires_at: Timestamp::from_millis(row.idle_expires_at),
            expires_at: Timestamp::from_millis(row.expires_at),
            ended_at: moment(row.ended_at),
        }
    }
}

/// The session whose cookie has this digest, ended or not.
pub async fn find_by_cookie(db: &mut impl Read, digest: &Digest) -> Result<Option<Session>, StoreError> {
    Ok(db.fetch_optional::<SessionRow>(BY_COOKIE, args![digest]).await?.map(Session::from))
}

/// The session with this id, ended or not.
pub async fn find(db: &mut impl Read, sid: &SessionId) -> Result<Option<Session>, StoreError> {
    Ok(db.fetch_optional::<SessionRow>(BY_SID, args![sid]).await?.map(Session::from))
}

/// Stores a new session.
pub async fn insert(tx: &mut WriteTx, session: &Session, cookie: &Digest) -> Result<(), StoreError> {
    let args = args![
        &session.sid,
        cookie,
        &session.user_id,
        session.authenticated_at,
        session.amr.join(" "),
        session.created_at,
        session.last_seen_at,
        session.idle_expires_at,
        session.expires_at,
    ];
    tx.execute(INSERT, args).await.map(|_| ())
}

/// Notes a use, which moves the idle end. `false` means that the session has ended meanwhile.
pub async fn touch(
    tx: &mut WriteTx,
    sid: &SessionId,
    now: Timestamp,
    idle_expires_at: Timestamp,
) -> Result<bool, StoreError> {
    Ok(tx.execute(TOUCH, args![sid, now, idle_expires_at]).await? == 1)
}

/// Notes that a client received an answer in this session.
pub async fn add_client(tx: &mut WriteTx, sid: &SessionId, client_id: &ClientId) -> Result<(), StoreError> {
    tx.execute(ADD_CLIENT, args![sid, client_id]).await.map(|_| ())
}

/// Ends a session. `false` means that it had ended, or never was.
pub async fn end(tx: &mut WriteTx, sid: &SessionId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(END, args![sid, now]).await? == 1)
}

/// Ends every session of a person.
pub async fn end_of_user(tx: &mut WriteTx, user_id: &UserId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(END_OF_USER, args![user_id, now]).await
}
