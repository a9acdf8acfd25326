//! Calls by which a client says who it is (RFC 6749 2.3), from a form or a JSON object alike.

use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, header};
use model::ClientId;
use protocol::client_authentication::{BodyFields, Presented, PresentedSecret, present};
use protocol::params::Params;
use protocol::token::TokenRequestRefused;

use crate::errors::oauth::{self, TokenError};
use crate::extract::token_params;
use crate::middleware::cors::OnBehalfOf;

/// A call that could be read.
pub(crate) struct ClientCall {
    /// Who the client claims to be.
    pub(crate) presented: Presented,
    /// Everything in the body, nothing of it twice or too long.
    pub(crate) params: Params,
}

impl ClientCall {
    fn read(authorization: Option<&str>, params: Params) -> Result<Self, TokenError> {
        if let Some(name) = params.first_repeated() {
            return Err(oauth::ambiguous(&format!("The parameter {} was sent twice.", printable(name))));
        }
        if let Some(name) = params.first_overlong() {
            return Err(oauth::ambiguous(&format!("The value of {} is too long.", printable(name))));
        }
        let presented = presented(authorization, &params)?;
        Ok(ClientCall { presented, params })
    }

    /// The `token` that the call is about (RFC 7009 2.1, RFC 7662 2.1).
    pub(crate) fn token(&self) -> Result<PresentedSecret, TokenError> {
        let token = self.params.get("token").and_then(PresentedSecret::new);
        token.ok_or_else(|| oauth::incomplete(TokenRequestRefused::MissingParameter("token")))
    }
}

/// Reads the call, lets it be answered, and names the client for whose pages the answer is.
pub(crate) async fn answer(
    request: Request,
    handle: impl AsyncFnOnce(ClientCall) -> Result<Response, TokenError>,
) -> Response {
    let authorization = authorization(request.headers());
    let authorization = authorization.as_deref();
    let (outcome, client) = match token_params(request).await {
        Ok(params) => {
            let client = params.get("client_id").map(ClientId::new);
            let outcome = match ClientCall::read(authorization, params) {
                Ok(call) => handle(call).await,
                Err(refused) => Err(refused),
            };
            (outcome, client)
        }
        Err(refused) => (Err(oauth::unreadable(&refused)), None),
    };
    let mut response = outcome.unwrap_or_else(|error| error.challenging(authorization.is_some()).into_response());
    if let Some(client) = client {
        response.extensions_mut().insert(OnBehalfOf(client));
    }
    response
}

/// The header as text; one that is no text is not well-formed either.
fn authorization(headers: &HeaderMap) -> Option<String> {
    headers.get(header::AUTHORIZATION).map(|value| value.to_str().unwrap_or_default().to_owned())
}

fn presented(authorization: Option<&str>, params: &Params) -> Result<Presented, TokenError> {
    present(authorization, BodyFields::of(params)).map_err(oauth::unauthenticated)
}

fn printable(name: &str) -> String {
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-')).take(40).collect()
}
