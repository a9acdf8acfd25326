//! Token endpoint and userinfo (RFC 6749 5.2, RFC 6750 3).

use std::time::Duration;

use axum::Json;
use axum::response::{IntoResponse, Response};
use flows::InternalError;
use flows::authorize::PushRefused;
use flows::client_authentication::ClientRefused;
use flows::dpop::DpopRefused;
use flows::grants::GrantRefused;
use flows::introspection::IntrospectionRefused;
use flows::limits::{Limited, Standing};
use flows::login::LoginRefused;
use flows::logout::NoticeRefused;
use flows::registration::RegistrationRefused;
use flows::revocation::RevocationRefused;
use http::{HeaderValue, StatusCode, header};
use protocol::client_authentication::AuthenticationRefused;
use protocol::client_metadata::GrantType;
use protocol::error::ErrorCode;
use protocol::token::TokenRequestRefused;
use serde_json::json;

use super::{WAIT, internal_status, log_internal, unread_status};
use crate::extract::{BodyRefused, ManyProofs, Scheme};
use crate::standing::tell;
use crate::state::TokenErrorStatus;

/// An error as the token endpoint tells it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TokenError {
    status: StatusCode,
    code: ErrorCode,
    description: String,
    retry_after: Option<Duration>,
    /// The client tried Basic, so the answer names the scheme (RFC 6749 5.2).
    challenges_basic: bool,
    /// How the caller stands with the limit that refuses the call.
    standing: Option<Standing>,
}

impl TokenError {
    fn new(status: StatusCode, code: ErrorCode, description: impl Into<String>) -> Self {
        TokenError {
            status,
            code,
            description: description.into(),
            retry_after: None,
            challenges_basic: false,
            standing: None,
        }
    }

    fn after(self, wait: Option<Duration>) -> Self {
        TokenError { retry_after: Some(wait.unwrap_or(WAIT)), ..self }
    }

    /// With the scheme named, where the client tried it.
    pub(crate) fn challenging(self, used_basic: bool) -> Self {
        TokenError { challenges_basic: used_basic && self.status == StatusCode::UNAUTHORIZED, ..self }
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let body = json!({ "error": self.code.as_str(), "error_description": self.description });
        let mut response = (self.status, [(header::PRAGMA, "no-cache")], Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
        }
        if let Some(standing) = self.standing {
            tell(headers, standing);
        }
        if self.challenges_basic {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"landbridge\""));
        }
        response
    }
}

/// A call too many, of which nothing was looked at.
pub(crate) fn limited(limited: Limited) -> TokenError {
    let text = "Too many requests. X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset say how many are \
                taken, and when the next one is.";
    let error = TokenError::new(StatusCode::TOO_MANY_REQUESTS, ErrorCode::TooManyRequests, text);
    TokenError { standing: Some(limited.standing), ..error }.after(Some(Duration::from_secs(limited.wait_seconds())))
}

/// RFC 6749 5.2 knows 400 and 401; Auth0 answers 403 for everything that concerns the grant.
fn grant_status(statuses: TokenErrorStatus) -> StatusCode {
    match statuses {
        TokenErrorStatus::Rfc => StatusCode::BAD_REQUEST,
        TokenErrorStatus::Auth0 => StatusCode::FORBIDDEN,
    }
}

/// A token request that cannot be read.
pub(crate) fn unreadable(refused: &BodyRefused) -> TokenError {
    TokenError::new(unread_status(refused), ErrorCode::InvalidRequest, refused.to_string())
}

/// A parameter of a token request was sent twice, or is too long.
pub(crate) fn ambiguous(what: &str) -> TokenError {
    TokenError::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, what)
}

/// A token request without what its grant needs.
pub(crate) fn incomplete(refused: TokenRequestRefused) -> TokenError {
    let code = match refused {
        TokenRequestRefused::MissingParameter(_) | TokenRequestRefused::MissingGrantType => ErrorCode::InvalidRequest,
        TokenRequestRefused::UnsupportedGrantType => ErrorCode::UnsupportedGrantType,
    };
    TokenError::new(StatusCode::BAD_REQUEST, code, refused.to_string())
}

/// Client credentials that cannot be read.
pub(crate) fn unauthenticated(refused: AuthenticationRefused) -> TokenError {
    match refused {
        AuthenticationRefused::TwoMethods | AuthenticationRefused::MissingClientId => {
            TokenError::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, refused.to_string())
        }
        AuthenticationRefused::MalformedBasic | AuthenticationRefused::UnsupportedAssertion => {
            TokenError::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient, refused.to_string())
        }
    }
}

/// Why no token is issued, in the words SDKs look for.
pub(crate) fn refused(refused: &GrantRefused, statuses: TokenErrorStatus) -> TokenError {
    let grant = |code, text: &str| TokenError::new(grant_status(statuses), code, text);
    let request = |code, text: &str| TokenError::new(StatusCode::BAD_REQUEST, code, text);
    match refused {
        GrantRefused::Client(refused) => client(refused),
        GrantRefused::GrantNotAllowed(asked) => {
            let text = format!("Grant type '{}' not allowed for the client.", asked.as_str());
            grant(ErrorCode::UnauthorizedClient, &text)
        }
        GrantRefused::InvalidCode => grant(ErrorCode::InvalidGrant, "Invalid authorization code"),
        GrantRefused::WrongRedirectUri => grant(
            ErrorCode::InvalidGrant,
            "The redirect URI is wrong: it must be the one of the authorization request.",
        ),
        GrantRefused::Dpop(refused) => dpop(refused),
        GrantRefused::AnotherKey => grant(ErrorCode::InvalidGrant, "The code is bound to another key."),
        GrantRefused::Pkce(refused) => {
            grant(ErrorCode::InvalidGrant, &format!("Failed to verify code verifier: {refused}."))
        }
        GrantRefused::InvalidRefreshToken => grant(ErrorCode::InvalidGrant, "Unknown or invalid refresh token."),
        GrantRefused::ScopeExceeded => {
            request(ErrorCode::InvalidScope, "The requested scope exceeds what was granted.")
        }
        GrantRefused::AudienceChanged => {
            request(ErrorCode::InvalidRequest, "The audience must be the one that was granted.")
        }
        GrantRefused::UnknownAudience(audience) => {
            grant(ErrorCode::AccessDenied, &format!("Service not found: {audience}"))
        }
        GrantRefused::AudienceMissing => {
            request(ErrorCode::InvalidRequest, "audience is required: the tenant has no default audience.")
        }
        GrantRefused::NoClientGrant(audience) => {
            let text = format!("Client is not authorized to access resource server \"{audience}\".");
            grant(ErrorCode::AccessDenied, &text)
        }
        GrantRefused::UnknownRealm => {
            request(ErrorCode::InvalidRequest, "The realm names no database connection that this client may use.")
        }
        GrantRefused::Login(why) => login(*why, statuses),
        GrantRefused::Internal(error) => internal(error),
    }
}

/// Why a token is not revoked. Whatever failed on our side, the token lives and the client is to ask again, which is
/// what 503 says here (RFC 7009 2.2.1).
pub(crate) fn revocation(refused: &RevocationRefused) -> TokenError {
    match refused {
        RevocationRefused::Client(ClientRefused::Internal(error)) | RevocationRefused::Internal(error) => {
            log_internal(error);
            let text = "The token could not be revoked; try again in a moment.";
            TokenError::new(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::TemporarilyUnavailable, text).after(None)
        }
        RevocationRefused::Client(refused) => client(refused),
    }
}

/// Why an authorization request is not kept (RFC 9126 2.3).
pub(crate) fn push(refused: &PushRefused) -> TokenError {
    match refused {
        PushRefused::Client(refused) => client(refused),
        PushRefused::Request(refusal) => {
            TokenError::new(StatusCode::BAD_REQUEST, refusal.error, refusal.description.as_str())
        }
        PushRefused::Dpop(refused) => dpop(refused),
        PushRefused::Internal(error) => internal(error),
    }
}

/// Why a client is not registered (RFC 7591 3.2.2).
pub(crate) fn registration(refused: &RegistrationRefused) -> TokenError {
    let request = |code| TokenError::new(StatusCode::BAD_REQUEST, code, refused.to_string());
    match refused {
        RegistrationRefused::Off => {
            TokenError::new(StatusCode::FORBIDDEN, ErrorCode::AccessDenied, refused.to_string())
        }
        RegistrationRefused::RedirectUri(_) => request(ErrorCode::InvalidRedirectUri),
        RegistrationRefused::Metadata(_) => request(ErrorCode::InvalidClientMetadata),
        RegistrationRefused::Internal(error) => internal(error),
    }
}

/// Why a proof of possession proves nothing (RFC 9449 5).
fn dpop(refused: &DpopRefused) -> TokenError {
    match refused {
        DpopRefused::Missing
        | DpopRefused::Signature(_)
        | DpopRefused::Claims(_)
        | DpopRefused::Used
        | DpopRefused::AnotherKey => {
            let text = format!("The DPoP proof was not accepted: {refused}.");
            TokenError::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidDpopProof, text)
        }
        DpopRefused::Internal(error) => internal(error),
    }
}

/// More than one `DPoP` header, or one that is no text (RFC 9449 4.3).
pub(crate) fn many_proofs(_: ManyProofs) -> TokenError {
    let text = "There must be exactly one DPoP header.";
    TokenError::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidDpopProof, text)
}

/// Why a notice of a provider ends nothing (Back-Channel Logout 2.8). One that cannot be judged may come again.
pub(crate) fn logout_notice(refused: &NoticeRefused) -> TokenError {
    match refused {
        NoticeRefused::UnknownConnection | NoticeRefused::NotBelieved(_) | NoticeRefused::Replayed => {
            TokenError::new(StatusCode::BAD_REQUEST, ErrorCode::InvalidRequest, refused.to_string())
        }
        NoticeRefused::CannotJudge => {
            let code = ErrorCode::TemporarilyUnavailable;
            TokenError::new(StatusCode::SERVICE_UNAVAILABLE, code, refused.to_string()).after(None)
        }
        NoticeRefused::Internal(error) => internal(error),
    }
}

/// Why nothing is told of a token.
pub(crate) fn introspection(refused: &IntrospectionRefused) -> TokenError {
    match refused {
        IntrospectionRefused::Client(refused) => client(refused),
        IntrospectionRefused::PublicClient => {
            let text = "A client without a secret may not introspect tokens.";
            TokenError::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient, text)
        }
        IntrospectionRefused::Internal(error) => internal(error),
    }
}

/// Something failed on our side.
pub(crate) fn internal(error: &InternalError) -> TokenError {
    log_internal(error);
    let status = internal_status(error);
    if error.is_temporary() {
        let text = "The server is busy; try again in a moment.";
        return TokenError::new(status, ErrorCode::TemporarilyUnavailable, text).after(None);
    }
    TokenError::new(status, ErrorCode::ServerError, "Something went wrong on our side.")
}

fn client(refused: &ClientRefused) -> TokenError {
    match refused {
        ClientRefused::Unreadable(refused) => unauthenticated(*refused),
        ClientRefused::Unknown | ClientRefused::WrongSecret => TokenError::new(
            StatusCode::UNAUTHORIZED,
            ErrorCode::InvalidClient,
            "Unknown client, or wrong client secret.",
        ),
        ClientRefused::Limited(refused) => limited(*refused),
        ClientRefused::Assertion(refused) => {
            let text = format!("The client assertion was not accepted: {refused}.");
            TokenError::new(StatusCode::UNAUTHORIZED, ErrorCode::InvalidClient, text)
        }
        ClientRefused::Internal(error) => {
            log_internal(error);
            let status = internal_status(error);
            TokenError::new(status, ErrorCode::TemporarilyUnavailable, "The client could not be checked.").after(None)
        }
    }
}

fn login(why: LoginRefused, statuses: TokenErrorStatus) -> TokenError {
    let grant = |code, text: &str| TokenError::new(grant_status(statuses), code, text);
    match why {
        LoginRefused::WrongPassword => grant(ErrorCode::InvalidGrant, "Wrong email or password."),
        LoginRefused::Blocked => grant(ErrorCode::Unauthorized, "user is blocked"),
        LoginRefused::TooManyAttempts => TokenError::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::TooManyAttempts,
            "Your account has been blocked after multiple consecutive login attempts. Try again later.",
        )
        .after(None),
        LoginRefused::Limited(refused) => limited(refused),
        LoginRefused::Breached => {
            grant(ErrorCode::PasswordLeaked, "This password is known from a data breach and is not accepted any more.")
        }
        LoginRefused::SecondFactorRequired => grant(ErrorCode::MfaRequired, "Multifactor authentication required"),
        LoginRefused::SourceThrottled { retry_after } => TokenError::new(
            StatusCode::TOO_MANY_REQUESTS,
            ErrorCode::TooManyRequests,
            "The system that holds this password asks for a pause. The password was not checked.",
        )
        .after(retry_after),
        LoginRefused::SourceUnavailable => TokenError::new(
            StatusCode::SERVICE_UNAVAILABLE,
            ErrorCode::TemporarilyUnavailable,
            "The system that holds this password cannot be reached. The password was not checked.",
        )
        .after(None),
        LoginRefused::NoConnection => grant(
            ErrorCode::UnauthorizedClient,
            &format!("Grant type '{}' needs a database connection.", GrantType::PasswordRealm.as_str()),
        ),
    }
}

fn challenge_of(scheme: Scheme) -> &'static str {
    match scheme {
        Scheme::Bearer => "Bearer realm=\"landbridge\"",
        Scheme::Dpop => "DPoP realm=\"landbridge\", algs=\"ES256\"",
    }
}

/// An access token that is absent or not good (RFC 6750 3, RFC 9449 7.1).
pub(crate) fn challenge(scheme: Scheme, status: StatusCode, error: Option<(ErrorCode, &str)>) -> Response {
    let challenge = match error {
        None => challenge_of(scheme).to_owned(),
        Some((code, text)) => {
            format!("{}, error=\"{}\", error_description=\"{text}\"", challenge_of(scheme), code.as_str())
        }
    };
    let challenge = HeaderValue::from_str(&challenge).expect("codes and our own words are header text");
    (status, [(header::WWW_AUTHENTICATE, challenge)], status.canonical_reason().unwrap_or_default()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(statuses: TokenErrorStatus) -> Vec<(u16, &'static str)> {
        let facts = [
            GrantRefused::Client(ClientRefused::Unknown),
            GrantRefused::GrantNotAllowed(GrantType::Password),
            GrantRefused::InvalidCode,
            GrantRefused::InvalidRefreshToken,
            GrantRefused::ScopeExceeded,
            GrantRefused::UnknownAudience("x".into()),
            GrantRefused::Login(LoginRefused::WrongPassword),
            GrantRefused::Login(LoginRefused::Blocked),
            GrantRefused::Login(LoginRefused::SecondFactorRequired),
            GrantRefused::Login(LoginRefused::SourceUnavailable),
            GrantRefused::Login(LoginRefused::TooManyAttempts),
        ];
        facts.iter().map(|fact| refused(fact, statuses)).map(|e| (e.status.as_u16(), e.code.as_str())).collect()
    }

    #[test]
    fn statuses_follow_the_rfc_by_default() {
        assert_eq!(
            table(TokenErrorStatus::Rfc),
            [
                (401, "invalid_client"),
                (400, "unauthorized_client"),
                (400, "invalid_grant"),
                (400, "invalid_grant"),
                (400, "invalid_scope"),
                (400, "access_denied"),
                (400, "invalid_grant"),
                (400, "unauthorized"),
                (400, "mfa_required"),
                (503, "temporarily_unavailable"),
                (429, "too_many_attempts"),
            ]
        );
    }

    #[test]
    fn the_compatibility_setting_changes_statuses_and_never_words() {
        let words = |statuses| table(statuses).into_iter().map(|(_, word)| word).collect::<Vec<_>>();
        assert_eq!(words(TokenErrorStatus::Rfc), words(TokenErrorStatus::Auth0));
        let statuses: Vec<_> = table(TokenErrorStatus::Auth0).into_iter().map(|(status, _)| status).collect();
        assert_eq!(statuses, [401, 403, 403, 403, 400, 403, 403, 403, 403, 503, 429]);
    }

    #[test]
    fn the_refresh_token_error_keeps_the_words_an_sdk_looks_for() {
        let error = refused(&GrantRefused::InvalidRefreshToken, TokenErrorStatus::Rfc);
        assert!(error.description.contains("invalid refresh token"));
    }
}
