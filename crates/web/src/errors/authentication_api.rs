//! The endpoints of database connections: `{"name", "code", "description", "statusCode"}`, in Auth0's words.

use axum::Json;
use axum::response::{IntoResponse, Response};
use flows::InternalError;
use flows::dbconnections::Denied;
use flows::signup::{Assessment, Refusal, SignupRefused};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

use super::{WAIT, internal_status, log_internal, unread_status};
use crate::extract::BodyRefused;

/// A refusal as it leaves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    status: StatusCode,
    body: Value,
    /// After how many seconds it may go better.
    wait: Option<u64>,
}

impl Failure {
    fn new(status: StatusCode, name: &str, code: &str, description: impl Into<Value>) -> Self {
        let description: Value = description.into();
        let body = json!({ "name": name, "code": code, "description": description, "statusCode": status.as_u16() });
        let wait = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(WAIT.as_secs());
        Failure { status, body, wait }
    }

    fn bad_request(code: &str, description: &str) -> Self {
        Failure::new(StatusCode::BAD_REQUEST, "BadRequestError", code, description)
    }

    /// A body that is neither a form nor a JSON object.
    pub(crate) fn unreadable(refused: &BodyRefused) -> Self {
        Failure::new(unread_status(refused), "BadRequestError", "invalid_request", refused.to_string())
    }
}

impl From<Denied> for Failure {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Invalid(invalid) => Failure::bad_request("invalid_request", &invalid.to_string()),
            Denied::UnknownClient => Failure::bad_request("invalid_client", "The client does not exist."),
            Denied::UnknownConnection => Failure::bad_request(
                "unauthorized",
                "The connection does not exist, or is not a database connection of this client.",
            ),
            Denied::Refused(refused) => signup(&refused),
            Denied::Internal(error) => internal(&error),
        }
    }
}

fn signup(refused: &SignupRefused) -> Failure {
    match refused {
        SignupRefused::InvalidEmail => {
            Failure::bad_request("invalid_request", "email must be one plain e-mail address")
        }
        SignupRefused::EmailTaken => Failure::bad_request("invalid_signup", "Invalid sign up"),
        SignupRefused::PasswordTooLong => Failure::bad_request("invalid_password", "The password is too long."),
        SignupRefused::WeakPassword(assessment) => weak_password(assessment),
        SignupRefused::Limited(limited) => {
            let text = "Too many passwords came from this address. Please try again later.";
            let wait = Some(limited.wait_seconds());
            Failure {
                wait,
                ..Failure::new(StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsError", "too_many_requests", text)
            }
        }
        SignupRefused::Closed => Failure::bad_request("public_signup_disabled", "public signup is disabled"),
        SignupRefused::SourceUnavailable => Failure::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "ServiceUnavailableError",
            "temporarily_unavailable",
            "The system that may know this address cannot be asked right now.",
        ),
    }
}

/// Each rule with whether it holds, as Auth0's login widgets show them.
fn weak_password(assessment: &Assessment) -> Failure {
    let (name, code, message) = match assessment.refusal() {
        Some(Refusal::Dictionary) => ("PasswordDictionaryError", "password_dictionary_error", "Password is too common"),
        Some(Refusal::UserInfo) => {
            ("PasswordNoUserInfoError", "password_no_user_info_error", "Password contains user information")
        }
        Some(Refusal::Strength) | None => ("PasswordStrengthError", "invalid_password", "Password is too weak"),
    };
    let description = serde_json::to_value(assessment).expect("an assessment holds texts, numbers and flags");
    let mut failure = Failure::new(StatusCode::BAD_REQUEST, name, code, description);
    failure.body["message"] = message.into();
    failure.body["policy"] = assessment.policy_text().into();
    failure
}

fn internal(error: &InternalError) -> Failure {
    log_internal(error);
    let status = internal_status(error);
    let (name, code) = match status {
        StatusCode::SERVICE_UNAVAILABLE => ("ServiceUnavailableError", "temporarily_unavailable"),
        _ => ("InternalServerError", "server_error"),
    };
    Failure::new(status, name, code, "This could not be done. The cause is in the log of the server.")
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, Json(self.body)).into_response();
        if let Some(seconds) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
