use serde::{Deserialize, Serialize};

use super::{ResponseMode, ResponseType};
use crate::claims::ClaimsRequest;
use crate::scope::ScopeSet;

/// A value of `prompt` (OpenID Connect Core 3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// No page may be shown.
    None,
    /// The person must prove who they are again.
    Login,
    /// The person must see what they agree to.
    Consent,
    /// The person must choose an account.
    SelectAccount,
    /// The person wants a new account (Initiating User Registration via OpenID Connect 1.0).
    Create,
}

impl Prompt {
    pub(super) fn from_wire(text: &str) -> Option<Self> {
        Some(match text {
            "none" => Prompt::None,
            "login" => Prompt::Login,
            "consent" => Prompt::Consent,
            "select_account" => Prompt::SelectAccount,
            "create" => Prompt::Create,
            _ => return None,
        })
    }
}

/// A request that has passed every check. It is saved like this while a person signs in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthorizationRequest {
    /// Who asks.
    pub client_id: String,
    /// Where the answer goes: one of the client's own, byte for byte.
    pub redirect_uri: String,
    /// Whether the request named it; only then must the exchange repeat it (RFC 6749 4.1.3).
    pub redirect_uri_was_sent: bool,
    /// What the answer brings.
    pub response_type: ResponseType,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// What is asked for.
    pub scope: ScopeSet,
    /// To be returned untouched.
    pub state: Option<String>,
    /// To be repeated in the ID token.
    pub nonce: Option<String>,
    /// S256 challenge.
    pub code_challenge: Option<String>,
    /// The thumbprint of the key that the code is bound to (RFC 9449 10).
    pub dpop_jkt: Option<String>,
    /// The API the access token is for.
    pub audience: Option<String>,
    /// What is asked for claim by claim.
    #[serde(default)]
    pub claims: ClaimsRequest,
    /// How the person is to be asked.
    pub prompt: Vec<Prompt>,
    /// How long ago the person may have proven who they are, seconds.
    pub max_age: Option<u64>,
    /// What to fill into the login form.
    pub login_hint: Option<String>,
    /// An ID token of the person who is expected.
    pub id_token_hint: Option<String>,
    /// Auth0: which page to begin with.
    pub screen_hint: Option<String>,
    /// Languages, best first.
    pub ui_locales: Option<String>,
    /// Which connection to use.
    pub connection: Option<String>,
    /// Scopes to ask of the provider behind it, besides its own.
    #[serde(default)]
    pub connection_scope: Option<String>,
    /// Which organization to sign in to; kept untouched until organizations exist.
    pub organization: Option<String>,
}

impl AuthorizationRequest {
    /// Whether `prompt` has this value.
    pub fn prompts(&self, prompt: Prompt) -> bool {
        self.prompt.contains(&prompt)
    }
}
