//! The Management API: `{"statusCode", "error", "message", "errorCode"}`, in Auth0's words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use flows::InternalError;
use flows::limits::Limited;
use flows::management::{BodyInvalid, CallerRefused, PasswordRefusal, QueryInvalid, Refused, Resource};
use http::{HeaderValue, StatusCode, header};
use protocol::management_scope::ManagementScope;
use protocol::payload::PayloadRefused;
use serde_json::json;

use super::{WAIT, internal_status, log_internal};

const REALM: &str = "Bearer realm=\"landbridge\"";
/// A refusal as it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    status: StatusCode,
    error_code: Option<&'static str>,
    message: String,
    /// RFC 6750 3.
    challenge: Option<String>,
    retry_after_seconds: Option<u64>,
}

/// What is wrong with a call before anybody looks at what it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unread {
    /// There is no bearer token in the `Authorization` header.
    MissingBearer,
    /// There is nothing at this path.
    NoSuchPath,
    /// There is nothing for this method.
    NoSuchMethod,
    /// The id in the path cannot be decoded.
    Path,
    /// The body is larger than what is read.
    TooLarge,
    /// The file in a form is larger than what is taken.
    UploadTooLarge,
    /// The body is no form with parts, or has one of them twice.
    NotMultipart,
    /// The body does not say that it is JSON.
    NotJson,
    /// The peer stopped sending.
    CutOff,
}

impl Failure {
    fn new(status: StatusCode, error_code: Option<&'static str>, message: impl Into<String>) -> Self {
        Failure { status, error_code, message: message.into(), challenge: None, retry_after_seconds: None }
    }

    fn challenging(self, parameters: &str) -> Self {
        Failure { challenge: Some(format!("{REALM}{parameters}")), ..self }
    }

    fn invalid_token(message: impl Into<String>) -> Self {
        Failure::new(StatusCode::UNAUTHORIZED, None, message).challenging(", error=\"invalid_token\"")
    }

    /// A call too many.
    pub(crate) fn limited(limited: Limited) -> Self {
        let message = "Global limit has been reached";
        let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, Some("too_many_requests"), message);
        Failure { retry_after_seconds: Some(limited.wait_seconds()), ..failure }
    }

    /// A token that makes no caller.
    pub(crate) fn of_caller(refused: &CallerRefused, expected_audience: &str) -> Self {
        match refused {
            CallerRefused::Untrusted(_) | CallerRefused::BoundToKey => Failure::invalid_token("Invalid token"),
            CallerRefused::Unacceptable(why) => match why {
                PayloadRefused::Expired => {
                    Failure::invalid_token("Expired token received for JSON Web Token validation")
                }
                PayloadRefused::WrongAudience => {
                    Failure::invalid_token(format!("Bad audience: expected {expected_audience}"))
                }
                PayloadRefused::WrongIssuer
                | PayloadRefused::MissingExpiry
                | PayloadRefused::NotADate(_)
                | PayloadRefused::NotYetValid
                | PayloadRefused::IssuedInTheFuture => Failure::invalid_token("Invalid token"),
            },
            CallerRefused::UnknownClient => {
                Failure::invalid_token("The client that this token was issued to does not exist.")
            }
            CallerRefused::Internal(error) => internal(error),
        }
    }
}

impl From<Unread> for Failure {
    fn from(unread: Unread) -> Self {
        match unread {
            Unread::MissingBearer => {
                Failure::new(StatusCode::UNAUTHORIZED, None, "Missing authentication").challenging("")
            }
            Unread::NoSuchPath => Failure::new(StatusCode::NOT_FOUND, None, "Not Found"),
            Unread::NoSuchMethod => {
                Failure::new(StatusCode::METHOD_NOT_ALLOWED, None, "This path does not know this method.")
            }
            Unread::Path => Failure::new(
                StatusCode::BAD_REQUEST,
                Some("invalid_uri"),
                "Path validation error: the id must be UTF-8 without NUL characters",
            ),
            Unread::TooLarge => Failure::new(StatusCode::PAYLOAD_TOO_LARGE, None, "The body is too large."),
            Unread::UploadTooLarge => Failure::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                None,
                "Payload content length greater than maximum allowed: 512000.",
            ),
            Unread::NotMultipart => Failure::new(
                StatusCode::BAD_REQUEST,
                Some("invalid_body"),
                "Payload validation error: the body must be multipart/form-data with each part once",
            ),
            Unread::NotJson => {
                Failure::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, None, "The Content-Type must be application/json.")
            }
            Unread::CutOff => Failure::new(StatusCode::BAD_REQUEST, Some("invalid_body"), "The body ended early."),
        }
    }
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::InsufficientScope { expected } => insufficient_scope(&expected),
            Refused::BeyondOwnScope { lacking } => Failure::new(
                StatusCode::FORBIDDEN,
                Some("insufficient_scope"),
                format!("Insufficient scope, cannot grant what the token does not have: {}", lacking.join(",")),
            ),
            Refused::NotFound(resource) => not_found(resource),
            Refused::Exists(resource) => exists(resource),
            Refused::Contended(resource) => Failure::new(
                StatusCode::CONFLICT,
                Some("concurrent_change"),
                format!("The {} is being changed by others; read it again and retry.", name(resource)),
            ),
            Refused::Body(invalid) => {
                Failure::new(StatusCode::BAD_REQUEST, Some("invalid_body"), body_message(&invalid))
            }
            Refused::Query(QueryInvalid { name, problem }) => Failure::new(
                StatusCode::BAD_REQUEST,
                Some("invalid_query_string"),
                format!("Query validation error: {name} {problem}"),
            ),
            Refused::Password(refusal) => Failure::new(StatusCode::BAD_REQUEST, None, password_message(refusal)),
            Refused::SystemApi => Failure::new(
                StatusCode::FORBIDDEN,
                Some("operation_not_supported"),
                "The Management API cannot be deleted, and only its token lifetimes can be changed.",
            ),
            Refused::KeyNotPrevious => Failure::new(
                StatusCode::BAD_REQUEST,
                Some("operation_not_supported"),
                "Only a key that no longer signs can be revoked; rotate the keys first.",
            ),
            Refused::CredentialInUse => Failure::new(
                StatusCode::CONFLICT,
                Some("credential_in_use"),
                "The client names this credential. Take it out of client_authentication_methods and signed_request_object first.",
            ),
            Refused::NameHeldBySource { source_name } => Failure::new(
                StatusCode::BAD_REQUEST,
                Some("operation_not_supported"),
                format!(
                    "The source {source_name} still holds this user's password and knows the user by the present name. \
                     Set a password first, or change the name after the user has signed in."
                ),
            ),
            Refused::SourceInUse { source_name, people } => Failure::new(
                StatusCode::CONFLICT,
                Some("source_in_use"),
                format!(
                    "The source {source_name} still holds the passwords of {people} people, who could not sign in \
                     without it. With enabled set to false it is not asked and nothing is lost."
                ),
            ),
            Refused::TooManyImports => {
                let message =
                    "There are 2 active import users jobs, please wait until some of them are finished and try again";
                let failure = Failure::new(StatusCode::TOO_MANY_REQUESTS, Some("too_many_requests"), message);
                Failure { retry_after_seconds: Some(WAIT.as_secs()), ..failure }
            }
            Refused::SourceOffline => Failure::new(
                StatusCode::NOT_FOUND,
                Some("connection_offline"),
                "The source of this connection failed several times and is not asked at the moment.",
            ),
            Refused::SearchTooLong => Failure::new(
                StatusCode::SERVICE_UNAVAILABLE,
                Some("search_timeout"),
                "The search took too long. Narrow it, or search by a field that is exact: user_id, email.",
            ),
            Refused::TooManyMails => Failure::new(
                StatusCode::TOO_MANY_REQUESTS,
                Some("too_many_requests"),
                "This address was sent too many emails within the hour.",
            ),
            Refused::Internal(error) => internal(&error),
        }
    }
}

fn insufficient_scope(expected: &[ManagementScope]) -> Failure {
    let names: Vec<_> = expected.iter().map(|scope| scope.as_str()).collect();
    let message = format!("Insufficient scope, expected any of: {}", names.join(","));
    let challenge = format!(", error=\"insufficient_scope\", scope=\"{}\"", names.join(" "));
    Failure::new(StatusCode::FORBIDDEN, Some("insufficient_scope"), message).challenging(&challenge)
}

fn name(resource: Resource) -> &'static str {
    match resource {
        Resource::Client => "client",
        Resource::ClientCredential => "client credential",
        Resource::ClientGrant => "client grant",
        Resource::ResourceServer => "resource server",
        Resource::Role => "role",
        Resource::Connection => "connection",
        Resource::User => "user",
        Resource::LogEvent => "log event",
        Resource::SigningKey => "signing key",
        Resource::Session => "session",
        Resource::RefreshToken => "refresh token",
        Resource::AddressBlock => "IP block",
        Resource::Job => "job",
    }
}

fn not_found(resource: Resource) -> Failure {
    let code = match resource {
        Resource::Client => "inexistent_client",
        Resource::ClientCredential => "inexistent_client_credential",
        Resource::ClientGrant => "inexistent_client_grant",
        Resource::ResourceServer => "inexistent_resource_server",
        Resource::Role => "inexistent_role",
        Resource::Connection => "inexistent_connection",
        Resource::User => "inexistent_user",
        Resource::LogEvent => "inexistent_log",
        Resource::SigningKey => "inexistent_signing_key",
        Resource::Session => "inexistent_session",
        Resource::RefreshToken => "inexistent_refresh_token",
        Resource::AddressBlock => "inexistent_ip_block",
        Resource::Job => "inexistent_job",
    };
    Failure::new(StatusCode::NOT_FOUND, Some(code), format!("The {} does not exist.", name(resource)))
}

fn exists(resource: Resource) -> Failure {
    let code = match resource {
        Resource::User => "auth0_idp_error",
        Resource::Client => "client_exists",
        Resource::ClientCredential => "client_credential_exists",
        Resource::ClientGrant => "client_grant_exists",
        Resource::ResourceServer => "resource_server_exists",
        Resource::Role => "role_exists",
        Resource::Connection => "connection_exists",
        Resource::LogEvent => "log_exists",
        Resource::SigningKey => "signing_key_exists",
        Resource::Session => "session_exists",
        Resource::RefreshToken => "refresh_token_exists",
        Resource::AddressBlock => "ip_block_exists",
        Resource::Job => "job_exists",
    };
    Failure::new(StatusCode::CONFLICT, Some(code), format!("The {} already exists.", name(resource)))
}

fn body_message(invalid: &BodyInvalid) -> String {
    let problem = match invalid {
        BodyInvalid::NotJson => "the body is not JSON, or a property stands in it twice".to_owned(),
        BodyInvalid::NulCharacter => "the body contains a NUL character".to_owned(),
        BodyInvalid::Unknown { path } => format!("Additional properties not allowed: {path}"),
        BodyInvalid::Missing { path } => format!("Missing required property: {path}"),
        BodyInvalid::WrongType { path, expected, found } if path.is_empty() => {
            format!("Expected {expected} but found {found} as the body")
        }
        BodyInvalid::WrongType { path, expected, found } => {
            format!("Expected {expected} but found {found} on property {path}")
        }
        BodyInvalid::Wrong { path, problem } => format!("{path} {problem}"),
    };
    format!("Payload validation error: {problem}")
}

fn password_message(refusal: PasswordRefusal) -> &'static str {
    match refusal {
        PasswordRefusal::Strength => "PasswordStrengthError: Password is too weak",
        PasswordRefusal::Dictionary => "PasswordDictionaryError: Password is too common",
        PasswordRefusal::UserInfo => "PasswordNoUserInfoError: Password contains user information",
    }
}

fn internal(error: &InternalError) -> Failure {
    log_internal(error);
    let message = if error.is_temporary() {
        "The server is busy; try again in a moment."
    } else {
        "Something went wrong on our side."
    };
    let failure = Failure::new(internal_status(error), None, message);
    Failure { retry_after_seconds: error.is_temporary().then_some(WAIT.as_secs()), ..failure }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut body = json!({
            "statusCode": self.status.as_u16(),
            "error": self.status.canonical_reason(),
            "message": self.message,
        });
        if let Some(code) = self.error_code {
            body["errorCode"] = code.into();
        }
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        if let Some(challenge) = self.challenge {
            let challenge = HeaderValue::from_str(&challenge).expect("scopes and our own words are header text");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after_seconds {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use flows::limits::Standing;

    use super::*;

    fn line(failure: impl Into<Failure>) -> String {
        let Failure { status, error_code, message, .. } = failure.into();
        format!("{} {} {message}", status.as_u16(), error_code.unwrap_or("-"))
    }

    const RESOURCES: [Resource; 13] = [
        Resource::Client,
        Resource::ClientCredential,
        Resource::ClientGrant,
        Resource::ResourceServer,
        Resource::Connection,
        Resource::User,
        Resource::LogEvent,
        Resource::SigningKey,
        Resource::Session,
        Resource::Job,
        Resource::RefreshToken,
        Resource::AddressBlock,
        Resource::Role,
    ];

    /// The table reviewers read.
    #[test]
    fn every_fact_has_a_status_a_code_and_words() {
        let path = || "refresh_token.x".to_owned();
        let mut lines = vec![
            line(Unread::MissingBearer),
            line(Unread::NoSuchPath),
            line(Unread::NoSuchMethod),
            line(Unread::Path),
            line(Unread::TooLarge),
            line(Unread::UploadTooLarge),
            line(Unread::NotMultipart),
            line(Unread::NotJson),
            line(Unread::CutOff),
            line(Refused::InsufficientScope {
                expected: vec![ManagementScope::ReadClients, ManagementScope::ReadClientKeys],
            }),
            line(Refused::BeyondOwnScope { lacking: vec!["read:users".to_owned(), "read:logs".to_owned()] }),
            line(Refused::Contended(Resource::User)),
            line(Refused::Body(BodyInvalid::NotJson)),
            line(Refused::Body(BodyInvalid::NulCharacter)),
            line(Refused::Body(BodyInvalid::Unknown { path: path() })),
            line(Refused::Body(BodyInvalid::Missing { path: path() })),
            line(Refused::Body(BodyInvalid::WrongType { path: path(), expected: "a string", found: "an integer" })),
            line(Refused::Body(BodyInvalid::WrongType { path: String::new(), expected: "an object", found: "null" })),
            line(Refused::Body(BodyInvalid::Wrong { path: path(), problem: "must not be so".into() })),
            line(Refused::Query(QueryInvalid { name: "page", problem: "must not be so".into() })),
            line(Refused::Password(PasswordRefusal::Strength)),
            line(Refused::Password(PasswordRefusal::Dictionary)),
            line(Refused::Password(PasswordRefusal::UserInfo)),
            line(Refused::SystemApi),
            line(Refused::KeyNotPrevious),
            line(Refused::CredentialInUse),
            line(Refused::NameHeldBySource { source_name: "old".to_owned() }),
            line(Refused::SourceInUse { source_name: "old".to_owned(), people: 3 }),
            line(Refused::TooManyImports),
            line(Refused::SourceOffline),
            line(Refused::SearchTooLong),
            line(Refused::TooManyMails),
            line(Refused::Internal(InternalError::Busy)),
            line(Failure::limited(Limited {
                standing: Standing { limit: 1, remaining: 0, reset_at: 60 },
                wait: Duration::from_mins(1),
            })),
        ];
        let callers = [
            CallerRefused::Unacceptable(PayloadRefused::WrongIssuer),
            CallerRefused::Unacceptable(PayloadRefused::WrongAudience),
            CallerRefused::Unacceptable(PayloadRefused::Expired),
            CallerRefused::UnknownClient,
        ];
        lines.extend(callers.iter().map(|refused| line(Failure::of_caller(refused, "https://id.test/api/v2/"))));
        lines.extend(RESOURCES.map(|resource| line(Refused::NotFound(resource))));
        lines.extend(RESOURCES.map(|resource| line(Refused::Exists(resource))));
        assert_eq!(lines.join("\n"), include_str!("management.table.txt").trim_end());
    }

    #[test]
    fn a_refused_scope_is_named_in_the_challenge_too() {
        let failure = Failure::from(Refused::InsufficientScope { expected: vec![ManagementScope::ReadLogs] });
        let challenge = "Bearer realm=\"landbridge\", error=\"insufficient_scope\", scope=\"read:logs\"";
        assert_eq!(failure.challenge.as_deref(), Some(challenge));
    }
}
