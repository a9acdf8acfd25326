//! Applications registered with the broker, as they speak to it.

use axum::body::Body;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{Request, header};
use model::ClientId;
use serde_json::Value;
use url::form_urlencoded;

use crate::app::form_request;
use crate::{Answer, App};

/// RFC 7636 appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// How the parameters of a token request travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// RFC 6749 4.1.3.
    Form,
    /// What some of Auth0's SDKs send.
    Json,
}

/// An application with its credentials.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    /// Its id.
    pub client_id: ClientId,
    /// Its secret, if it can keep one.
    pub secret: Option<String>,
    /// The first of its callbacks.
    pub redirect_uri: String,
}

impl RelyingParty {
    /// An authorization request for a code with PKCE, as SDKs make it.
    pub fn request(&self) -> AuthorizationUrl {
        let fields = [
            ("client_id", self.client_id.as_str()),
            ("redirect_uri", &self.redirect_uri),
            ("response_type", "code"),
            ("scope", "openid profile email"),
            ("state", "st4te"),
            ("nonce", "n0nce"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        AuthorizationUrl(fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    /// The fields that exchange a code that [`RelyingParty::request`] asked for, credentials in the body.
    pub fn code_fields<'a>(&'a self, code: &'a str) -> Vec<(&'a str, &'a str)> {
        self.with_credentials(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("code_verifier", VERIFIER),
        ])
    }

    /// The fields that exchange a refresh token, credentials in the body.
    pub fn refresh_fields<'a>(&'a self, refresh_token: &'a str) -> Vec<(&'a str, &'a str)> {
        self.with_credentials(&[("grant_type", "refresh_token"), ("refresh_token", refresh_token)])
    }

    /// These fields beside the client's id and, where it has one, its secret.
    pub fn with_credentials<'a>(&'a self, fields: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
        let secret = self.secret.as_deref().map(|secret| ("client_secret", secret));
        let credentials = [("client_id", self.client_id.as_str())].into_iter().chain(secret);
        fields.iter().copied().chain(credentials).collect()
    }

    /// Sends a request ahead, credentials in the body.
    pub async fn push(&self, app: &App, request: &AuthorizationUrl) -> Answer {
        let request = request.clone().without("client_id");
        app.post_form("/oauth/par", &self.with_credentials(&request.pairs())).await
    }

    /// The address at which a browser names a request that was sent ahead.
    pub fn request_by_name(&self, request_uri: &str) -> AuthorizationUrl {
        let client_id = self.client_id.as_str();
        AuthorizationUrl(Vec::new()).and("client_id", client_id).and("request_uri", request_uri)
    }

    /// Exchanges a code.
    pub async fn exchange(&self, app: &App, code: &str) -> Answer {
        app.token(&self.code_fields(code)).await
    }

    /// Gives a token up.
    pub async fn revoke(&self, app: &App, token: &str) -> Answer {
        app.post_form("/oauth/revoke", &self.with_credentials(&[("token", token)])).await
    }

    /// Asks whether a token is good.
    pub async fn introspect(&self, app: &App, token: &str) -> Answer {
        app.post_form("/oauth/introspect", &self.with_credentials(&[("token", token)])).await
    }

    /// Exchanges a refresh token.
    pub async fn refresh(&self, app: &App, refresh_token: &str) -> Answer {
        app.token(&self.refresh_fields(refresh_token)).await
    }
}

impl App {
    /// `POST /oauth/token` with a form.
    pub async fn token(&self, fields: &[(&str, &str)]) -> Answer {
        self.post_form("/oauth/token", fields).await
    }

    /// `POST /oauth/token` in either encoding.
    pub async fn token_as(&self, encoding: Encoding, fields: &[(&str, &str)]) -> Answer {
        match encoding {
            Encoding::Form => self.token(fields).await,
            Encoding::Json => {
                let body: Value = fields.iter().map(|(name, value)| (*name, *value)).collect();
                let request = Request::post("/oauth/token").header(header::CONTENT_TYPE, "application/json");
                self.call(request.body(Body::from(body.to_string())).expect("a path")).await
            }
        }
    }

    /// `POST /oauth/token` with HTTP Basic. What stands before the base64 is given as it is.
    pub async fn token_by_basic(&self, credentials: &[u8], fields: &[(&str, &str)]) -> Answer {
        let mut request = form_request("/oauth/token", fields);
        let basic = format!("Basic {}", STANDARD.encode(credentials));
        request.headers_mut().insert(header::AUTHORIZATION, basic.parse().expect("base64 is header text"));
        self.call(request).await
    }
}

/// An authorization request on its way to the broker.
#[derive(Clone, Debug)]
pub struct AuthorizationUrl(Vec<(String, String)>);

impl AuthorizationUrl {
    /// With this parameter, once.
    #[must_use]
    pub fn with(self, name: &str, value: &str) -> Self {
        self.without(name).and(name, value)
    }

    /// Without this parameter.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.0.retain(|(known, _)| known != name);
        self
    }

    /// With this parameter once more.
    #[must_use]
    pub fn and(mut self, name: &str, value: &str) -> Self {
        self.0.push((name.to_owned(), value.to_owned()));
        self
    }

    /// Asking for these scopes.
    #[must_use]
    pub fn scope(self, scope: &str) -> Self {
        self.with("scope", scope)
    }

    /// The path within the issuer, with the query.
    pub fn path(&self) -> String {
        let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(&self.0).finish();
        format!("/authorize?{query}")
    }

    /// Names and values.
    pub fn pairs(&self) -> Vec<(&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }
}
