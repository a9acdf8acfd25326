//! Links that serve once: to confirm an address, or to choose a new password.

use crate::address::FoldedEmail;
use crate::user::{StoredPassword, User};
use crate::{ClientId, Timestamp, UserId};

/// What a ticket is good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketKind {
    /// Confirming the address it was sent to.
    VerifyEmail,
    /// Choosing a new password.
    ResetPassword,
}

/// What a person was like when a ticket was made. Whatever of it has changed since spends the ticket, whoever changed
/// it: a link that lies in an old mailbox opens nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pin {
    /// The address.
    pub email: Option<FoldedEmail>,
    /// When the password last changed.
    pub last_password_reset: Option<Timestamp>,
    /// How often the person had signed in; none where that does not matter.
    pub logins_count: Option<i64>,
    /// The version of the password credential; none where there was none, or where that does not matter.
    pub password_version: Option<i64>,
}

impl Pin {
    /// What matters to a ticket of this kind. Whoever can sign in needs no new password, but may well have an address
    /// to confirm.
    pub fn of(kind: TicketKind, user: &User, password: Option<&StoredPassword>) -> Self {
        let resets = kind == TicketKind::ResetPassword;
        Pin {
            email: user.profile.folded_email(),
            last_password_reset: user.last_password_reset,
            logins_count: resets.then_some(user.logins_count),
            password_version: password.filter(|_| resets).map(|stored| stored.version),
        }
    }
}

/// A link, without the secret in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// What it is good for.
    pub kind: TicketKind,
    /// Whose it is.
    pub user_id: UserId,
    /// What the person was like.
    pub pin: Pin,
    /// The application that the person goes on to.
    pub client_id: Option<ClientId>,
    /// Whether it went to the address by mail, and so proves it. Others are handed out by whoever asked for them.
    pub is_mailed: bool,
    /// Where the browser is sent afterwards.
    pub result_url: Option<String>,
    /// Whether it is told the address there.
    pub tells_email: bool,
    /// Whether a new password makes the address a verified one.
    pub verifies_email: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it is good for nothing.
    pub expires_at: Timestamp,
    /// When it was used, or when something else made it worthless.
    pub spent_at: Option<Timestamp>,
}

/// Whether a ticket is good for anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TicketState {
    /// It is.
    Good,
    /// It was used, replaced by a newer one, or overtaken by a change of address or password.
    Spent,
    /// Nobody used it in time.
    Expired,
}

impl Ticket {
    /// What it is good for at `now`, if the person is like `current` by then.
    pub fn state(&self, current: &Pin, now: Timestamp) -> TicketState {
        if self.spent_at.is_some() || self.pin != *current {
            TicketState::Spent
        } else if self.expires_at <= now {
            TicketState::Expired
        } else {
            TicketState::Good
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::user::{PasswordCredential, Profile};

    fn ada() -> User {
        let profile = Profile { email: Some("ada@x.io".to_owned()), ..Profile::default() };
        User::new(UserId::new("auth0|ada"), profile, Vec::new(), Timestamp::from_millis(0))
    }

    fn password(version: i64) -> StoredPassword {
        let credential = PasswordCredential::Native { hash: String::new() };
        StoredPassword { credential, version, updated_at: Timestamp::from_millis(0) }
    }

    fn ticket(kind: TicketKind) -> Ticket {
        Ticket {
            kind,
            user_id: UserId::new("auth0|ada"),
            pin: Pin::of(kind, &ada(), Some(&password(1))),
            client_id: None,
            is_mailed: true,
            result_url: None,
            tells_email: false,
            verifies_email: true,
            created_at: Timestamp::from_millis(0),
            expires_at: Timestamp::from_millis(1000),
            spent_at: None,
        }
    }

    fn state(kind: TicketKind, change: impl FnOnce(&mut User), version: i64) -> TicketState {
        let mut user = ada();
        change(&mut user);
        ticket(kind).state(&Pin::of(kind, &user, Some(&password(version))), Timestamp::from_millis(999))
    }

    #[test]
    fn pw_04_whatever_changes_about_a_person_spends_a_reset() {
        use TicketKind::{ResetPassword, VerifyEmail};
        use TicketState::{Good, Spent};
        assert_eq!(state(ResetPassword, |_| {}, 1), Good);
        assert_eq!(state(ResetPassword, |user| user.profile.email = Some("ADA@x.io".to_owned()), 1), Good);
        assert_eq!(state(ResetPassword, |user| user.profile.email = Some("eve@x.io".to_owned()), 1), Spent);
        assert_eq!(state(ResetPassword, |user| user.profile.email = None, 1), Spent);
        assert_eq!(state(ResetPassword, |user| user.logins_count += 1, 1), Spent);
        assert_eq!(state(ResetPassword, |user| user.last_password_reset = Some(user.created_at), 1), Spent);
        assert_eq!(state(ResetPassword, |_| {}, 2), Spent);
        assert_eq!(state(VerifyEmail, |user| user.logins_count += 1, 2), Good);
        assert_eq!(state(VerifyEmail, |user| user.profile.email = Some("eve@x.io".to_owned()), 1), Spent);
        assert_eq!(state(VerifyEmail, |user| user.last_password_reset = Some(user.created_at), 1), Spent);
    }

    #[test]
    fn a_ticket_ends_to_the_moment() {
        let ticket = ticket(TicketKind::ResetPassword);
        assert_eq!(ticket.state(&ticket.pin, Timestamp::from_millis(999)), TicketState::Good);
        assert_eq!(ticket.state(&ticket.pin, Timestamp::from_millis(1000)), TicketState::Expired);
        let spent = Ticket { spent_at: Some(Timestamp::from_millis(1)), ..ticket };
        assert_eq!(spent.state(&spent.pin, Timestamp::from_millis(999)), TicketState::Spent);
    }
}
