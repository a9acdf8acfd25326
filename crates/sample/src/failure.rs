//! What can go wrong, and the one place where it becomes a page.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use minijinja::context;
use openidconnect::RequestTokenError;
use openidconnect::core::CoreRequestTokenError;

use crate::http_client::HttpError;
use crate::tokens::IdentityRefused;
use crate::view::View;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Why a request was not carried out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the provider cannot be reached")]
    Unreachable(#[source] HttpError),
    #[error("the provider's configuration cannot be used")]
    Unusable(#[source] Source),
    #[error("no sign-in with this state has begun in this browser")]
    NotBegunHere,
    #[error("the answer has neither a code nor an error, or has a parameter twice")]
    MalformedAnswer,
    #[error("the answer comes from another issuer, or does not say from which")]
    OtherIssuer,
    #[error("the provider refused the sign-in: {error}")]
    SignInRefused { error: String, description: Option<String> },
    #[error("the token endpoint refused: {error}")]
    TokensRefused { error: String, description: Option<String> },
    #[error("the token endpoint gave no answer that can be used")]
    NoTokens(#[source] Source),
    #[error(transparent)]
    Identity(#[from] IdentityRefused),
    #[error("there is no refresh token")]
    NoRefreshToken,
    #[error("the provider has no userinfo endpoint")]
    NoUserinfoEndpoint,
    #[error("the userinfo endpoint gave no answer that can be used")]
    Userinfo(#[source] Source),
    #[error("the form was not on one of our pages")]
    ForeignForm,
    #[error("nobody is signed in")]
    SignedOut,
    #[error("there is no such page")]
    NoSuchPage,
}

impl From<CoreRequestTokenError<HttpError>> for Failure {
    fn from(error: CoreRequestTokenError<HttpError>) -> Self {
        match error {
            RequestTokenError::ServerResponse(refusal) => Failure::TokensRefused {
                error: refusal.error().to_string(),
                description: refusal.error_description().cloned(),
            },
            RequestTokenError::Request(error) => Failure::Unreachable(error),
            other => Failure::NoTokens(Box::new(other)),
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Failure::SignedOut = self {
            return Redirect::to("/").into_response();
        }
        tracing::warn!(error = &self as &dyn std::error::Error, "request not carried out");
        self.to_view().into_response()
    }
}

impl Failure {
    /// The page. What a provider says about itself is quoted; what we found out on our own side stays in the log.
    fn to_view(&self) -> View {
        let (status, title, text) = self.words();
        let (error, description) = self.quotation();
        View::ok("failure.html", context! { title, text, error, description }).with_status(status)
    }

    fn quotation(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Failure::SignInRefused { error, description } | Failure::TokensRefused { error, description } => {
                (Some(error), description.as_deref())
            }
            _ => (None, None),
        }
    }

    fn words(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Failure::Unreachable(_) => (
                StatusCode::SERVICE_UNAVAILABLE,
                "The sign-in service does not answer",
                "It may still be starting. Nothing is lost: try again in a moment.",
            ),
            Failure::Unusable(_) => (
                StatusCode::BAD_GATEWAY,
                "The sign-in service is not the one we expected",
                "Something answers at its address, but not as the OpenID provider we are set up for. The log says what \
                 was wrong; a common cause is an issuer without its trailing slash.",
            ),
            Failure::NotBegunHere => (
                StatusCode::BAD_REQUEST,
                "This sign-in did not begin here",
                "It began in another browser or too long ago, or it has been completed already. Please start again.",
            ),
            Failure::MalformedAnswer => (
                StatusCode::BAD_REQUEST,
                "The answer cannot be read",
                "The sign-in service sent you back with an answer that is not complete. Please start again.",
            ),
            Failure::OtherIssuer => (
                StatusCode::BAD_REQUEST,
                "This answer is not from our sign-in service",
                "It was refused, and nothing in it was used. Please start again.",
            ),
            Failure::SignInRefused { .. } => {
                (StatusCode::FORBIDDEN, "You were not signed in", "The sign-in service sent you back and says:")
            }
            Failure::TokensRefused { .. } => {
                (StatusCode::BAD_GATEWAY, "The sign-in service refused", "It was asked for tokens, and says:")
            }
            Failure::NoTokens(_) => (
                StatusCode::BAD_GATEWAY,
                "The sign-in service gave no usable answer",
                "It was asked for tokens. The log says what was wrong with the answer.",
            ),
            Failure::Identity(_) => (
                StatusCode::BAD_GATEWAY,
                "We could not verify who you are",
                "The ID token did not pass its checks, so nothing of it was kept. The log says which one.",
            ),
            Failure::NoRefreshToken => (
                StatusCode::CONFLICT,
                "There is nothing to refresh with",
                "The sign-in service gave us no refresh token for this sign-in.",
            ),
            Failure::NoUserinfoEndpoint => {
                (StatusCode::CONFLICT, "There is nobody to ask", "The sign-in service has no userinfo endpoint.")
            }
            Failure::Userinfo(_) => (
                StatusCode::BAD_GATEWAY,
                "Userinfo gave no usable answer",
                "The access token may have expired: refresh the tokens and ask again. The log says more.",
            ),
            Failure::ForeignForm => (
                StatusCode::FORBIDDEN,
                "This form is not from here",
                "It was sent by another page, or by a page from before you signed in. Nothing was changed.",
            ),
            Failure::SignedOut | Failure::NoSuchPage => {
                (StatusCode::NOT_FOUND, "There is no such page", "The notes are all on the first one.")
            }
        }
    }
}
