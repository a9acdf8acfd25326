use super::{AuthorizationRequest, ClientRules};
use crate::error::ErrorCode;
use crate::origin::origin_of;
use crate::subdomain_wildcards::is_pattern;
use serde::{Deserialize, Serialize};

/// How the answer travels (OAuth 2.0 Multiple Response Types 2.1, OAuth 2.0 Form Post Response Mode).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseMode {
    /// In the query of the redirect URI.
    Query,
    /// In its fragment.
    Fragment,
    /// As a form that posts itself.
    FormPost,
    /// As a message to the window that opened or frames us (draft-sakimura-oauth-wmrm). Auth0 understands it without
    /// listing it among its modes.
    WebMessage,
}

impl ResponseMode {
    pub(super) fn from_wire(text: &str) -> Option<Self> {
        Some(match text {
            "query" => ResponseMode::Query,
            "fragment" => ResponseMode::Fragment,
            "form_post" => ResponseMode::FormPost,
            "web_message" => ResponseMode::WebMessage,
            _ => return None,
        })
    }

    /// Whether an answer can travel like this to `redirect_uri`. A page posts its form to the web alone; what opens an
    /// application by a scheme of its own (RFC 8252 7.1) is a redirect. A message goes to an origin that the client
    /// has named among its `web_origins`.
    pub(super) fn reaches(self, redirect_uri: &str, client: &ClientRules<'_>) -> bool {
        match self {
            ResponseMode::Query | ResponseMode::Fragment => true,
            ResponseMode::FormPost => origin_of(redirect_uri).is_some(),
            ResponseMode::WebMessage => origin_of(redirect_uri).is_some_and(|target| is_web_origin(&target, client)),
        }
    }
}

fn is_web_origin(origin: &str, client: &ClientRules<'_>) -> bool {
    client.web_origins.iter().any(|own| {
        if is_pattern(own) {
            client.wildcards.stand_for(own, origin)
        } else {
            origin_of(own).as_deref() == Some(origin)
        }
    })
}

/// An answer on its way to the client: names and values in order, with `state` and `iss` (RFC 9207) always among
/// them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationResponse {
    /// Where it goes.
    pub redirect_uri: String,
    /// How it travels.
    pub mode: ResponseMode,
    /// What it says.
    pub fields: Vec<(&'static str, String)>,
}

impl AuthorizationResponse {
    /// The answer that brings `fields`.
    pub fn success(request: &AuthorizationRequest, issuer: &str, fields: Vec<(&'static str, String)>) -> Self {
        Self::new(&request.redirect_uri, request.response_mode, request.state.as_deref(), issuer, fields)
    }

    /// The answer that refuses (RFC 6749 4.1.2.1).
    pub fn refusal(
        request: &AuthorizationRequest,
        issuer: &str,
        error: ErrorCode,
        description: impl Into<String>,
    ) -> Self {
        Self::success(request, issuer, error_fields(error, description))
    }

    /// The answer to a request that failed a check after its redirect URI was found to be good.
    pub fn refused_check(
        redirect_uri: &str,
        mode: ResponseMode,
        state: Option<&str>,
        issuer: &str,
        error: ErrorCode,
        description: impl Into<String>,
    ) -> Self {
        Self::new(redirect_uri, mode, state, issuer, error_fields(error, description))
    }

    fn new(
        redirect_uri: &str,
        mode: ResponseMode,
        state: Option<&str>,
        issuer: &str,
        mut fields: Vec<(&'static str, String)>,
    ) -> Self {
        if let Some(state) = state {
            fields.push(("state", state.to_owned()));
        }
        fields.push(("iss", issuer.to_owned()));
        AuthorizationResponse { redirect_uri: redirect_uri.to_owned(), mode, fields }
    }

    /// The URL to redirect to, for [`ResponseMode::Query`] and [`ResponseMode::Fragment`]. What the redirect URI
    /// holds already stays as it is (RFC 6749 3.1.2).
    pub fn location(&self) -> String {
        let mut encoded = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in &self.fields {
            encoded.append_pair(name, value);
        }
        let encoded = encoded.finish();
        let separator = match self.mode {
            ResponseMode::Fragment => '#',
            _ if self.redirect_uri.contains('?') => '&',
            _ => '?',
        };
        format!("{}{separator}{encoded}", self.redirect_uri)
    }
}

fn error_fields(error: ErrorCode, description: impl Into<String>) -> Vec<(&'static str, String)> {
    vec![("error", error.as_str().to_owned()), ("error_description", description.into())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(redirect_uri: &str, mode: ResponseMode) -> String {
        let issuer = "https://id.example/";
        let response = AuthorizationResponse::refused_check(
            redirect_uri,
            mode,
            Some("a&b=\r\n<"),
            issuer,
            ErrorCode::LoginRequired,
            "Login required",
        );
        response.location()
    }

    #[test]
    fn az_12_az_13_state_and_issuer_are_always_there_and_encoded() {
        assert_eq!(
            refused("https://app.example/cb", ResponseMode::Query),
            "https://app.example/cb?error=login_required&error_description=Login+required\
             &state=a%26b%3D%0D%0A%3C&iss=https%3A%2F%2Fid.example%2F"
        );
    }

    #[test]
    fn an_existing_query_is_kept() {
        assert!(
            refused("https://app.example/cb?x=1", ResponseMode::Query).starts_with("https://app.example/cb?x=1&error=")
        );
    }

    #[test]
    fn a_fragment_is_appended_as_one() {
        assert!(refused("https://app.example/cb", ResponseMode::Fragment).starts_with("https://app.example/cb#error="));
    }
}
