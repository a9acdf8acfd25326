//! One attempt to come in with a password, and what becomes of it.

use std::net::IpAddr;

use model::address::FoldedEmail;
use model::client::Client;
use model::event::EventType;
use model::user::User;
use store::connections::StoredConnection;

use super::refused::LoginRefused;
use crate::events::{EventBuilder, event};
use crate::limits::network_of;
use crate::{RequestContext, Services};

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

    /// The address the attempt is counted for.
    pub(crate) fn address(&self) -> String {
        network_of(self.peer)
    }

    /// An event about this attempt.
    pub(crate) fn event(&self, svc: &Services, cx: &RequestContext, kind: EventType) -> EventBuilder {
        event(svc, cx, kind).client(self.client).connection(&self.connection.connection).typed_name(self.username)
    }
}

/// What a password turned out to be.
pub(crate) enum Verdict {
    Right(Box<User>),
    Wrong,
    Refused(LoginRefused),
}
