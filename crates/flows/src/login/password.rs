//! Whether a password is right, whoever holds it. Shared by the login page and the password grants.

use credentials::password::Prepared;
use model::UserId;
use model::event::EventType;
use model::user::{PasswordCredential, StoredPassword, User};
use secrecy::{ExposeSecret, SecretString};

use super::attempt::{Attempt, Verdict};
use super::attempts::{self, Account};
use super::held::verify_held;
use super::refused::LoginRefused;
use crate::limits::{self, Subject};
use crate::migration::moving;
use crate::{InternalError, RequestContext, Services};

/// Somebody whose password was right.
pub(crate) struct Checked {
    pub(crate) user: User,
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
    if let Err(limited) = limits::take(svc, cx, &Subject::PasswordsFrom(attempt.peer)).await {
        return Ok(Err(LoginRefused::Limited(limited)));
    }
    let folded = attempt.folded();
    let mut db = svc.store.read().await?;
    let user = store::users::find_by_login(&mut db, &connection.id, &folded).await?;
    let account = user.as_ref().map_or_else(|| Account::nobody(&connection.id, &folded), Account::of);
    let address = attempt.address();
    if connection.brute_force_protection && attempts::is_closed(svc, cx, &mut db, &account, &address).await? {
        return Ok(Err(LoginRefused::TooManyAttempts));
    }
    // After the other: whoever is shut out takes nothing from what others may try.
    let from_usual_place = user.as_ref().is_some_and(|user| limits::is_usual_place(user, attempt.peer));
    if let Err(limited) = limits::take(svc, cx, &Subject::Account { account: &account, from_usual_place }).await {
        return Ok(Err(LoginRefused::Limited(limited)));
    }
    let stored = match &user {
        Some(user) => store::passwords::find(&mut db, &user.user_id).await?,
        None => None,
    };
    drop(db);
    let known = user.as_ref().map(|user| user.user_id.clone());
    match Box::pin(judge(svc, cx, attempt, password, user, stored)).await? {
        Verdict::Right(user) => let_in(svc, cx, attempt, &user).await,
        Verdict::Wrong => {
            count_wrong(svc, cx, attempt, &account, &address, known.as_ref()).await?;
            Ok(Err(LoginRefused::WrongPassword))
        }
        Verdict::Refused(why) => Ok(Err(why)),
    }
}

/// Hashing and asking a source take time, in which an administrator may have blocked or deleted the person.
async fn let_in(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    proven: &User,
) -> Result<Result<Checked, LoginRefused>, InternalError> {
    let current = store::users::find(&mut svc.store.read().await?, &proven.user_id).await?;
    // Whoever changed the password meanwhile has ended what the old one opened; this must not come after.
    let is_unchanged = |user: &User| user.last_password_reset == proven.last_password_reset;
    let Some(user) = current.filter(is_unchanged) else { return Ok(Err(LoginRefused::WrongPassword)) };
    if !user.is_blocked() {
        return Ok(Ok(Checked { user }));
    }
    attempt.event(svc, cx, EventType::LoginFailed).user(&user).describe("user is blocked").record_alone(svc).await?;
    Ok(Err(LoginRefused::Blocked))
}

async fn count_wrong(
    svc: &Services,
    cx: &RequestContext,
    attempt: &Attempt<'_>,
    account: &Account,
    address: &str,
    known: Option<&UserId>,
) -> Result<(), InternalError> {
    let kind = if known.is_some() { EventType::WrongPassword } else { EventType::UnknownUser };
    let mut tx = svc.store.write().await?;
    attempts::count(svc, cx, &mut tx, account, address, attempt.username, known).await?;
    attempt.event(svc, cx, kind).known_user(known).describe("Wrong email or password.").record(&mut tx).await?;
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
                moving::record_unavailable(svc, cx, attempt, Some(&user), "disabled").await?;
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
