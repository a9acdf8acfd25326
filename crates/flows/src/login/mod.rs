//! Signing in on our page.

pub(crate) mod attempt;
pub(crate) mod attempts;
pub mod federated;
pub(crate) mod held;
pub(crate) mod password;
mod refused;

use model::Timestamp;
use model::connection::Connection;
use model::event::EventType;
use model::user::User;
use secrecy::SecretString;
use store::{StoreError, WriteTx};
use upstream::sign_in::Assertion;

use crate::authorize::{Answering, Conclusion, LoginPage, Pending, PendingRefused, conclude, find_pending};
use crate::events::event;
use crate::sessions::{self, Browser, LiveSession};
use crate::{InternalError, RequestContext, Services};

use attempt::Attempt;
use attempts::Account;
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

/// What came of a form with which somebody signs in, or signs up and so signs in.
pub enum FormOutcome<Why> {
    /// Take the answer to the client, and keep the session.
    SignedIn(SignedIn),
    /// Show the page again, with the reason.
    Refused {
        /// The reason.
        why: Why,
        /// What the page shows.
        page: LoginPage,
    },
}

/// The end of a sign-in.
pub struct SignedIn {
    /// What comes of the saved request.
    pub conclusion: Conclusion,
    /// Names it in the addresses of pages.
    pub state: String,
    /// The secret for the session cookie.
    pub session: String,
}

/// Somebody who has just proven who they are, on a page for a saved request.
pub(crate) struct Proven<'a> {
    pub(crate) user: User,
    /// How, in the words of RFC 8176.
    pub(crate) amr: &'a [&'a str],
    pub(crate) pending: &'a Pending,
    /// Where they did.
    pub(crate) connection: Option<&'a Connection>,
    /// What its provider says, where it has one.
    pub(crate) assertion: Option<&'a Assertion>,
    /// When they did.
    pub(crate) authenticated_at: Timestamp,
    pub(crate) browser: Browser<'a>,
}

impl<'a> Proven<'a> {
    /// By a password, on our own page, now.
    pub(crate) fn by_password(cx: &RequestContext, user: User, pending: &'a Pending, browser: Browser<'a>) -> Self {
        let connection = pending.connection.as_ref().map(|stored| &stored.connection);
        Proven { user, amr: &["pwd"], pending, connection, assertion: None, authenticated_at: cx.now, browser }
    }
}

/// Checks a password and answers the saved request.
pub async fn with_password(
    svc: &Services,
    cx: &RequestContext,
    form: LoginForm<'_>,
    browser: Browser<'_>,
) -> Result<FormOutcome<LoginRefused>, PendingRefused> {
    let pending = find_pending(svc, cx, form.state, browser.binding).await?;
    let refused = |why| Ok(FormOutcome::Refused { why, page: pending.page() });
    let Some(connection) = &pending.connection else { return refused(LoginRefused::NoConnection) };
    let attempt = Attempt { connection, client: &pending.client, username: form.username, peer: cx.peer };
    let user = match Box::pin(password::check(svc, cx, &attempt, &form.password)).await? {
        Ok(checked) => checked.user,
        Err(why) => return refused(why),
    };
    let proven = Proven::by_password(cx, user, &pending, browser);
    match finish(svc, cx, proven).await? {
        Ok(signed_in) => Ok(FormOutcome::SignedIn(signed_in)),
        Err(_) => refused(LoginRefused::WrongPassword),
    }
}

/// What happened between a proof and the session, so that there is none.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Overtaken {
    /// The password changed, or the person was blocked or deleted.
    Person,
    /// The connection was deleted whose provider proved it.
    Connection,
}

/// Begins a session and answers the saved request.
pub(crate) async fn finish(
    svc: &Services,
    cx: &RequestContext,
    proven: Proven<'_>,
) -> Result<Result<SignedIn, Overtaken>, InternalError> {
    let pending = proven.pending;
    let (live, session) = match sign_in(svc, cx, proven).await? {
        Ok(begun) => begun,
        Err(overtaken) => return Ok(Err(overtaken)),
    };
    let answering = Answering { client: &pending.client, request: &pending.request, live: &live };
    let conclusion = conclude(svc, cx, &answering).await?;
    Ok(Ok(SignedIn { conclusion, state: pending.state.clone(), session }))
}

/// One write: the session, the event, the reset of failed attempts.
async fn sign_in(
    svc: &Services,
    cx: &RequestContext,
    proven: Proven<'_>,
) -> Result<Result<(LiveSession, String), Overtaken>, InternalError> {
    let Proven { user, amr, pending, connection, assertion, authenticated_at, browser } = proven;
    let mut db = svc.store.read().await?;
    let tenant = store::settings::tenant(&mut db).await?;
    let before = sessions::find_live(&mut db, browser.session, cx.now).await?.map(|live| live.session);
    drop(db);
    let mut new = sessions::begin(svc, cx, &user.user_id, amr, &tenant);
    new.session.authenticated_at = authenticated_at;
    let origin = connection.zip(assertion);
    let origin = origin.map(|(connection, said)| crate::logout::origin_of(svc, &new.session.sid, connection, said));
    let mut tx = svc.store.write().await?;
    let peer = cx.peer.map(|peer| peer.to_string());
    // First, because it takes the lock on the user that a change of the password takes first as well.
    if !store::users::record_login(&mut tx, &user, peer.as_deref(), cx.now).await? {
        return Ok(Err(Overtaken::Person));
    }
    new.replace(svc, cx, &mut tx, before.as_ref()).await?;
    if let Some(origin) = &origin
        && !store::session_origins::insert(&mut tx, &new.session.sid, origin).await?
    {
        return Ok(Err(Overtaken::Connection));
    }
    record_success(svc, cx, &mut tx, pending, connection, &user).await?;
    tx.commit().await?;
    let cookie = new.cookie.text().to_string();
    Ok(Ok((LiveSession { session: new.session, user }, cookie)))
}

async fn record_success(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    pending: &Pending,
    connection: Option<&Connection>,
    user: &User,
) -> Result<(), StoreError> {
    attempts::forget(tx, &Account::of(user)).await?;
    let mut login = event(svc, cx, EventType::LoginSucceeded).client(&pending.client).user(user);
    if let Some(connection) = connection {
        login = login.connection(connection);
    }
    login.record(tx).await
}
