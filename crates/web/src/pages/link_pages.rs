//! What the pages around links in mails are told.

use flows::client_face::ClientFace;
use flows::signup::ShownRule;
use serde::Serialize;

use super::page::back_to;
use super::refusal::{LinkEnd, NewPasswordRefusal, News, ResetRefusal};
use super::{PageClient, PasswordRule, WebUrl};

/// Asks for the address whose password was forgotten. Fields of its form: `state`, `csrf`, `email`, `action`.
#[derive(Clone, Serialize)]
pub struct ResetRequest<'a> {
    /// Where the sign-in leads.
    pub client: PageClient<'a>,
    /// The id of the pending authorization.
    pub state: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// `login_hint`, or what was typed before.
    pub email: &'a str,
    /// Why the last try was refused.
    pub refusal: Option<ResetRefusal>,
}

/// Asks for a new password. Fields of its form: `ticket`, `csrf`, `username` (for password managers), `password`,
/// `action`.
#[derive(Clone, Serialize)]
pub struct NewPassword<'a> {
    /// The application that the link was made for, if known.
    pub client: Option<PageClient<'a>>,
    /// The secret of the link.
    pub ticket: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// Whose password it is.
    pub name: &'a str,
    /// The connection's rules for passwords.
    pub rules: &'a [PasswordRule],
    /// Why the last try was refused.
    pub refusal: Option<NewPasswordRefusal>,
}

/// Asks whether the address is to be confirmed. Fields of its form: `ticket`, `csrf`, `action`.
#[derive(Clone, Serialize)]
pub struct VerifyEmail<'a> {
    /// The application that the link was made for, if known.
    pub client: Option<PageClient<'a>>,
    /// The secret of the link.
    pub ticket: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// The address.
    pub email: &'a str,
}

/// A link that leads to nothing any more.
#[derive(Clone, Serialize)]
pub struct EndedLink<'a> {
    /// Why.
    pub why: LinkEnd,
    /// The application that the link was made for, if known.
    pub client: Option<PageClient<'a>>,
    /// The way back to it, from its registration.
    pub back: Option<WebUrl<'a>>,
    /// The form that asks for another link, where there may be one.
    pub again: Option<Again<'a>>,
}

/// A form that asks for another link.
#[derive(Clone, Copy, Serialize)]
pub struct Again<'a> {
    /// Where it goes.
    pub action: &'a str,
    /// The secret of the old link.
    pub ticket: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
}

/// Something is done.
#[derive(Clone, Serialize)]
pub struct Notice<'a> {
    /// What.
    pub news: News,
    /// The application it was done for, if known.
    pub client: Option<PageClient<'a>>,
    /// The way back to it, from its registration.
    pub back: Option<WebUrl<'a>>,
    /// The pending authorization whose login page comes next, if any.
    pub state: Option<&'a str>,
}

impl<'a> Notice<'a> {
    /// For people who may go on to this application.
    pub fn about(news: News, client: Option<&'a ClientFace>) -> Self {
        Notice { news, client: client.map(PageClient::from), back: client.and_then(back_to), state: None }
    }
}

impl<'a> EndedLink<'a> {
    /// For people who may go on to this application.
    pub fn about(why: LinkEnd, client: Option<&'a ClientFace>, again: Option<Again<'a>>) -> Self {
        EndedLink { why, client: client.map(PageClient::from), back: client.and_then(back_to), again }
    }
}

/// The rules in the page's words, without those that the page does not know.
pub fn password_rules(rules: &[ShownRule]) -> Vec<PasswordRule> {
    rules.iter().filter_map(PasswordRule::from_shown).collect()
}
