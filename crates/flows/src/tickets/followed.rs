//! A link that somebody has followed.

use keys::OpaqueToken;
use model::client::Client;
use model::event::EventType;
use model::grant::Digest;
use model::ticket::{Pin, Ticket, TicketKind, TicketState};
use model::user::{StoredPassword, User};
use store::Read;

use super::link::token_kind;
use super::result_url::{self, Told};
use crate::client_face::ClientFace;
use crate::events::{EventBuilder, event};
use crate::{InternalError, RequestContext, Services};

/// What a link leads to that is known here, good or not.
pub(super) struct Followed {
    pub(super) digest: Digest,
    pub(super) ticket: Ticket,
    pub(super) user: User,
    pub(super) password: Option<StoredPassword>,
    pub(super) client: Option<Client>,
    state: TicketState,
    /// Where it leads on to, as far as browsers may still be sent there.
    result_url: Option<String>,
}

/// Why a link leads to nothing any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It was never made here, or was forgotten long after its end.
    Unknown,
    /// It was used, replaced by a newer one, or overtaken by a change of the account.
    Spent,
    /// Nobody used it in time.
    Expired,
    /// The address it confirms is confirmed.
    VerifiedAlready,
}

/// A link that leads to nothing any more.
#[derive(Debug)]
pub struct LinkEnded {
    /// Why.
    pub why: Ended,
    /// The application it was made for, if known.
    pub client: Option<ClientFace>,
    /// Whether the person may ask for another here.
    pub may_ask_again: bool,
    /// Where the browser is sent instead of a page.
    pub go_to: Option<String>,
}

impl LinkEnded {
    fn unknown() -> Self {
        LinkEnded { why: Ended::Unknown, client: None, may_ask_again: false, go_to: None }
    }
}

impl Followed {
    /// What the text of a link is about. None where no such ticket of this kind is known.
    pub(super) async fn find(
        svc: &Services,
        cx: &RequestContext,
        kind: TicketKind,
        presented: &str,
    ) -> Result<Option<Followed>, InternalError> {
        let Some(token) = OpaqueToken::parse(presented) else { return Ok(None) };
        let digest = token.digest(token_kind(kind));
        let mut db = svc.store.read().await?;
        let found = store::tickets::find(&mut db, &digest).await?;
        let Some(ticket) = found.filter(|ticket| ticket.kind == kind) else { return Ok(None) };
        let Some(user) = store::users::find(&mut db, &ticket.user_id).await? else { return Ok(None) };
        let password = store::passwords::find(&mut db, &user.user_id).await?;
        let client = match &ticket.client_id {
            Some(id) => store::clients::find(&mut db, id).await?.map(|stored| stored.client),
            None => None,
        };
        let result_url = allowed_result_url(&mut db, &ticket).await?;
        let state = ticket.state(&Pin::of(kind, &user, password.as_ref()), cx.now);
        Ok(Some(Followed { digest, ticket, user, password, client, state, result_url }))
    }

    /// The same, where the link is good.
    pub(super) async fn good(
        svc: &Services,
        cx: &RequestContext,
        kind: TicketKind,
        presented: &str,
    ) -> Result<Result<Followed, LinkEnded>, InternalError> {
        let Some(followed) = Followed::find(svc, cx, kind, presented).await? else {
            return Ok(Err(LinkEnded::unknown()));
        };
        Ok(match followed.end() {
            None => Ok(followed),
            Some(why) => Err(followed.ended(why)),
        })
    }

    /// Why a link leads to nothing that was good a moment ago: somebody used it, or changed the person.
    pub(super) async fn overtaken(
        svc: &Services,
        cx: &RequestContext,
        kind: TicketKind,
        presented: &str,
    ) -> Result<LinkEnded, InternalError> {
        Ok(match Followed::good(svc, cx, kind, presented).await? {
            Ok(followed) => followed.ended(Ended::Spent),
            Err(ended) => ended,
        })
    }

    fn end(&self) -> Option<Ended> {
        match self.state {
            TicketState::Good => None,
            TicketState::Spent | TicketState::Expired if self.is_verified_already() => Some(Ended::VerifiedAlready),
            TicketState::Spent => Some(Ended::Spent),
            TicketState::Expired => Some(Ended::Expired),
        }
    }

    fn is_verified_already(&self) -> bool {
        let profile = &self.user.profile;
        let is_its_address = profile.folded_email() == self.ticket.pin.email;
        self.ticket.kind == TicketKind::VerifyEmail && profile.email_verified && is_its_address
    }

    /// The application, as a page shows it.
    pub(super) fn face(&self) -> Option<ClientFace> {
        self.client.as_ref().map(ClientFace::signing_in)
    }

    /// Where a form that uses the link may end, for the page's content security policy.
    pub(super) fn leads_to(&self) -> Vec<String> {
        self.result_url.iter().cloned().collect()
    }

    /// Where the browser is sent with the good news, if anywhere.
    pub(super) fn succeeded(&self, message: &'static str) -> Option<String> {
        let told = Told::success(message, self.told_email());
        self.result_url.as_deref().and_then(|url| result_url::with(url, &told))
    }

    /// That it leads to nothing.
    fn ended(&self, why: Ended) -> LinkEnded {
        let told = Told::ended(why, self.told_email());
        LinkEnded {
            why,
            client: self.face(),
            may_ask_again: why != Ended::VerifiedAlready && self.ticket.is_mailed,
            go_to: self.result_url.as_deref().and_then(|url| result_url::with(url, &told)),
        }
    }

    /// An event about the person and the application.
    pub(super) fn event(&self, svc: &Services, cx: &RequestContext, kind: EventType) -> EventBuilder {
        let told = event(svc, cx, kind).user(&self.user);
        self.client.iter().fold(told, EventBuilder::client)
    }

    fn told_email(&self) -> Option<&str> {
        self.user.profile.email.as_deref().filter(|_| self.ticket.tells_email)
    }
}

/// What was allowed when the ticket was made may not be any more.
async fn allowed_result_url(db: &mut impl Read, ticket: &Ticket) -> Result<Option<String>, InternalError> {
    let Some(url) = &ticket.result_url else { return Ok(None) };
    let is_allowed = result_url::is_allowed(db, url, ticket.client_id.as_ref()).await?;
    Ok(is_allowed.then(|| url.clone()))
}
