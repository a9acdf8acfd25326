//! The error codes that travel over the wire.

macro_rules! error_codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)*) => {
        /// A value of `error`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ErrorCode { $($(#[$doc])* $name,)* }

        impl ErrorCode {
            /// The wire spelling.
            pub fn as_str(self) -> &'static str {
                match self { $(ErrorCode::$name => $code,)* }
            }
        }
    };
}

error_codes! {
    /// RFC 6749 4.1.2.1 and 5.2.
    InvalidRequest = "invalid_request",
    /// RFC 6749 5.2.
    InvalidClient = "invalid_client",
    /// RFC 6749 5.2.
    InvalidGrant = "invalid_grant",
    /// RFC 6749 4.1.2.1 and 5.2.
    UnauthorizedClient = "unauthorized_client",
    /// RFC 6749 5.2.
    UnsupportedGrantType = "unsupported_grant_type",
    /// RFC 6749 4.1.2.1.
    UnsupportedResponseType = "unsupported_response_type",
    /// RFC 6749 4.1.2.1 and 5.2.
    InvalidScope = "invalid_scope",
    /// RFC 6749 4.1.2.1.
    AccessDenied = "access_denied",
    /// RFC 6749 4.1.2.1.
    ServerError = "server_error",
    /// RFC 6749 4.1.2.1.
    TemporarilyUnavailable = "temporarily_unavailable",
    /// OpenID Connect Core 3.1.2.6.
    LoginRequired = "login_required",
    /// OpenID Connect Core 3.1.2.6.
    InteractionRequired = "interaction_required",
    /// OpenID Connect Core 3.1.2.6.
    ConsentRequired = "consent_required",
    /// OpenID Connect Core 3.1.2.6.
    RequestNotSupported = "request_not_supported",
    /// OpenID Connect Core 3.1.2.6.
    InvalidRequestObject = "invalid_request_object",
    /// OpenID Connect Core 3.1.2.6.
    InvalidRequestUri = "invalid_request_uri",
    /// OpenID Connect Core Error Code `unmet_authentication_requirements` 1.0.
    UnmetAuthenticationRequirements = "unmet_authentication_requirements",
    /// RFC 7591 3.2.2.
    InvalidRedirectUri = "invalid_redirect_uri",
    /// RFC 7591 3.2.2.
    InvalidClientMetadata = "invalid_client_metadata",
    /// RFC 6750 3.1.
    InvalidToken = "invalid_token",
    /// RFC 9449 5.
    InvalidDpopProof = "invalid_dpop_proof",
    /// Auth0: an administrator has blocked the user.
    Unauthorized = "unauthorized",
    /// Auth0: a second factor is wanted.
    MfaRequired = "mfa_required",
    /// Auth0: the password is known from a breach.
    PasswordLeaked = "password_leaked",
    /// Auth0: too many wrong passwords for one account.
    TooManyAttempts = "too_many_attempts",
    /// Auth0: too many requests.
    TooManyRequests = "too_many_requests",
}

#[cfg(test)]
mod tests {
    use super::ErrorCode;

    #[test]
    fn codes_are_spelled_as_on_the_wire() {
        assert_eq!(ErrorCode::InvalidGrant.as_str(), "invalid_grant");
    }
}
