//! Upstream providers at which people sign in: what a connection knows of the one behind it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// An upstream provider and our registration there. The secret of our client is not part of it: the store holds it
/// sealed.
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own, named as the option that makes it")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Provider {
    /// What it speaks.
    pub protocol: ProviderProtocol,
    /// What `iss` of its tokens is, byte for byte.
    pub issuer: String,
    /// Where it is asked.
    pub endpoints: ProviderEndpoints,
    /// Our client there.
    pub client_id: String,
    /// How our client proves itself there.
    pub client_authentication: ClientAuthentication,
    /// What is asked for.
    pub scope: Vec<String>,
    /// Whether a code challenge is sent (RFC 7636), always S256.
    pub pkce: bool,
    /// Whether the answer is posted (OAuth 2.0 Form Post Response Mode), which Apple wants for names.
    pub form_post: bool,
    /// Whether it can be told to ask the person again (`prompt=login`, `max_age`).
    pub reauthenticates: bool,
    /// Further parameters of the authorization request.
    pub parameters: BTreeMap<String, ParameterValue>,
    /// Claims that an ID token must carry, with the values of which it must have one.
    pub required_claims: BTreeMap<String, Vec<String>>,
    /// The claim that names the person, mostly `sub`.
    pub subject_claim: String,
    /// Which claim fills which field of the profile, where it is not the one of the same meaning.
    pub attributes: BTreeMap<ProfileField, String>,
    /// What an address is worth that it vouches for.
    pub email_verification: EmailVerification,
    /// The form of the ids of its people here.
    pub user_id_form: UserIdForm,
    /// When the profile here follows the one there.
    pub root_attributes: RootAttributes,
    /// Whether a browser without a session here is recognised by the one it has there.
    pub asks_silently: bool,
    /// How people sign out there.
    pub logout: ProviderLogout,
    /// The domains whose people sign in there, folded.
    pub domain_aliases: Vec<String>,
    /// A picture for its button.
    pub icon_url: Option<String>,
}

/// What a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderProtocol {
    /// OpenID Connect Core 1.0.
    OpenIdConnect,
    /// OAuth 2.0 and GitHub's own API for who it is.
    #[serde(rename = "github")]
    GitHub,
}

/// Where a provider is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderEndpoints {
    /// As its metadata document at this URL says (OpenID Connect Discovery 4).
    Discovered(String),
    /// As somebody has written down.
    Fixed(FixedEndpoints),
}

/// Endpoints that somebody has written down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FixedEndpoints {
    /// Where browsers are sent.
    pub authorization: String,
    /// Where codes are exchanged.
    pub token: String,
    /// Its keys; none where it signs nothing.
    pub jwks: Option<String>,
    /// Who it is.
    pub userinfo: Option<String>,
    /// Where people sign out (OpenID Connect RP-Initiated Logout 1.0).
    pub end_session: Option<String>,
}

/// How our client proves itself to a provider (RFC 6749 2.3).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClientAuthentication {
    /// By its secret in the `Authorization` header.
    ClientSecretBasic,
    /// By its secret in the form.
    ClientSecretPost,
    /// By nothing but the code verifier.
    None,
    /// By a short-lived JWT in place of the secret, signed with the sealed private key, as Apple wants it.
    SignedSecret {
        /// The issuer of that JWT: our team.
        team_id: String,
        /// The id of the private key.
        key_id: String,
    },
}

/// The value of a parameter that is added to authorization requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ParameterValue {
    /// Always this.
    Value(String),
    /// What our client sent under this name.
    Alias(String),
}

/// A field of a profile that a claim can fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProfileField {
    /// The e-mail address.
    Email,
    /// Whether the address was proven.
    EmailVerified,
    /// Full name.
    Name,
    /// What friends say.
    Nickname,
    /// Given name.
    GivenName,
    /// Family name.
    FamilyName,
    /// URL of a picture.
    Picture,
    /// Telephone number.
    PhoneNumber,
}

/// What an address is worth that a provider vouches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EmailVerification {
    /// Nothing: it stays unverified, whatever the provider says.
    Ignored,
    /// It is verified where the provider says so.
    Believed,
    /// It is verified whatever the provider says.
    Assumed,
}

/// The form of the ids of a provider's people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UserIdForm {
    /// `{strategy}|{subject}`: one provider for everybody in the world.
    Global,
    /// `{strategy}|{connection}|{subject}`: subjects mean something within the connection alone.
    OfConnection,
    /// The subject as it is: the provider's people are ours.
    Kept,
}

/// When a profile here follows the one at the provider; Auth0's `set_user_root_attributes`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RootAttributes {
    /// At every sign-in.
    #[default]
    OnEachLogin,
    /// At the first sign-in alone.
    OnFirstLogin,
    /// Never: the person begins without a profile.
    NeverOnLogin,
}

/// How people sign out at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProviderLogout {
    /// At its end-session endpoint, where it has one (OpenID Connect RP-Initiated Logout 1.0).
    EndSession,
    /// At `v2/logout` below its issuer, as Auth0 has it.
    Auth0,
}
