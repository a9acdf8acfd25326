//! What a source can say, as closed sets.

use std::time::Duration;

use crate::profile::SourceProfile;

/// What a source says about a password.
#[derive(Clone, Debug, PartialEq)]
pub enum SourceAnswer {
    /// The password is right, and this is whose it is.
    Verified(Box<SourceProfile>),
    /// The source knows no such person with this password. The only answer that counts as a failed attempt.
    WrongPassword,
    /// The source has shut the person out.
    Blocked,
    /// The source refuses the password because it is known from a breach.
    Breached,
    /// The password is right, but the source wants a second factor, or knows one of the person's.
    MfaRequired,
    /// The source wants to be asked less often, for this person or altogether.
    Throttled {
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The source did not say anything about the password.
    Unavailable(UnavailableReason),
}

impl SourceAnswer {
    /// The label in events and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            SourceAnswer::Verified(_) => "verified",
            SourceAnswer::WrongPassword => "wrong_password",
            SourceAnswer::Blocked => "blocked",
            SourceAnswer::Breached => "breached",
            SourceAnswer::MfaRequired => "mfa_required",
            SourceAnswer::Throttled { .. } => "throttled",
            SourceAnswer::Unavailable(_) => "unavailable",
        }
    }
}

/// What a source says about who has an address.
#[derive(Clone, Debug, PartialEq)]
pub enum DirectoryAnswer {
    /// Exactly one person of the source's connection has it.
    Found(Box<SourceProfile>),
    /// Nobody has it.
    Absent,
    /// The source is not set up to be asked this (`read_profiles` is off).
    Unsupported,
    /// The source wants to be asked less often.
    Throttled {
        /// How long it wants to be left alone, where it says so.
        retry_after: Option<Duration>,
    },
    /// The source did not say anything about the address. This is not [`DirectoryAnswer::Absent`].
    Unavailable(UnavailableReason),
}

impl DirectoryAnswer {
    /// The label in events and metrics.
    pub fn as_str(&self) -> &'static str {
        match self {
            DirectoryAnswer::Found(_) => "found",
            DirectoryAnswer::Absent => "absent",
            DirectoryAnswer::Unsupported => "unsupported",
            DirectoryAnswer::Throttled { .. } => "throttled",
            DirectoryAnswer::Unavailable(_) => "unavailable",
        }
    }
}

/// Why a source said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnavailableReason {
    /// The time for the whole question ran out.
    Timeout,
    /// No connection came about: refused, no route, or the name is unknown.
    Unreachable,
    /// The TLS handshake failed, mostly because of the certificate.
    Tls,
    /// Every address of the source lies in a network the operator has not allowed.
    AddressRefused,
    /// A status that never carries an answer: a redirect, a missing page, a failure of the server.
    Status(u16),
    /// The answer cannot be believed or read.
    Garbage(Garbage),
    /// A refusal in words we give no meaning to.
    UnknownError,
    /// The source does not accept our client, or does not let it do what it asks for.
    OurCredentials,
    /// The source failed too often; it is left alone for a while.
    BreakerOpen,
    /// As many questions as allowed are under way, and none ended in time.
    Saturated,
    /// The source is switched off.
    Disabled,
    /// The source's settings are unusable; see [`crate::IssuerRefused`].
    Misconfigured,
}

impl UnavailableReason {
    /// The label in events and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            UnavailableReason::Timeout => "timeout",
            UnavailableReason::Unreachable => "unreachable",
            UnavailableReason::Tls => "tls",
            UnavailableReason::AddressRefused => "address_refused",
            UnavailableReason::Status(_) => "status",
            UnavailableReason::Garbage(what) => what.as_str(),
            UnavailableReason::UnknownError => "unknown_error",
            UnavailableReason::OurCredentials => "our_credentials",
            UnavailableReason::BreakerOpen => "breaker_open",
            UnavailableReason::Saturated => "saturated",
            UnavailableReason::Disabled => "disabled",
            UnavailableReason::Misconfigured => "misconfigured",
        }
    }

    /// Whether it is a failure of the source that the breaker counts.
    ///
    /// What one account can bring about by itself (an unknown refusal such as a captcha, a profile of somebody
    /// else, an ambiguous address) does not count: a stranger could stop everybody's move with it. A refusal of our
    /// client does not count either, because an open breaker would hide the reason from the operator.
    pub(crate) fn is_failure_of_the_source(self) -> bool {
        match self {
            UnavailableReason::Timeout
            | UnavailableReason::Unreachable
            | UnavailableReason::Tls
            | UnavailableReason::Status(_) => true,
            UnavailableReason::Garbage(what) => !what.concerns_one_account(),
            UnavailableReason::AddressRefused
            | UnavailableReason::UnknownError
            | UnavailableReason::OurCredentials
            | UnavailableReason::BreakerOpen
            | UnavailableReason::Saturated
            | UnavailableReason::Disabled
            | UnavailableReason::Misconfigured => false,
        }
    }
}

/// What is wrong with an answer that cannot be believed or read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Garbage {
    /// It does not declare JSON, or is none.
    NotJson,
    /// It is JSON without what it must hold.
    Malformed,
    /// It is larger than any honest answer.
    TooLarge,
    /// It ended early.
    CutOff,
    /// The ID token names another issuer.
    WrongIssuer,
    /// The ID token is for another client.
    WrongAudience,
    /// The ID token has expired.
    Expired,
    /// There is no usable `sub`.
    NoSubject,
    /// It describes somebody else than was asked about.
    OtherPerson,
    /// Several people have the address.
    Ambiguous,
}

impl Garbage {
    /// The label in events and metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Garbage::NotJson => "not_json",
            Garbage::Malformed => "malformed",
            Garbage::TooLarge => "too_large",
            Garbage::CutOff => "cut_off",
            Garbage::WrongIssuer => "wrong_issuer",
            Garbage::WrongAudience => "wrong_audience",
            Garbage::Expired => "expired",
            Garbage::NoSubject => "no_subject",
            Garbage::OtherPerson => "other_person",
            Garbage::Ambiguous => "ambiguous",
        }
    }

    fn concerns_one_account(self) -> bool {
        matches!(self, Garbage::OtherPerson | Garbage::Ambiguous)
    }
}

/// Why a question got no answer. Whatever is an answer travels beside it, as the `Ok` of a `Result`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Setback {
    /// We ask too often, whoever it is about.
    Throttled { retry_after: Option<Duration> },
    /// There is none to be had.
    Unavailable(UnavailableReason),
}

impl From<UnavailableReason> for Setback {
    fn from(reason: UnavailableReason) -> Self {
        Setback::Unavailable(reason)
    }
}

impl From<Garbage> for Setback {
    fn from(what: Garbage) -> Self {
        Setback::Unavailable(UnavailableReason::Garbage(what))
    }
}

impl From<Setback> for SourceAnswer {
    fn from(setback: Setback) -> Self {
        match setback {
            Setback::Throttled { retry_after } => SourceAnswer::Throttled { retry_after },
            Setback::Unavailable(reason) => SourceAnswer::Unavailable(reason),
        }
    }
}

impl From<Setback> for DirectoryAnswer {
    fn from(setback: Setback) -> Self {
        match setback {
            Setback::Throttled { retry_after } => DirectoryAnswer::Throttled { retry_after },
            Setback::Unavailable(reason) => DirectoryAnswer::Unavailable(reason),
        }
    }
}
