//! What a page says when a form was not carried out.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

/// A closed set of things to say, each with the last part of its message's key.
macro_rules! said {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident => $key:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name { $($(#[$doc])* $variant,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The part of the message's key that is its own.
            pub fn key(self) -> &'static str {
                match self { $($name::$variant => $key,)+ }
            }
        }
    };
}

said! {
    /// Why a sign-in was not carried out. Messages `login.refused.KEY.title` and `.text`.
    pub enum LoginRefusal {
        /// No address was typed.
        MissingUsername => "missing_username",
        /// No password was typed.
        MissingPassword => "missing_password",
        /// Unknown address or wrong password; nobody outside learns which.
        WrongPassword => "wrong_password",
        /// The address leads to no provider, and there are no passwords here.
        UnknownDomain => "unknown_domain",
        /// An administrator blocked the account.
        Blocked => "blocked",
        /// Too many tries; the password was not checked.
        TooManyAttempts => "too_many_attempts",
        /// The password is known from a breach and is not accepted any more.
        BreachedPassword => "breached_password",
        /// A second factor is needed that cannot be asked for here.
        SecondFactorRequired => "second_factor_required",
        /// The source that holds the password could not be asked; nothing was counted.
        SourceUnavailable => "source_unavailable",
        /// The source that holds the password asks for a pause; nothing was counted.
        SourceThrottled => "source_throttled",
    }
}

said! {
    /// Why an account was not created. Messages `signup.refused.KEY`.
    pub enum SignupRefusal {
        /// No address was typed.
        MissingEmail => "missing_email",
        /// It is not an address.
        InvalidEmail => "invalid_email",
        /// The address has an account. Only where the connection's policy lets strangers learn that.
        EmailTaken => "email_taken",
        /// No password was typed.
        MissingPassword => "missing_password",
        /// It is longer than what is hashed.
        PasswordTooLong => "password_too_long",
        /// A rule of the policy is broken; the page's rules say which.
        WeakPassword => "weak_password",
        /// Too many tries from here.
        TooManyAttempts => "too_many_attempts",
        /// The source, which may know the address, could not be asked.
        SourceUnavailable => "source_unavailable",
    }
}

said! {
    /// Why nobody was signed in by way of a provider. Messages `provider.refused.KEY.title` and `.text`.
    pub enum ProviderRefusal {
        /// The person did not want to, or the provider does not let them.
        Denied => "denied",
        /// The provider reports a failure.
        Failed => "failed",
        /// The provider does not answer.
        Unavailable => "unavailable",
        /// The provider asks for a pause.
        Throttled => "throttled",
        /// The provider does not accept our client.
        Misconfigured => "misconfigured",
        /// The answer came too late, or twice.
        TooLate => "too_late",
        /// The answer does not hold.
        NotBelieved => "not_believed",
        /// An administrator blocked the account.
        Blocked => "blocked",
        /// The account was deleted here.
        Deleted => "deleted",
        /// The provider's name for the person is somebody else's.
        TwoPeople => "two_people",
        /// The connection is not open to this client.
        ConnectionClosed => "connection_closed",
    }
}

said! {
    /// Why no link was asked for. Messages `reset.refused.KEY`.
    pub enum ResetRefusal {
        /// No address was typed.
        MissingEmail => "missing_email",
        /// It is not an address.
        InvalidEmail => "invalid_email",
    }
}

said! {
    /// Why a password was not changed. Messages `new_password.refused.KEY`.
    pub enum NewPasswordRefusal {
        /// No password was typed.
        MissingPassword => "missing_password",
        /// It is longer than what is hashed.
        PasswordTooLong => "password_too_long",
        /// A rule of the policy is broken; the page's rules say which.
        WeakPassword => "weak_password",
        /// Too many tries from here.
        TooManyAttempts => "too_many_attempts",
    }
}

said! {
    /// Why a link leads to nothing. Messages `link_ended.KEY.title` and `.text`.
    pub enum LinkEnd {
        /// It is not known here.
        Unknown => "unknown",
        /// It was used, replaced, or overtaken by a change of the account.
        Spent => "spent",
        /// Nobody used it in time.
        Expired => "expired",
        /// The address it confirms is confirmed.
        VerifiedAlready => "verified_already",
    }
}

said! {
    /// What is done. Messages `notice.KEY.title` and `.text`.
    pub enum News {
        /// If the address has an account, a link to choose a new password is on its way.
        ResetMail => "reset_mail",
        /// A link to confirm the address is on its way.
        VerificationMail => "verification_mail",
        /// The password is changed.
        PasswordChanged => "password_changed",
        /// The address is confirmed.
        EmailVerified => "email_verified",
    }
}

said! {
    /// What the error page is about. Messages `error.KEY.title` and `.text`.
    pub enum Problem {
        /// The pending authorization is gone, was used, or belongs to another browser.
        SignInExpired => "sign_in_expired",
        /// The connection takes no sign-ups.
        SignupClosed => "signup_closed",
        /// Passwords of the connection are not changed by mail.
        ResetClosed => "reset_closed",
        /// The cookie that binds a form to its browser did not come back.
        CookiesNeeded => "cookies_needed",
        /// A form that is not from our own page.
        ForeignForm => "foreign_form",
        /// `client_id` names no client (RFC 6749 4.1.2.1).
        UnknownClient => "unknown_client",
        /// `redirect_uri` is not registered (RFC 6749 4.1.2.1).
        RedirectUriMismatch => "redirect_uri_mismatch",
        /// `returnTo` or `post_logout_redirect_uri` is not registered.
        LogoutUrlMismatch => "logout_url_mismatch",
        /// A request that cannot be read and must not be redirected.
        InvalidRequest => "invalid_request",
        /// The client has no enabled connection.
        NoConnection => "no_connection",
        /// Too many requests from this address.
        TooManyRequests => "too_many_requests",
        /// No capacity now.
        Busy => "busy",
        /// Our fault; the cause is in the log beside the request id.
        Internal => "internal",
    }
}

impl LoginRefusal {
    /// Whether trying again later may help, with the same password.
    fn is_temporary(self) -> bool {
        matches!(self, Self::TooManyAttempts | Self::SourceUnavailable | Self::SourceThrottled)
    }

    fn concerns_username(self) -> bool {
        matches!(self, Self::MissingUsername | Self::WrongPassword | Self::UnknownDomain)
    }

    fn concerns_password(self) -> bool {
        matches!(self, Self::MissingPassword | Self::WrongPassword | Self::BreachedPassword)
    }
}

impl SignupRefusal {
    /// Whether trying again later may help, with the same form. Such a refusal comes alone.
    fn is_temporary(self) -> bool {
        matches!(self, Self::TooManyAttempts | Self::SourceUnavailable)
    }

    /// The field it is about, by the name of its input.
    pub(super) fn field(self) -> Option<&'static str> {
        match self {
            Self::MissingEmail | Self::InvalidEmail | Self::EmailTaken => Some("email"),
            Self::MissingPassword | Self::PasswordTooLong | Self::WeakPassword => Some("password"),
            Self::TooManyAttempts | Self::SourceUnavailable => None,
        }
    }
}

impl Serialize for LoginRefusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut refusal = serializer.serialize_struct("LoginRefusal", 4)?;
        refusal.serialize_field("key", self.key())?;
        refusal.serialize_field("temporary", &self.is_temporary())?;
        refusal.serialize_field("concerns_username", &self.concerns_username())?;
        refusal.serialize_field("concerns_password", &self.concerns_password())?;
        refusal.end()
    }
}

impl Serialize for ProviderRefusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut refusal = serializer.serialize_struct("ProviderRefusal", 1)?;
        refusal.serialize_field("key", self.key())?;
        refusal.end()
    }
}

impl Serialize for SignupRefusal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut refusal = serializer.serialize_struct("SignupRefusal", 3)?;
        refusal.serialize_field("key", self.key())?;
        refusal.serialize_field("temporary", &self.is_temporary())?;
        refusal.serialize_field("field", &self.field())?;
        refusal.end()
    }
}

/// Sets of which a template needs the key alone.
macro_rules! told_by_key {
    ($($name:ident),+) => {$(
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.key())
            }
        }
    )+};
}

told_by_key!(Problem, ResetRefusal, NewPasswordRefusal, LinkEnd, News);
