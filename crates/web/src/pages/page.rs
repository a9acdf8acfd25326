//! The pages and what each of them is told.

use flows::client_face::ClientFace;
use flows::signup::ShownRule;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::link_pages::{EndedLink, NewPassword, Notice, ResetRequest, VerifyEmail};
use super::{LoginProvider, LoginRefusal, Onward, Problem, ProviderRefused, SignupRefusal, WebUrl};

/// A page with all it needs. Pages hold tokens and authorization responses, so they have no `Debug`.
#[derive(Clone)]
pub enum Page<'a> {
    /// Address and password; posts to `/u/login`.
    Login(Login<'a>),
    /// A new account; posts to `/u/signup`.
    Signup(Signup<'a>),
    /// Leads on to a provider.
    Onward(Onward),
    /// Nobody was signed in by way of a provider.
    ProviderRefused(ProviderRefused<'a>),
    /// The address whose password was forgotten; posts to `/u/reset-password/request`.
    ResetRequest(ResetRequest<'a>),
    /// A new password; posts to `/u/reset-verify`.
    NewPassword(NewPassword<'a>),
    /// Whether an address is to be confirmed; posts to `/u/email-verification`.
    VerifyEmail(VerifyEmail<'a>),
    /// A link that leads to nothing any more.
    EndedLink(EndedLink<'a>),
    /// Something is done.
    Notice(Notice<'a>),
    /// What an application wants, for a person to allow or not; posts to `/u/consent`.
    Consent(Consent<'a>),
    /// Something cannot go on, and may not be redirected.
    Error(ErrorPage<'a>),
    /// The session is over.
    LoggedOut(LoggedOut<'a>),
    /// Asks before a session ends.
    LogoutConfirm(LogoutConfirm<'a>),
    /// The person did not want the session to end.
    StillSignedIn,
    /// Carries an authorization response by POST (OAuth 2.0 Form Post Response Mode).
    FormPost(FormPost<'a>),
    /// No such address.
    NotFound,
}

impl Page<'_> {
    /// The file that renders it.
    pub(super) fn template(&self) -> &'static str {
        match self {
            Page::Login(_) => "login.html",
            Page::Signup(_) => "signup.html",
            Page::Onward(_) => "onward.html",
            Page::ProviderRefused(_) => "provider_refused.html",
            Page::ResetRequest(_) => "reset_request.html",
            Page::NewPassword(_) => "new_password.html",
            Page::VerifyEmail(_) => "verify_email.html",
            Page::EndedLink(_) => "link_ended.html",
            Page::Notice(_) => "notice.html",
            Page::Consent(_) => "consent.html",
            Page::Error(_) => "error.html",
            Page::LoggedOut(_) => "logged_out.html",
            Page::LogoutConfirm(_) => "logout_confirm.html",
            Page::StillSignedIn => "still_signed_in.html",
            Page::FormPost(_) => "form_post.html",
            Page::NotFound => "not_found.html",
        }
    }
}

/// A template sees its page's fields alone, without the variant around them.
impl Serialize for Page<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Page::Login(page) => page.serialize(serializer),
            Page::Signup(page) => page.serialize(serializer),
            Page::Onward(page) => page.serialize(serializer),
            Page::ProviderRefused(page) => page.serialize(serializer),
            Page::ResetRequest(page) => page.serialize(serializer),
            Page::NewPassword(page) => page.serialize(serializer),
            Page::VerifyEmail(page) => page.serialize(serializer),
            Page::EndedLink(page) => page.serialize(serializer),
            Page::Notice(page) => page.serialize(serializer),
            Page::Consent(page) => page.serialize(serializer),
            Page::Error(page) => page.serialize(serializer),
            Page::LoggedOut(page) => page.serialize(serializer),
            Page::LogoutConfirm(page) => page.serialize(serializer),
            Page::FormPost(page) => page.serialize(serializer),
            Page::StillSignedIn | Page::NotFound => serializer.serialize_unit(),
        }
    }
}

/// What every page is told.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Frame<'a> {
    /// Fresh for each response, base64url; the same as in its policy.
    pub nonce: &'a str,
    /// Shown on error pages, so that a person can name it.
    pub request_id: &'a str,
    /// The language wanted, as a BCP 47 tag. A language we do not have falls back to its base, then to English.
    pub locale: &'a str,
    /// What people read as the name of the place.
    pub tenant_name: &'a str,
    /// From [`Pages::asset_version`](super::Pages::asset_version).
    pub asset_version: &'a str,
}

/// The client as people see it.
#[derive(Clone, Copy, Debug)]
pub struct PageClient<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its picture; without one its initial stands in.
    pub logo: Option<WebUrl<'a>>,
}

impl<'a> From<&'a ClientFace> for PageClient<'a> {
    fn from(face: &'a ClientFace) -> Self {
        PageClient { name: &face.name, logo: face.logo_uri.as_deref().and_then(WebUrl::new) }
    }
}

impl Serialize for PageClient<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let initial = self.name.chars().find(|letter| letter.is_alphanumeric());
        let mut client = serializer.serialize_struct("PageClient", 3)?;
        client.serialize_field("name", self.name)?;
        client.serialize_field("logo", &self.logo)?;
        client
            .serialize_field("initial", &initial.map(|letter| letter.to_uppercase().to_string()).unwrap_or_default())?;
        client.end()
    }
}

/// The login page. Fields of its form: `state`, `csrf`, `username`, `password`, `action`.
#[expect(clippy::struct_excessive_bools, reason = "each is a part of the page that is there or is not")]
#[derive(Clone, Serialize)]
pub struct Login<'a> {
    /// Where the sign-in leads.
    pub client: PageClient<'a>,
    /// The id of the pending authorization.
    pub state: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// `login_hint`, or what was typed before.
    pub username: &'a str,
    /// Why the last try was refused.
    pub refusal: Option<LoginRefusal>,
    /// Whether to point at `/u/signup`.
    pub signup_allowed: bool,
    /// Whether there is a field for a password.
    pub takes_passwords: bool,
    /// Whether an address alone may lead on.
    pub knows_domains: bool,
    /// The providers that have a button.
    pub providers: &'a [LoginProvider<'a>],
    /// Whether to point at `/u/reset-password/request`.
    pub reset_allowed: bool,
}

/// The consent page. Fields of its form: `state`, `csrf`, `action`, which is `allow` or `deny`.
#[derive(Clone, Serialize)]
pub struct Consent<'a> {
    /// Who asks.
    pub client: PageClient<'a>,
    /// The id of the pending authorization.
    pub state: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// As whom the person is signed in.
    pub user: Option<&'a str>,
    /// The name of the API that the application wants to call.
    pub api: Option<&'a str>,
    /// What it wants.
    pub scopes: Vec<ConsentScope<'a>>,
}

/// One scope on the consent page.
#[derive(Clone, Copy, Debug)]
pub struct ConsentScope<'a> {
    /// The scope token, shown where nothing better is known.
    pub value: &'a str,
    /// What the API says of it.
    pub description: Option<&'a str>,
}

impl ConsentScope<'_> {
    /// The scopes for which there are words of ours.
    pub(super) const KNOWN: [&'static str; 6] = ["openid", "profile", "email", "phone", "address", "offline_access"];
}

impl Serialize for ConsentScope<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut scope = serializer.serialize_struct("ConsentScope", 3)?;
        scope.serialize_field("key", &Self::KNOWN.contains(&self.value).then_some(self.value))?;
        scope.serialize_field("value", self.value)?;
        scope.serialize_field("description", &self.description)?;
        scope.end()
    }
}

/// The sign-up page. Fields of its form: `state`, `csrf`, `email`, `password`, `action`.
#[derive(Clone)]
pub struct Signup<'a> {
    /// Where the sign-up leads.
    pub client: PageClient<'a>,
    /// The id of the pending authorization.
    pub state: &'a str,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// `login_hint`, or what was typed before.
    pub email: &'a str,
    /// The connection's rules for passwords.
    pub rules: &'a [PasswordRule],
    /// Why the last try was refused, in the order of the fields.
    pub refusals: &'a [SignupRefusal],
}

impl Signup<'_> {
    fn is_refused(&self, field: &str) -> bool {
        self.refusals.iter().any(|refusal| refusal.field() == Some(field))
    }
}

impl Serialize for Signup<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut page = serializer.serialize_struct("Signup", 8)?;
        page.serialize_field("client", &self.client)?;
        page.serialize_field("state", self.state)?;
        page.serialize_field("csrf", self.csrf)?;
        page.serialize_field("email", self.email)?;
        page.serialize_field("rules", self.rules)?;
        page.serialize_field("refusals", self.refusals)?;
        page.serialize_field("email_refused", &self.is_refused("email"))?;
        page.serialize_field("password_refused", &self.is_refused("password"))?;
        page.end()
    }
}

/// One rule for new passwords, as listed beside the field.
#[derive(Clone, Copy, Debug)]
pub struct PasswordRule {
    /// What it asks for.
    pub requirement: Requirement,
    /// Whether the password just typed broke it.
    pub broken: bool,
}

impl PasswordRule {
    /// A rule in the page's words; none for a code the page does not know.
    pub(super) fn from_shown(rule: &ShownRule) -> Option<Self> {
        let requirement = match rule.code {
            "lengthAtLeast" => Requirement::MinLength(u32::try_from(rule.number?).ok()?),
            "shouldContain" => Requirement::LowerUpperDigit,
            "containsAtLeast" => Requirement::ThreeKinds,
            "identicalChars" => Requirement::NoRepeats,
            "commonPassword" => Requirement::NotCommon,
            "noPersonalInfo" => Requirement::NotPersonal,
            _ => return None,
        };
        Some(PasswordRule { requirement, broken: rule.broken })
    }
}

/// What a rule asks for, after the rules of `credentials::policy`. Messages `password.rule.KEY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// At least so many characters (`lengthAtLeast`).
    MinLength(u32),
    /// A lower-case letter, an upper-case letter and a digit (`shouldContain`).
    LowerUpperDigit,
    /// Three of lower case, upper case, digits and special characters (`containsAtLeast`).
    ThreeKinds,
    /// No more than two equal characters in a row (`identicalChars`).
    NoRepeats,
    /// None of the most common passwords (`commonPassword`).
    NotCommon,
    /// Without the person's address or name (`noPersonalInfo`).
    NotPersonal,
}

impl Requirement {
    fn key(self) -> &'static str {
        match self {
            Self::MinLength(_) => "min_length",
            Self::LowerUpperDigit => "lower_upper_digit",
            Self::ThreeKinds => "three_kinds",
            Self::NoRepeats => "no_repeats",
            Self::NotCommon => "not_common",
            Self::NotPersonal => "not_personal",
        }
    }

    fn count(self) -> Option<u32> {
        if let Self::MinLength(count) = self { Some(count) } else { None }
    }
}

impl Serialize for PasswordRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut rule = serializer.serialize_struct("PasswordRule", 3)?;
        rule.serialize_field("key", self.requirement.key())?;
        rule.serialize_field("count", &self.requirement.count())?;
        rule.serialize_field("broken", &self.broken)?;
        rule.end()
    }
}

/// The error page.
#[derive(Clone, Debug, Serialize)]
pub struct ErrorPage<'a> {
    /// What it is about.
    pub problem: Problem,
    /// Whose request it was, if that is known.
    pub client: Option<PageClient<'a>>,
    /// The way back to the client, from its registration and never from the request.
    pub back: Option<WebUrl<'a>>,
    /// A sentence for developers, such as an `error_description`; without internal detail.
    pub detail: Option<&'a str>,
}

impl<'a> ErrorPage<'a> {
    /// About a request of this client, if it is known.
    pub fn about(problem: Problem, client: Option<&'a ClientFace>) -> Self {
        ErrorPage { problem, client: client.map(PageClient::from), back: client.and_then(back_to), detail: None }
    }
}

/// The page after a logout.
#[derive(Clone, Debug, Serialize)]
pub struct LoggedOut<'a> {
    /// Who asked for the logout, if that is known.
    pub client: Option<PageClient<'a>>,
    /// The way back to the client, from its registration.
    pub back: Option<WebUrl<'a>>,
}

impl<'a> LoggedOut<'a> {
    /// By this client, if it is known.
    pub fn by(client: Option<&'a ClientFace>) -> Self {
        LoggedOut { client: client.map(PageClient::from), back: client.and_then(back_to) }
    }
}

pub(super) fn back_to(client: &ClientFace) -> Option<WebUrl<'_>> {
    client.way_back.as_deref().and_then(WebUrl::new)
}

/// The question before a logout; posts to `/oidc/logout`. Fields of its form: `csrf`, `confirm` (`yes` or `no`) and the request's own.
#[derive(Clone, Serialize)]
pub struct LogoutConfirm<'a> {
    /// Who asks for the logout, if that is known.
    pub client: Option<PageClient<'a>>,
    /// The person's address or name.
    pub user: Option<&'a str>,
    /// The token that binds the form to the browser.
    pub csrf: &'a str,
    /// The parameters of the request, sent again with the answer.
    pub fields: Vec<(String, String)>,
}

/// An authorization response on its way (OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Serialize)]
pub struct FormPost<'a> {
    /// The redirect URI.
    pub action: WebUrl<'a>,
    /// The parameters of the response.
    pub fields: Vec<(String, String)>,
}
