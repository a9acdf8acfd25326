//! Confirming an address.

use model::event::EventType;
use model::ticket::TicketKind;
use model::user::{Profile, User};
use model::{ClientId, UserId};
use store::WriteTx;
use store::users::Stored;

use super::followed::Followed;
use super::{LinkEnded, Mailing, send};
use crate::client_face::ClientFace;
use crate::events::event;
use crate::{InternalError, RequestContext, Services};

const KIND: TicketKind = TicketKind::VerifyEmail;
const VERIFIED: &str = "Your email was verified. You can continue using the application.";

/// What the page of a good link asks.
#[derive(Debug)]
pub struct VerificationPage {
    /// The address.
    pub email: String,
    /// The application it was made for, if known.
    pub client: Option<ClientFace>,
    /// Where the form may end.
    pub leads_to: Vec<String>,
}

/// An address that was confirmed.
#[derive(Debug)]
pub struct Verified {
    /// The application it was made for, if known.
    pub client: Option<ClientFace>,
    /// Where the browser is sent instead of a page.
    pub go_to: Option<String>,
}

/// Says what the link is good for, and changes nothing.
pub async fn show(
    svc: &Services,
    cx: &RequestContext,
    ticket: &str,
) -> Result<Result<VerificationPage, LinkEnded>, InternalError> {
    let followed = match Followed::good(svc, cx, KIND, ticket).await? {
        Ok(followed) => followed,
        Err(ended) => return Ok(Err(ended)),
    };
    let email = followed.user.profile.email.clone().unwrap_or_default();
    Ok(Ok(VerificationPage { email, client: followed.face(), leads_to: followed.leads_to() }))
}

/// Confirms the address. Whoever follows the link is not signed in by it.
pub async fn confirm(
    svc: &Services,
    cx: &RequestContext,
    ticket: &str,
) -> Result<Result<Verified, LinkEnded>, InternalError> {
    let followed = match Followed::good(svc, cx, KIND, ticket).await? {
        Ok(followed) => followed,
        Err(ended) => {
            event(svc, cx, EventType::VerificationFailed)
                .describe("The link leads to nothing.")
                .record_alone(svc)
                .await?;
            return Ok(Err(ended));
        }
    };
    let profile = Profile { email_verified: true, ..followed.user.profile.clone() };
    let user = User { profile, updated_at: cx.now, ..followed.user.clone() };
    let mut tx = svc.store.write().await?;
    // The user first, whom a newer link takes first as well.
    let is_same = store::users::update(&mut tx, &user).await? == Stored::Done;
    if !is_same || !store::tickets::spend(&mut tx, &followed.digest, cx.now).await? {
        drop(tx);
        return Followed::overtaken(svc, cx, KIND, ticket).await.map(Err);
    }
    store::tickets::spend_of_user(&mut tx, &user.user_id, None, cx.now).await?;
    followed.event(svc, cx, EventType::EmailVerified).describe(VERIFIED).record(&mut tx).await?;
    tx.commit().await?;
    Ok(Ok(Verified { client: followed.face(), go_to: followed.succeeded(VERIFIED) }))
}

/// Sends another link to the address of the person whom this one was for, as far as it is not confirmed yet.
pub async fn send_again(
    svc: &Services,
    cx: &RequestContext,
    ticket: &str,
) -> Result<Option<ClientFace>, InternalError> {
    let Some(followed) = Followed::find(svc, cx, KIND, ticket).await? else { return Ok(None) };
    if followed.ticket.is_mailed && !followed.user.profile.email_verified {
        let mut tx = svc.store.write().await?;
        request(svc, cx, &mut tx, &followed.user, followed.ticket.client_id.clone()).await?;
        tx.commit().await?;
    }
    Ok(followed.face())
}

/// Sends a link to somebody, in the write that is the reason for it. Where the address gets no more mails for now, that
/// is recorded and nothing is sent.
pub(crate) async fn request(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user: &User,
    client_id: Option<ClientId>,
) -> Result<(), InternalError> {
    let mailing = send(svc, cx, tx, &user.user_id, KIND, client_id, None).await?;
    record(svc, cx, tx, &user.user_id, user.profile.email.as_deref(), &mailing).await
}

/// The same on behalf of an operator, whose languages are not the person's; only where there is something to confirm.
pub(crate) async fn request_if_unverified(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user: &User,
    client_id: Option<ClientId>,
) -> Result<(), InternalError> {
    if user.profile.email_verified || user.profile.email.is_none() {
        return Ok(());
    }
    let unspoken = RequestContext { languages: Vec::new(), ..cx.clone() };
    request(svc, &unspoken, tx, user, client_id).await
}

/// Records what came of a request.
pub(crate) async fn record(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user_id: &UserId,
    email: Option<&str>,
    mailing: &Mailing,
) -> Result<(), InternalError> {
    let (kind, words) = match mailing {
        Mailing::Sent(_) => (EventType::VerificationRequested, "A verification email is on its way."),
        Mailing::TooMany => (EventType::VerificationRequestFailed, "The address was sent too many emails."),
        Mailing::Nowhere => (EventType::VerificationRequestFailed, "There is no address to send an email to."),
    };
    let told = event(svc, cx, kind).user_id(user_id).typed_name(email.unwrap_or_default());
    Ok(told.describe(words).record(tx).await?)
}
