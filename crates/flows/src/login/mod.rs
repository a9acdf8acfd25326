//! Signing in on our page.

pub(crate) mod attempt;
pub(crate) mod attempts;
pub(crate) mod held;
pub(crate) mod password;
mod refused;

use model::event::EventType;
use model::user::User;
use protocol::authorization::AuthorizationResponse;
use secrecy::SecretString;
use store::{StoreError, WriteTx};

use crate::authorize::{Answering, LoginPage, Pending, PendingRefused, find_pending};
use crate::events::event;
use crate::sessions::{self, Browser, LiveSession};
use crate::{InternalError, RequestContext, Services};

use attempt::Attempt;
use attempts::Account;
use password::Checked;
pub use refused::LoginRefused;

/// What somebody typed on the login page.
pub struct LoginForm<'a> {
    /// Names the saved request.
    pub state: &'a str,
    /// The address or user name.
    pub username: &'a str,
    /// The password.
    pub password: SecretString,
}

/// What came of it.
#[derive(Debug)]
pub enum LoggedIn {
    /// Take the answer to the client, and keep the session.
    Done {
        /// The answer.
        response: AuthorizationResponse,
        /// The secret for the session cookie.
        session: String,
    },
    /// Show the page again, with the reason.
    Refused {
        /// The reason.
        why: LoginRefused,
        /// What the page shows.
        page: LoginPage,
    },
}

/// Checks a password and answers the saved request.
pub async fn with_password(
    svc: &Services,
    cx: &RequestContext,
    form: LoginForm<'_>,
    browser: Browser<'_>,
) -> Result<LoggedIn, PendingRefused> {
    let pending = find_pending(svc, cx, form.state, browser.binding).await?;
    let Some(connection) = &pending.connection else { return Ok(refused(&pending, LoginRefused::NoConnection)) };
    let attempt = Attempt { connection, client: &pending.client, username: form.username, peer: cx.peer };
    match Box::pin(password::check(svc, cx, &attempt, &form.password)).await? {
        Ok(checked) => Ok(finish(svc, cx, &pending, checked, browser).await?),
        Err(why) => Ok(refused(&pending, why)),
    }
}

fn refused(pending: &Pending, why: LoginRefused) -> LoggedIn {
    LoggedIn::Refused { why, page: pending.page() }
}

/// One write: the session, the event, the reset of failed attempts. Then the answer.
async fn finish(
    svc: &Services,
    cx: &RequestContext,
    pending: &Pending,
    checked: Checked,
    browser: Browser<'_>,
) -> Result<LoggedIn, InternalError> {
    let Some((live, session)) = sign_in(svc, cx, pending, checked.user, &["pwd"], browser).await? else {
        return Ok(refused(pending, LoginRefused::WrongPassword));
    };
    let answering = Answering { client: &pending.client, request: &pending.request, live: &live };
    let response = crate::authorize::give(svc, cx, &answering).await?;
    Ok(LoggedIn::Done { response, session })
}

/// Begins the session of somebody who has just proven who they are. `None` means that their password changed, or that
/// they were blocked, between the proof and the session.
pub(crate) async fn sign_in(
    svc: &Services,
    cx: &RequestContext,
    pending: &Pending,
    user: User,
    amr: &[&str],
    browser: Browser<'_>,
) -> Result<Option<(LiveSession, String)>, InternalError> {
    let mut db = svc.store.read().await?;
    let tenant = store::settings::tenant(&mut db).await?;
    let before = sessions::find_live(&mut db, browser.session, cx.now).await?.map(|live| live.session);
    drop(db);
    let new = sessions::begin(svc, cx, &user.user_id, amr, &tenant);
    let mut tx = svc.store.write().await?;
    let peer = cx.peer.map(|peer| peer.to_string());
    // First, because it takes the lock on the user that a change of the password takes first as well.
    if !store::users::record_login(&mut tx, &user, peer.as_deref(), cx.now).await? {
        return Ok(None);
    }
    new.replace(&mut tx, before.as_ref(), cx.now).await?;
    record_success(svc, cx, &mut tx, pending, &user).await?;
    tx.commit().await?;
    let cookie = new.cookie.text().to_string();
    Ok(Some((LiveSession { session: new.session, user }, cookie)))
}

async fn record_success(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    pending: &Pending,
    user: &User,
) -> Result<(), StoreError> {
    attempts::forget(tx, &Account::of(user)).await?;
    let mut login = event(svc, cx, EventType::LoginSucceeded).client(&pending.client).user(user);
    if let Some(stored) = &pending.connection {
        login = login.connection(&stored.connection);
    }
    login.record(tx).await
}
