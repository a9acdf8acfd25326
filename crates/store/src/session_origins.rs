//! At which provider a session began.

use model::{ConnectionId, SessionId};

use crate::db::{Ask, args, statements, unless_orphan};
use crate::{Read, StoreError, WriteTx};

statements! {
    FIND = "SELECT connection_id, subject, provider_sid, id_token_sealed FROM session_origins WHERE sid = $1";
    INSERT = "INSERT INTO session_origins (sid, connection_id, subject, provider_sid, id_token_sealed)
              VALUES ($1, $2, $3, $4, $5)";
    OF_SUBJECT = "SELECT sessions.sid, subject FROM session_origins
                  JOIN sessions ON sessions.sid = session_origins.sid
                  WHERE connection_id = $1 AND subject = $2 AND ended_at IS NULL ORDER BY sessions.sid";
    OF_PROVIDER_SID = "SELECT sessions.sid, subject FROM session_origins
                       JOIN sessions ON sessions.sid = session_origins.sid
                       WHERE connection_id = $1 AND provider_sid = $2 AND ended_at IS NULL ORDER BY sessions.sid";
}

/// What a session has to do with a provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOrigin {
    /// Whose provider.
    pub connection_id: ConnectionId,
    /// What the provider calls the person.
    pub subject: String,
    /// What the provider calls the login there, where it does.
    pub provider_sid: Option<String>,
    /// The ID token of that login, under the master key.
    pub id_token_sealed: Option<Vec<u8>>,
}

#[derive(sqlx::FromRow)]
struct OriginRow {
    connection_id: String,
    subject: String,
    provider_sid: Option<String>,
    id_token_sealed: Option<Vec<u8>>,
}

impl From<OriginRow> for SessionOrigin {
    fn from(row: OriginRow) -> Self {
        SessionOrigin {
            connection_id: ConnectionId::new(row.connection_id),
            subject: row.subject,
            provider_sid: row.provider_sid,
            id_token_sealed: row.id_token_sealed,
        }
    }
}

/// Where a session began; none for one that began here.
pub async fn find(db: &mut impl Read, sid: &SessionId) -> Result<Option<SessionOrigin>, StoreError> {
    Ok(db.fetch_optional::<OriginRow>(FIND, args![sid]).await?.map(SessionOrigin::from))
}

/// Notes where a new session began. `false` means that the connection is gone, and that nothing of the write may be
/// committed.
pub async fn insert(tx: &mut WriteTx, sid: &SessionId, origin: &SessionOrigin) -> Result<bool, StoreError> {
    let args = args![
        sid,
        &origin.connection_id,
        origin.subject.as_str(),
        origin.provider_sid.as_deref(),
        origin.id_token_sealed.clone(),
    ];
    unless_orphan(tx.execute(INSERT, args).await)
}

/// Which logins at a provider are meant.
#[derive(Clone, Copy, Debug)]
pub enum Logins<'a> {
    /// All of this subject.
    OfSubject(&'a str),
    /// The one with this name, which must be this subject's, where one is given.
    Named(&'a str, Option<&'a str>),
}

/// The sessions that began at these logins and have not been ended.
pub async fn sessions_of(
    db: &mut impl Read,
    connection_id: &ConnectionId,
    logins: Logins<'_>,
) -> Result<Vec<SessionId>, StoreError> {
    let (statement, name, expected) = match logins {
        Logins::OfSubject(subject) => (OF_SUBJECT, subject, None),
        Logins::Named(sid, subject) => (OF_PROVIDER_SID, sid, subject),
    };
    let rows: Vec<(String, String)> = db.fetch_all(statement, args![connection_id, name]).await?;
    let meant = rows.into_iter().filter(|(_, subject)| expected.is_none_or(|expected| expected == subject));
    Ok(meant.map(|(sid, _)| SessionId::new(sid)).collect())
}
