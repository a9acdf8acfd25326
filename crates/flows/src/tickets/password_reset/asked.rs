//! Asking for a link, by an address that may be anybody's.
//!
//! Whoever asks learns nothing about the address: the call that takes it leaves one job for every address alike, and
//! only the job looks who that is.

use std::net::IpAddr;

use model::address::FoldedEmail;
use model::connection::Connection;
use model::event::EventType;
use model::user::User;
use model::{ClientId, ConnectionId};
use serde::{Deserialize, Serialize};

use super::super::followed::Followed;
use super::super::{Mailing, send};
use super::KIND;
use crate::authorize::{LoginPage, PendingRefused, find_pending};
use crate::client_face::ClientFace;
use crate::events::{EventBuilder, event};
use crate::jobs::{self, Work};
use crate::{InternalError, RequestContext, Services};

/// A link that somebody asked for.
#[derive(Serialize, Deserialize)]
pub struct ResetAsked {
    connection_id: ConnectionId,
    client_id: Option<ClientId>,
    /// An address or a user name, as it was typed.
    name: String,
    languages: Vec<String>,
    peer: Option<IpAddr>,
    user_agent: Option<String>,
}

/// For whom a link is asked, and where.
pub(crate) struct Asker<'a> {
    pub(crate) connection: &'a ConnectionId,
    pub(crate) client_id: Option<&'a ClientId>,
    pub(crate) name: &'a str,
}

/// Why the form on our page was not carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResetFormRefused {
    /// Not one plain e-mail address.
    InvalidEmail,
    /// No password of the application's people is changed by mail.
    Closed,
}

/// Whether people of a connection may ask for a link.
pub(crate) fn offers_reset(svc: &Services, connection: &Connection) -> bool {
    let is_closed = connection.options.get("disable_self_service_change_password").and_then(serde_json::Value::as_bool);
    svc.mailer.is_configured() && is_closed != Some(true)
}

/// Takes the form that the login page leads to.
pub async fn ask_on_page(
    svc: &Services,
    cx: &RequestContext,
    state: &str,
    browser_binding: Option<&str>,
    email: &str,
) -> Result<(LoginPage, Result<(), ResetFormRefused>), PendingRefused> {
    let pending = find_pending(svc, cx, state, browser_binding).await?;
    let page = pending.page();
    let connection = pending.connection.as_ref().map(|stored| &stored.connection);
    let Some(connection) = connection.filter(|_| pending.may_reset) else {
        return Ok((page, Err(ResetFormRefused::Closed)));
    };
    if FoldedEmail::parse(email).is_none() {
        return Ok((page, Err(ResetFormRefused::InvalidEmail)));
    }
    let asker = Asker { connection: &connection.id, client_id: Some(&pending.client.client_id), name: email };
    ask(svc, &page.reading(cx), &asker).await?;
    Ok((page, Ok(())))
}

/// Asks for another link for the person whom this one was for. Says which application it was made for.
pub async fn ask_again(svc: &Services, cx: &RequestContext, ticket: &str) -> Result<Option<ClientFace>, InternalError> {
    let Some(followed) = Followed::find(svc, cx, KIND, ticket).await? else { return Ok(None) };
    let (identity, email) = (followed.user.identities.first(), followed.user.profile.email.as_deref());
    if let (true, Some(identity), Some(name)) = (followed.ticket.is_mailed, identity, email) {
        let client_id = followed.ticket.client_id.as_ref();
        ask(svc, cx, &Asker { connection: &identity.connection_id, client_id, name }).await?;
    }
    Ok(followed.face())
}

/// Leaves the job, and looks at nothing.
pub(crate) async fn ask(svc: &Services, cx: &RequestContext, asker: &Asker<'_>) -> Result<(), InternalError> {
    let work = Work::PasswordReset(ResetAsked {
        connection_id: asker.connection.clone(),
        client_id: asker.client_id.cloned(),
        name: asker.name.to_owned(),
        languages: cx.languages.clone(),
        peer: cx.peer,
        user_agent: cx.user_agent.clone(),
    });
    let mut tx = svc.store.write().await?;
    jobs::enqueue(svc, cx, &mut tx, &work).await?;
    Ok(tx.commit().await?)
}

/// Sends the link, if anybody has that address and may have one.
pub(crate) async fn answer(svc: &Services, worker: &RequestContext, asked: &ResetAsked) -> Result<(), InternalError> {
    let cx = &RequestContext {
        peer: asked.peer,
        user_agent: asked.user_agent.clone(),
        languages: asked.languages.clone(),
        ..worker.clone()
    };
    let mut db = svc.store.read().await?;
    let Some(stored) = store::connections::find(&mut db, &asked.connection_id).await? else { return Ok(()) };
    let connection = stored.connection;
    let user = store::users::find_by_login(&mut db, &connection.id, &FoldedEmail::of(&asked.name)).await?;
    let client = match &asked.client_id {
        Some(id) => store::clients::find(&mut db, id).await?.map(|stored| stored.client),
        None => None,
    };
    drop(db);
    let about = |kind| {
        let told = event(svc, cx, kind).connection(&connection).typed_name(&asked.name);
        client.iter().fold(told, EventBuilder::client)
    };
    let user = match entitled(svc, &connection, user.as_ref()) {
        Ok(user) => user,
        Err(why) => {
            about(EventType::PasswordResetRequestFailed).describe(why).record_alone(svc).await?;
            return Ok(());
        }
    };
    let mut tx = svc.store.write().await?;
    let client_id = client.as_ref().map(|client| client.client_id.clone());
    let mailing = send(svc, cx, &mut tx, &user.user_id, KIND, client_id, None).await?;
    let told = match mailing {
        Mailing::Sent(_) => about(EventType::PasswordResetRequested).describe("An email with a link is on its way."),
        Mailing::TooMany => {
            about(EventType::PasswordResetRequestFailed).describe("The address was sent too many emails.")
        }
        Mailing::Nowhere => about(EventType::PasswordResetRequestFailed).describe("The user has no address."),
    };
    told.user(user).record(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Who gets a link, or why nobody does.
fn entitled<'a>(svc: &Services, connection: &Connection, user: Option<&'a User>) -> Result<&'a User, &'static str> {
    match user {
        _ if !offers_reset(svc, connection) => Err("Passwords of this connection are not changed by email."),
        None => Err("The user does not exist."),
        Some(user) if user.is_blocked() => Err("The user is blocked."),
        Some(user) => Ok(user),
    }
}
