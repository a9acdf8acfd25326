//! One leg of the way to a provider or back, and how it may end.

use model::connection::Connection;
use model::event::EventType;
use model::user::User;
use protocol::authorization::{AuthorizationResponse, Prompt};
use protocol::error::ErrorCode;
use store::StoreError;

use super::home::label;
use super::refused::FederatedRefused;
use crate::authorize::{LoginPage, Pending};
use crate::events::event;
use crate::login::SignedIn;
use crate::{RequestContext, Services};

/// What the browser is to do.
pub enum Next {
    /// Go to the provider.
    Leave(String),
    /// Take the answer to the client, and keep the session.
    SignedIn(SignedIn),
    /// Take a refusal to the client, which allows no page.
    Respond(AuthorizationResponse),
    /// Show the login page of this pending authorization: it could not be seen that the person is signed in.
    ShowLogin {
        /// Names the pending authorization.
        state: String,
    },
    /// Show why nobody is signed in.
    Refused(Box<Refusal>),
}

/// Why nobody is signed in, with what a page needs to say it and to lead on.
pub struct Refusal {
    /// Why.
    pub why: FederatedRefused,
    /// What the provider is called; none where the connection is not this client's.
    pub provider: Option<String>,
    /// The connection to try again; none where that would lead nowhere.
    pub connection: Option<String>,
    /// Names the pending authorization.
    pub state: String,
    /// What the login page would show.
    pub page: LoginPage,
}

/// A browser on its way.
pub(super) struct Leg<'a> {
    pub(super) pending: &'a Pending,
    pub(super) state: &'a str,
    pub(super) connection: Option<&'a Connection>,
    pub(super) is_silent: bool,
}

impl Leg<'_> {
    /// Ends it because of what the provider did or said. `reason` is for the event.
    pub(super) async fn end(
        &self,
        svc: &Services,
        cx: &RequestContext,
        why: FederatedRefused,
        reason: &str,
    ) -> Result<Next, StoreError> {
        self.end_for(svc, cx, why, reason, None).await
    }

    /// The same, where it is known who it was.
    pub(super) async fn end_for(
        &self,
        svc: &Services,
        cx: &RequestContext,
        why: FederatedRefused,
        reason: &str,
        user: Option<&User>,
    ) -> Result<Next, StoreError> {
        // A look that nobody asked for is worth an entry only where somebody lied.
        if !self.is_silent || why == FederatedRefused::NotBelieved {
            self.record(svc, cx, why, reason, user).await?;
        }
        Ok(self.next(svc, why))
    }

    /// Nobody is signed in there, which is an answer like another.
    pub(super) fn nobody(&self, svc: &Services) -> Next {
        self.next(svc, FederatedRefused::Denied)
    }

    fn next(&self, svc: &Services, why: FederatedRefused) -> Next {
        let request = &self.pending.request;
        if request.prompts(Prompt::None) {
            let issuer = &svc.settings.issuer;
            return Next::Respond(AuthorizationResponse::refusal(
                request,
                issuer,
                ErrorCode::LoginRequired,
                "Login required",
            ));
        }
        if self.is_silent {
            return Next::ShowLogin { state: self.state.to_owned() };
        }
        let is_closed = why == FederatedRefused::ConnectionClosed;
        Next::Refused(Box::new(Refusal {
            why,
            provider: self.connection.map(label),
            connection: self.connection.filter(|_| !is_closed).map(|own| own.name.clone()),
            state: self.state.to_owned(),
            page: self.pending.page(),
        }))
    }

    async fn record(
        &self,
        svc: &Services,
        cx: &RequestContext,
        why: FederatedRefused,
        reason: &str,
        user: Option<&User>,
    ) -> Result<(), StoreError> {
        let mut failed = event(svc, cx, EventType::LoginFailed).client(&self.pending.client);
        if let Some(connection) = self.connection {
            failed = failed.connection(connection);
        }
        if let Some(user) = user {
            failed = failed.user(user);
        }
        failed.describe(description(why)).detail("reason", reason).record_alone(svc).await
    }
}

fn description(why: FederatedRefused) -> &'static str {
    match why {
        FederatedRefused::Denied => "The provider did not sign the person in.",
        FederatedRefused::Failed => "The provider reported a failure.",
        FederatedRefused::Unavailable => "The provider could not be asked.",
        FederatedRefused::Throttled { .. } => "The provider asks for a pause.",
        FederatedRefused::Misconfigured => "The provider does not accept the client of this connection.",
        FederatedRefused::TooLate => "The provider did not take its code back.",
        FederatedRefused::NotBelieved => "What the provider said was not believed.",
        FederatedRefused::Blocked => "user is blocked",
        FederatedRefused::Deleted => "The person was deleted here.",
        FederatedRefused::TwoPeople => "The provider's name for the person is the id of somebody else.",
        FederatedRefused::ConnectionClosed => "The connection is not enabled for the client.",
    }
}
