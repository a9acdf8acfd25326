//! Signing in at an upstream provider: what is asked, what comes back, and why it is not believed.

use std::fmt;
use std::time::Duration;

use model::provider::Provider;
use model::user::Profile;
use model::{ConnectionId, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;

use crate::answer::{Garbage, Setback, UnavailableReason};

/// Our registration at a provider, through one connection.
#[derive(Clone, Copy)]
pub struct Registration<'a> {
    /// The connection, under which everything about the provider is remembered.
    pub connection_id: &'a ConnectionId,
    /// Its name, for logs and metrics.
    pub connection: &'a str,
    /// What it knows of the provider.
    pub provider: &'a Provider,
    /// The secret of our client there, or what stands for it; none for a public client.
    pub secret: Option<&'a SecretString>,
    /// Where the provider sends browsers back to; registered there.
    pub redirect_uri: &'a str,
}

/// What a browser is sent to a provider with.
#[derive(Clone, Copy, Debug, Default)]
pub struct SignInRequest<'a> {
    /// Names the sign-in when the browser comes back.
    pub state: &'a str,
    /// Binds the ID token to it.
    pub nonce: &'a str,
    /// The S256 challenge of the code verifier.
    pub code_challenge: &'a str,
    /// Whom to fill in.
    pub login_hint: Option<&'a str>,
    /// `none`, `login` or `select_account`.
    pub prompt: Option<&'a str>,
    /// How long ago the person may have proven who they are there, seconds.
    pub max_age: Option<u64>,
    /// Scopes besides the configured ones.
    pub further_scope: Option<&'a str>,
    /// Further parameters. What is set above wins.
    pub parameters: &'a [(String, String)],
}

/// What a browser brought back, and what it was sent with.
#[derive(Clone, Copy)]
pub struct Returned<'a> {
    /// The code.
    pub code: &'a str,
    /// The `iss` of the answer (RFC 9207).
    pub issuer: Option<&'a str>,
    /// The code verifier of the request.
    pub code_verifier: &'a SecretString,
    /// The nonce of the request.
    pub nonce: &'a str,
    /// When the request was made.
    pub requested_at: Timestamp,
    /// Whether it asked for a new proof (`prompt=login`).
    pub asked_anew: bool,
    /// The `max_age` of the request; with it, the provider has to say when the person proved who they are.
    pub max_age: Option<u64>,
    /// What Apple posts beside the code at the first sign-in: the name, as JSON.
    pub posted_user: Option<&'a str>,
}

/// Who signed in, as a provider says and as far as it is believed.
#[derive(Debug)]
pub struct Assertion {
    /// Names the person there, byte for byte.
    pub subject: String,
    /// Who it is. `email_verified` is what the connection makes of it.
    pub profile: Profile,
    /// When the person proved who they are there, where the provider says so.
    pub authenticated_at: Option<Timestamp>,
    /// The provider's name for the browser's login there.
    pub sid: Option<String>,
    /// The tokens that came with it.
    pub tokens: ProviderTokens,
}

/// Tokens of a provider, as its token endpoint answers them (RFC 6749 5.1, OpenID Connect Core 3.1.3.3).
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ProviderTokens {
    /// For signing out there; none where the provider makes none.
    pub id_token: Option<SecretString>,
    /// For the provider's APIs.
    pub access_token: Option<SecretString>,
    /// For a new access token.
    pub refresh_token: Option<SecretString>,
}

/// Why nobody is signed in although the browser came back, or is not sent there at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInProblem {
    /// The provider said nothing.
    Unavailable(UnavailableReason),
    /// The provider wants to be asked less often.
    Throttled {
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The provider does not take the code: it expired, was used, or is another client's.
    CodeRefused,
    /// What it says is not believed.
    NotBelieved(AssertionRefused),
}

impl SignInProblem {
    /// The label in events and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            SignInProblem::Unavailable(reason) => reason.as_str(),
            SignInProblem::Throttled { .. } => "throttled",
            SignInProblem::CodeRefused => "code_refused",
            SignInProblem::NotBelieved(why) => why.as_str(),
        }
    }
}

impl fmt::Display for SignInProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Setback> for SignInProblem {
    fn from(setback: Setback) -> Self {
        match setback {
            Setback::Throttled { retry_after } => SignInProblem::Throttled { retry_after },
            Setback::Unavailable(reason) => SignInProblem::Unavailable(reason),
        }
    }
}

impl From<UnavailableReason> for SignInProblem {
    fn from(reason: UnavailableReason) -> Self {
        SignInProblem::Unavailable(reason)
    }
}

impl From<Garbage> for SignInProblem {
    fn from(what: Garbage) -> Self {
        SignInProblem::Unavailable(UnavailableReason::Garbage(what))
    }
}

impl From<AssertionRefused> for SignInProblem {
    fn from(why: AssertionRefused) -> Self {
        SignInProblem::NotBelieved(why)
    }
}

/// Why what a provider says of a person is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssertionRefused {
    /// The answer names another issuer, or none although the provider promises to (RFC 9207 2.4).
    ResponseIssuer,
    /// There is no ID token.
    NoIdToken,
    /// The token is not a signed JWT, or too long.
    Malformed,
    /// Its algorithm is not one we take: `none` and HMAC never are.
    Algorithm,
    /// No key of the provider has its `kid`.
    UnknownKey,
    /// The signature is not by that key.
    Signature,
    /// It is of another type.
    Type,
    /// It names another issuer.
    Issuer,
    /// It is for another client.
    Audience,
    /// It was made for another client (`azp`).
    AuthorizedParty,
    /// It has expired, or does not say when it does.
    Expired,
    /// It was issued in the future, or does not say when.
    IssuedAt,
    /// It is not valid yet.
    NotYetValid,
    /// It belongs to another request.
    Nonce,
    /// It belongs to another access token.
    AccessTokenHash,
    /// It belongs to another code.
    CodeHash,
    /// It names nobody.
    Subject,
    /// The person proved who they are too long ago, or it does not say when.
    AuthenticatedAt,
    /// A claim that the connection demands is missing or has another value.
    RequiredClaim,
    /// Userinfo speaks of somebody else.
    UserinfoSubject,
    /// A logout token without the event, or with what only an ID token has.
    LogoutEvent,
}

impl AssertionRefused {
    /// The label in events and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            AssertionRefused::ResponseIssuer => "wrong_response_issuer",
            AssertionRefused::NoIdToken => "no_id_token",
            AssertionRefused::Malformed => "malformed_id_token",
            AssertionRefused::Algorithm => "algorithm_not_allowed",
            AssertionRefused::UnknownKey => "unknown_key",
            AssertionRefused::Signature => "wrong_signature",
            AssertionRefused::Type => "wrong_type",
            AssertionRefused::Issuer => "wrong_issuer",
            AssertionRefused::Audience => "wrong_audience",
            AssertionRefused::AuthorizedParty => "wrong_authorized_party",
            AssertionRefused::Expired => "expired",
            AssertionRefused::IssuedAt => "issued_in_the_future",
            AssertionRefused::NotYetValid => "not_yet_valid",
            AssertionRefused::Nonce => "wrong_nonce",
            AssertionRefused::AccessTokenHash => "wrong_at_hash",
            AssertionRefused::CodeHash => "wrong_c_hash",
            AssertionRefused::Subject => "no_subject",
            AssertionRefused::AuthenticatedAt => "not_authenticated_anew",
            AssertionRefused::RequiredClaim => "required_claim",
            AssertionRefused::UserinfoSubject => "userinfo_of_another_subject",
            AssertionRefused::LogoutEvent => "no_logout_event",
        }
    }
}
