//! Whether a password is right, whoever holds it. Shared by the login page and the password grants.

use std::net::IpAddr;

use credentials::password::{Limits, Prepared};
use model::address::FoldedEmail;
use model::client::Client;
use model::event::EventType;
use model::user::{PasswordCredential, StoredPassword, User};
use secrecy::{ExposeSecret, SecretString};
use store::connections::StoredConnection;

use super::LoginRefused;
use super::attempts::{self, Account};
use crate::error::OrInternal;
use crate::events::{EventBuilder, event};
use crate::migration::moving::{self, Moved};
use crate::{InternalError, RequestContext, Services};

/// Who tries to come in, and where.
pub(crate) struct Attempt<'a> {
    pub(crate) connection: &'a StoredConnection,
    pub(crate) client: &'a Client,
    /// As it was typed.
    pub(crate) username: &'a str,
    /// Where the person is.
    pub(crate) peer: Option<IpAddr>,
}

impl Attempt<'_> {
    pub(crate) fn folded(&self) -> FoldedEmail {
        FoldedEmail::of(self.username)
    }

    fn address(&self) -> String {
        self.peer.map_or_else(|| "unknown".to_owned(), |peer| peer.to_string())
    }

    /// An event about this attempt.
    pub(crate) fn event(&self, svc: &Services, cx: &RequestContext, kind: EventType) -> EventBuilder {
        event(svc, cx, kind).client(self.client).connection(&self.connection.connection).typed_name(self.username)
    }
}

/// Somebody whose password was right.
pub(crate) struct Checked {
    pub(crate) user: User,
}

/// What a password turned out to be.
pub(crate) enum Verdict {
    Right(Box<User>),
    Wrong,
    Refused(LoginRefused),
}

/// Checks a password, counts it if it is wrong, and says what happened in one event. No write is open while anybody
/// hashes or asks the source.
pub(crate) async fn check(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &SecretString,
) -> Result<Result<Checked, LoginRefused>, InternalError> {
    let connection = &attempt.connection.connection;
    let folded = attempt.folded();
    let mut db = svc.store.read().await?;
    let user = store::users::find_by_login(&mut db, &connection.id, &folded).await?;
    let account = user.as_ref().map_or_else(|| Account::nobody(&connection.id, &folded), Account::of);
    let address = attempt.address();
    if connection.brute_force_protection && attempts::is_closed(svc, cx, &mut db, &account, &address).await? {
        return Ok(Err(LoginRefused::TooManyAttempts));
    }
    let stored = match &user {
        Some(user) => store::passwords::find(&mut db, &user.user_id).await?,
        None => None,
    };
    drop(db);
    let known = user.is_some();
    match Box::pin(judge(svc, cx, attempt, password, user, stored)).await? {
        Verdict::Right(user) if user.is_blocked() => {
            attempt
                .event(svc, cx, EventType::LoginFailed)
                .user(&user)
                .describe("user is blocked")
                .record_alone(svc)
                .await?;
            Ok(Err(LoginRefused::Blocked))
        }
        Verdict::Right(user) => Ok(Ok(Checked { user: *user })),
        Verdict::Wrong => {
            count_wrong(svc, cx, attempt, &account, &address, known).await?;
            Ok(Err(LoginRefused::WrongPassword))
        }
        Verdict::Refused(why) => Ok(Err(why)),
    }
}

async fn count_wrong(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    account: &Account,
    address: &str,
    known: bool,
) -> Result<(), InternalError> {
    let kind = if known { EventType::WrongPassword } else { EventType::UnknownUser };
    let mut tx = svc.store.write().await?;
    attempts::count(svc, cx, &mut tx, account, address, attempt.username).await?;
    attempt.event(svc, cx, kind).describe("Wrong email or password.").record(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

async fn judge(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &SecretString,
    user: Option<User>,
    stored: Option<StoredPassword>,
) -> Result<Verdict, InternalError> {
    // Longer than any password that was ever set or sent to a source.
    let Ok(prepared) = Prepared::new(password.expose_secret()) else { return Ok(Verdict::Wrong) };
    match (user, stored) {
        (Some(user), Some(stored)) => match &stored.credential {
            PasswordCredential::Source { source } if moving::may_ask(attempt.connection, Some(source)) => {
                Box::pin(moving::move_known(svc, cx, attempt, &prepared, user, &stored)).await
            }
            PasswordCredential::Source { .. } => {
                moving::record_unavailable(svc, cx, attempt, "disabled").await?;
                Ok(Verdict::Refused(LoginRefused::SourceUnavailable))
            }
            _ => verify_held(svc, cx, attempt, &prepared, user, stored).await,
        },
        (None, _) if moving::may_look_up(attempt.connection) => {
            Box::pin(moving::move_unknown(svc, cx, attempt, &prepared)).await
        }
        _ => {
            // Somebody without a password, or nobody: the answer takes as long as for everybody else.
            svc.hashing.run(move |hasher| hasher.dummy_verify(&prepared)).await?;
            Ok(Verdict::Wrong)
        }
    }
}

/// Verifies against a hash we hold.
pub(crate) async fn verify_held(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    password: &Prepared,
    user: User,
    stored: StoredPassword,
) -> Result<Verdict, InternalError> {
    let salt = svc.random();
    let prepared = password.clone();
    let credential = stored.credential.clone();
    let outcome = svc.hashing.run(move |hasher| hold_up(hasher, &credential, &prepared, salt)).await?;
    let rehashed = match outcome.or_internal("verifying a stored password hash")? {
        Held::Wrong => return Ok(Verdict::Wrong),
        Held::Right => return Ok(Verdict::Right(Box::new(user))),
        Held::Outdated(hash) => PasswordCredential::Native { hash },
    };
    let moves = matches!(stored.credential, PasswordCredential::Imported { .. });
    let mut tx = svc.store.write().await?;
    if store::passwords::replace(&mut tx, &user.user_id, stored.version, &rehashed, cx.now).await? {
        if moves {
            moving::record_move(svc, cx, &mut tx, attempt, &user, &Moved::FromHash).await?;
        }
        tx.commit().await?;
    }
    // Where somebody replaced it first, the password that was just proven was right a moment ago, and still is the
    // person's unless it changed; a change ends sessions, this one not yet being among them, so look again.
    reconfirm(svc, user, password).await
}

/// What became of a held hash.
enum Held {
    Wrong,
    Right,
    /// Right, and to be replaced by this one.
    Outdated(String),
}

fn hold_up(
    hasher: &credentials::password::Hasher,
    credential: &PasswordCredential,
    password: &Prepared,
    salt: [u8; 16],
) -> Result<Held, credentials::password::HashUnusable> {
    match credential {
        PasswordCredential::Native { hash } => {
            if !hasher.verify(password, hash)? {
                return Ok(Held::Wrong);
            }
            let outdated = hasher.needs_rehash(hash);
            Ok(if outdated { Held::Outdated(hasher.hash(password, salt)) } else { Held::Right })
        }
        PasswordCredential::Imported { format, hash } => {
            let right = credentials::password::verify(format, hash, password, &Limits::default())?;
            Ok(if right { Held::Outdated(hasher.hash(password, salt)) } else { Held::Wrong })
        }
        PasswordCredential::Source { .. } => Ok(Held::Wrong),
    }
}

/// Reads the person again after a password of theirs was replaced, by us or by somebody faster.
pub(crate) async fn reconfirm(svc: &Services, user: User, password: &Prepared) -> Result<Verdict, InternalError> {
    let mut db = svc.store.read().await?;
    let current = store::users::find(&mut db, &user.user_id).await?;
    let stored = store::passwords::find(&mut db, &user.user_id).await?;
    drop(db);
    let (Some(current), Some(stored)) = (current, stored) else { return Ok(Verdict::Wrong) };
    let PasswordCredential::Native { hash } = stored.credential else { return Ok(Verdict::Wrong) };
    let prepared = password.clone();
    let right = svc.hashing.run(move |hasher| hasher.verify(&prepared, &hash)).await?;
    let right = right.or_internal("verifying a stored password hash")?;
    Ok(if right { Verdict::Right(Box::new(current)) } else { Verdict::Wrong })
}
