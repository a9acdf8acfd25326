//! Making links, and sending them.

use std::time::Duration;

use keys::{OpaqueToken, TokenKind};
use model::ticket::{Pin, Ticket, TicketKind};
use model::user::User;
use model::{ClientId, JobId, JsonObject, Timestamp, UserId};
use store::WriteTx;

use crate::jobs::{self, Work};
use crate::mail::{Mail, Message};
use crate::{InternalError, RequestContext, Services};

/// How long a link serves unless somebody says otherwise: Auth0's five days.
pub(crate) const USUAL_LIFETIME: Duration = Duration::from_hours(5 * 24);
/// The longest that anybody may say.
pub(crate) const LONGEST_LIFETIME: Duration = Duration::from_hours(30 * 24);
/// How long a link for a new password serves that went by mail. Auth0's five days are long for a key to an account that
/// lies in a mailbox.
const MAILED_RESET_LIFETIME: Duration = Duration::from_hours(1);
/// So many mails with links go to one address within the window.
const MOST_MAILS: i64 = 5;
const MAILS_WINDOW: Duration = Duration::from_hours(1);

/// A link that somebody wants.
pub(crate) struct Wanted {
    pub(crate) kind: TicketKind,
    pub(crate) client_id: Option<ClientId>,
    pub(crate) lifetime: Duration,
    pub(crate) is_mailed: bool,
    pub(crate) result_url: Option<String>,
    pub(crate) tells_email: bool,
    pub(crate) verifies_email: bool,
}

impl Wanted {
    /// One that goes by mail. Whoever follows it has shown that they read the mails of that address.
    fn by_mail(kind: TicketKind, client_id: Option<ClientId>) -> Self {
        let lifetime = match kind {
            TicketKind::VerifyEmail => USUAL_LIFETIME,
            TicketKind::ResetPassword => MAILED_RESET_LIFETIME,
        };
        let (result_url, tells_email) = (None, false);
        Wanted { kind, client_id, lifetime, is_mailed: true, result_url, tells_email, verifies_email: true }
    }
}

/// What came of sending a link.
pub(crate) enum Mailing {
    /// It is on its way.
    Sent(JobId),
    /// The address gets no more mails for now.
    TooMany,
    /// The person is gone, or has no address.
    Nowhere,
}

/// A person as they are now, whom nobody else changes until the write is committed.
async fn hold(tx: &mut WriteTx, id: &UserId) -> Result<Option<User>, InternalError> {
    if !store::users::hold(tx, id).await? {
        return Ok(None);
    }
    Ok(store::users::find(tx, id).await?)
}

/// Makes a link for whoever asks, in place of the one of its kind that was there. None where the person is gone.
pub(crate) async fn hand_out(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user_id: &UserId,
    wanted: Wanted,
) -> Result<Option<String>, InternalError> {
    let Some(user) = hold(tx, user_id).await? else { return Ok(None) };
    make(svc, cx, tx, &user, wanted).await.map(|(link, _)| Some(link))
}

/// Makes a link and sends it to the person. With a report, the job tells how far that is.
pub(crate) async fn send(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user_id: &UserId,
    kind: TicketKind,
    client_id: Option<ClientId>,
    report: Option<&JsonObject>,
) -> Result<Mailing, InternalError> {
    let Some(user) = hold(tx, user_id).await? else { return Ok(Mailing::Nowhere) };
    let (Some(to), Some(email)) = (user.profile.email.clone(), user.profile.folded_email()) else {
        return Ok(Mailing::Nowhere);
    };
    if store::tickets::mailed_since(tx, &email, cx.now.minus(MAILS_WINDOW)).await? >= MOST_MAILS {
        return Ok(Mailing::TooMany);
    }
    let wanted = Wanted::by_mail(kind, client_id);
    let valid_hours = wanted.lifetime.as_secs() / 3600;
    let (link, expires_at) = make(svc, cx, tx, &user, wanted).await?;
    let message = match kind {
        TicketKind::VerifyEmail => Message::VerifyEmail { link, valid_hours },
        TicketKind::ResetPassword => Message::ResetPassword { link, valid_hours },
    };
    let (user_id, languages) = (Some(user.user_id), cx.languages.clone());
    let mail = Work::Mail(Mail { to, user_id, languages, message, expires_at: Some(expires_at) });
    let job = match report {
        Some(report) => jobs::enqueue_reported(svc, cx, tx, &mail, report).await?,
        None => jobs::enqueue(svc, cx, tx, &mail).await?,
    };
    Ok(Mailing::Sent(job))
}

async fn make(
    svc: &Services,
    cx: &RequestContext,
    tx: &mut WriteTx,
    user: &User,
    wanted: Wanted,
) -> Result<(String, Timestamp), InternalError> {
    let password = store::passwords::find(tx, &user.user_id).await?;
    let client_id = match wanted.client_id {
        // As if it had gone a moment later, which leaves the ticket behind.
        Some(id) => store::clients::keep(tx, &id).await?.then_some(id),
        None => None,
    };
    let token = OpaqueToken::from_random(svc.random());
    let ticket = Ticket {
        kind: wanted.kind,
        user_id: user.user_id.clone(),
        pin: Pin::of(wanted.kind, user, password.as_ref()),
        client_id,
        is_mailed: wanted.is_mailed,
        result_url: wanted.result_url,
        tells_email: wanted.tells_email,
        verifies_email: wanted.verifies_email,
        created_at: cx.now,
        expires_at: cx.now.plus(wanted.lifetime),
        spent_at: None,
    };
    store::tickets::spend_of_user(tx, &user.user_id, Some(wanted.kind), cx.now).await?;
    store::tickets::insert(tx, &token.digest(token_kind(wanted.kind)), &ticket).await?;
    let page = match wanted.kind {
        TicketKind::VerifyEmail => "email-verification",
        TicketKind::ResetPassword => "reset-verify",
    };
    Ok((format!("{}u/{page}?ticket={}", svc.settings.issuer, token.text().as_str()), ticket.expires_at))
}

/// A link of one kind is not found among those of the other.
pub(super) fn token_kind(kind: TicketKind) -> TokenKind {
    match kind {
        TicketKind::VerifyEmail => TokenKind::EmailVerification,
        TicketKind::ResetPassword => TokenKind::PasswordReset,
    }
}
