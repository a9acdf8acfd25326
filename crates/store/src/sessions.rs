//! Browsers that are signed in.

use model::grant::Digest;
use model::session::Session;
use model::{ClientId, JsonObject, SessionId, Timestamp, UserId};

use crate::columns::{from_json, moment, to_json, words};
use crate::db::{Ask, args, statements, unless_orphan};
use crate::listing::{Filter, List};
use crate::{Page, Read, StoreError, WriteTx};

statements! {
    BY_COOKIE = "SELECT sid, user_id, authenticated_at, amr, created_at, last_seen_at, idle_expires_at, expires_at,
                 ended_at, metadata FROM sessions WHERE cookie_digest = $1";
    BY_SID = "SELECT sid, user_id, authenticated_at, amr, created_at, last_seen_at, idle_expires_at, expires_at,
              ended_at, metadata FROM sessions WHERE sid = $1";
    INSERT = "INSERT INTO sessions (sid, cookie_digest, user_id, authenticated_at, amr, created_at, last_seen_at,
              idle_expires_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    TOUCH = "UPDATE sessions SET last_seen_at = $2, idle_expires_at = $3 WHERE sid = $1 AND ended_at IS NULL";
    SET_METADATA = "UPDATE sessions SET metadata = $2 WHERE sid = $1 AND ended_at IS NULL";
    END = "UPDATE sessions SET ended_at = $2 WHERE sid = $1 AND ended_at IS NULL";
    LIVING = "SELECT sid, user_id, authenticated_at, amr, created_at, last_seen_at, idle_expires_at, expires_at,
              ended_at, metadata FROM sessions WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2 ORDER BY sid";
    END_OF_USER = "UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL";
    CLIENTS = "SELECT client_id FROM session_clients WHERE sid = $1 ORDER BY client_id";
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
    metadata: Option<String>,
}

impl SessionRow {
    fn into_session(self) -> Result<Session, StoreError> {
        let metadata = self.metadata.map(|text| from_json("sessions", &self.sid, &text)).transpose()?;
        Ok(Session {
            sid: SessionId::new(self.sid),
            user_id: UserId::new(self.user_id),
            authenticated_at: Timestamp::from_millis(self.authenticated_at),
            amr: words(&self.amr),
            created_at: Timestamp::from_millis(self.created_at),
            last_seen_at: Timestamp::from_millis(self.last_seen_at),
            idle_expires_at: Timestamp::from_millis(self.idle_expires_at),
            expires_at: Timestamp::from_millis(self.expires_at),
            ended_at: moment(self.ended_at),
            metadata: metadata.unwrap_or_default(),
        })
    }
}

/// The session whose cookie has this digest, ended or not.
pub async fn find_by_cookie(db: &mut impl Read, digest: &Digest) -> Result<Option<Session>, StoreError> {
    db.fetch_optional::<SessionRow>(BY_COOKIE, args![digest]).await?.map(SessionRow::into_session).transpose()
}

/// The session with this id, ended or not.
pub async fn find(db: &mut impl Read, sid: &SessionId) -> Result<Option<Session>, StoreError> {
    db.fetch_optional::<SessionRow>(BY_SID, args![sid]).await?.map(SessionRow::into_session).transpose()
}

/// Which sessions of a person count.
#[derive(Clone, Debug)]
pub struct LiveSessions {
    /// Whose.
    pub user_id: UserId,
    /// They end later than this.
    pub now: Timestamp,
    /// They began later than this.
    pub begun_after: Timestamp,
    /// They were used later than this.
    pub used_after: Timestamp,
}

impl LiveSessions {
    pub(crate) fn list(&self) -> List {
        let user = Filter::one_of("user_id", &[self.user_id.as_str().to_owned()]);
        let live = [
            Filter::after("idle_expires_at", self.now),
            Filter::after("expires_at", self.now),
            Filter::after("created_at", self.begun_after),
            Filter::after("last_seen_at", self.used_after),
        ];
        List {
            table: "(SELECT * FROM sessions WHERE ended_at IS NULL) AS living",
            columns: "sid, user_id, authenticated_at, amr, created_at, last_seen_at, idle_expires_at, expires_at, \
                      ended_at, metadata",
            order: ("created_at", "sid"),
            filters: user.into_iter().chain(live).collect(),
            ..List::default()
        }
    }
}

/// A page of the sessions that count, oldest first.
pub async fn list(db: &mut impl Read, wanted: &LiveSessions, page: &Page) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = wanted.list().rows(db, page).await?;
    rows.into_iter().map(SessionRow::into_session).collect()
}

/// The clients that received an answer in this session.
pub async fn clients(db: &mut impl Read, sid: &SessionId) -> Result<Vec<ClientId>, StoreError> {
    let rows: Vec<(String,)> = db.fetch_all(CLIENTS, args![sid]).await?;
    Ok(rows.into_iter().map(|(id,)| ClientId::new(id)).collect())
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

/// Replaces what an operator noted beside it. `false` means that it has ended, or never was.
pub async fn set_metadata(tx: &mut WriteTx, sid: &SessionId, metadata: &JsonObject) -> Result<bool, StoreError> {
    Ok(tx.execute(SET_METADATA, args![sid, to_json(metadata)]).await? == 1)
}

/// Notes that a client received an answer in this session. `false` means that one of the two is gone, and that nothing
/// of the write may be committed.
pub async fn add_client(tx: &mut WriteTx, sid: &SessionId, client_id: &ClientId) -> Result<bool, StoreError> {
    unless_orphan(tx.execute(ADD_CLIENT, args![sid, client_id]).await)
}

/// Ends a session. `false` means that it had ended, or never was.
pub async fn end(tx: &mut WriteTx, sid: &SessionId, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.execute(END, args![sid, now]).await? == 1)
}

/// Every session of a person that nobody has ended and whose time is not over.
pub async fn living(db: &mut impl Read, user_id: &UserId, now: Timestamp) -> Result<Vec<Session>, StoreError> {
    let rows: Vec<SessionRow> = db.fetch_all(LIVING, args![user_id, now]).await?;
    rows.into_iter().map(SessionRow::into_session).collect()
}

/// Ends every session of a person.
pub async fn end_of_user(tx: &mut WriteTx, user_id: &UserId, now: Timestamp) -> Result<u64, StoreError> {
    tx.execute(END_OF_USER, args![user_id, now]).await
}
