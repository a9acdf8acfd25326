//! What our tokens and `/userinfo` say (OpenID Connect Core 2 and 5.1, RFC 9068 2.2, and Auth0's own claims). A claim
//! without a value is absent, never null.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::scope::ScopeSet;

pub use self::request::{ClaimNames, ClaimsMalformed, ClaimsRequest, RequestedClaims};

mod request;

/// Every claim that [`id_token`] may make.
pub(crate) const OF_ID_TOKENS: &[&str] = &[
    "acr",
    "amr",
    "at_hash",
    "aud",
    "auth_time",
    "c_hash",
    "email",
    "email_verified",
    "exp",
    "family_name",
    "given_name",
    "iat",
    "iss",
    "name",
    "nickname",
    "nonce",
    "phone_number",
    "phone_number_verified",
    "picture",
    "sid",
    "sub",
    "updated_at",
];

/// Every claim that describes a person.
const OF_PEOPLE: &[&str] = &[
    "name",
    "nickname",
    "given_name",
    "family_name",
    "picture",
    "updated_at",
    "email",
    "email_verified",
    "phone_number",
    "phone_number_verified",
];

/// Which claims about a person are told.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// Those of these scopes (OpenID Connect Core 5.4).
    pub scope: &'a ScopeSet,
    /// And those that were asked for by name (OpenID Connect Core 5.5).
    pub requested: &'a ClaimNames,
}

/// What describes a person. What of it is told is for [`Told`] to say.
#[derive(Clone, Copy, Debug, Default)]
pub struct ProfileClaims<'a> {
    /// Full name.
    pub name: Option<&'a str>,
    /// What friends say.
    pub nickname: Option<&'a str>,
    /// Given name.
    pub given_name: Option<&'a str>,
    /// Family name.
    pub family_name: Option<&'a str>,
    /// URL of a picture.
    pub picture: Option<&'a str>,
    /// ISO 8601 text, where OpenID Connect Core 5.1 has a number: Auth0's clients read text.
    pub updated_at: Option<&'a str>,
    /// Address.
    pub email: Option<&'a str>,
    /// Whether the address was proven; told only with an address.
    pub email_verified: bool,
    /// E.164.
    pub phone_number: Option<&'a str>,
    /// Whether the number was proven; told only with a number, as `phone_number_verified`.
    pub phone_verified: bool,
}

/// What an ID token says apart from the profile (OpenID Connect Core 2). Instants are seconds since the Unix epoch.
#[derive(Clone, Copy, Debug)]
pub struct IdTokenClaims<'a> {
    /// This server, trailing slash included.
    pub issuer: &'a str,
    /// The user's id.
    pub subject: &'a str,
    /// The client's id; no other audience is ever added.
    pub audience: &'a str,
    /// When it is issued.
    pub issued_at: i64,
    /// For how long it is valid, in seconds.
    pub lifetime: u64,
    /// From the authorization request, if it had one.
    pub nonce: Option<&'a str>,
    /// The session.
    pub sid: Option<&'a str>,
    /// When the person last proved who they are.
    pub auth_time: Option<i64>,
    /// How they did (RFC 8176); absent when empty.
    pub amr: &'a [String],
    /// The context class that was reached, if one was asked for.
    pub acr: Option<&'a str>,
    /// The [`half_hash`] of the code beside which the token travels (OpenID Connect Core 3.3.2.11).
    pub c_hash: Option<&'a str>,
    /// The [`half_hash`] of the access token beside which it travels (OpenID Connect Core 3.1.3.6).
    pub at_hash: Option<&'a str>,
}

/// The claims of an ID token.
pub fn id_token(token: &IdTokenClaims<'_>, profile: &ProfileClaims<'_>, told: Told<'_>) -> Map<String, Value> {
    Claims::about(token.subject)
        .issued(token.issuer, token.issued_at, token.lifetime)
        .with("aud", Some(token.audience))
        .with("nonce", token.nonce)
        .with("sid", token.sid)
        .with("auth_time", token.auth_time)
        .with("amr", (!token.amr.is_empty()).then_some(token.amr))
        .with("acr", token.acr)
        .with("c_hash", token.c_hash)
        .with("at_hash", token.at_hash)
        .profile(profile, told)
        .0
}

/// What `/userinfo` answers (OpenID Connect Core 5.3.2). `sub` is always told; whether `openid` was granted at all is
/// asked before.
pub fn userinfo(subject: &str, profile: &ProfileClaims<'_>, told: Told<'_>) -> Map<String, Value> {
    Claims::about(subject).profile(profile, told).0
}

/// The shape of an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessTokenProfile {
    /// Auth0's own: the client is `azp`, the grant `gty`.
    Auth0,
    /// RFC 9068 2.2: the client is `client_id`.
    Rfc9068,
}

impl AccessTokenProfile {
    /// The `typ` of the token's header (RFC 9068 2.1).
    pub fn header_type(self) -> &'static str {
        match self {
            AccessTokenProfile::Auth0 => "JWT",
            AccessTokenProfile::Rfc9068 => "at+jwt",
        }
    }
}

/// What an access token says.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenClaims<'a> {
    /// This server, trailing slash included.
    pub issuer: &'a str,
    /// The user's id, or `{client id}@clients` where a client asked for itself.
    pub subject: &'a str,
    /// The identifier of the API.
    pub audience: &'a str,
    /// The URL of `/userinfo`: a second audience when `openid` was granted.
    pub userinfo_audience: Option<&'a str>,
    /// The client.
    pub client_id: &'a str,
    /// When it is issued, seconds since the Unix epoch.
    pub issued_at: i64,
    /// For how long it is valid, in seconds.
    pub lifetime: u64,
    /// What was granted; absent when empty.
    pub scope: &'a ScopeSet,
    /// `gty`, in Auth0's spelling: `client-credentials`, `password` or `refresh_token`.
    pub grant: Option<&'static str>,
    /// The user's permissions for APIs that want them in the token, even if there are none.
    pub permissions: Option<&'a [String]>,
    /// The thumbprint of the key that it is bound to, told as `cnf` (RFC 9449 6.1).
    pub jkt: Option<&'a str>,
    /// A unique id.
    pub jti: &'a str,
    /// The shape.
    pub profile: AccessTokenProfile,
}

/// The claims of an access token.
///
/// There is a `jti` in either shape, although Auth0's own has none: an RS256 signature is the same each time, so two
/// tokens of one second would be one token, and revoking one family's would revoke the other's.
pub fn access_token(token: &AccessTokenClaims<'_>) -> Map<String, Value> {
    let claims = Claims::about(token.subject)
        .issued(token.issuer, token.issued_at, token.lifetime)
        .with("aud", Some(audiences(token)))
        .with("scope", (!token.scope.is_empty()).then(|| token.scope.to_string()))
        .with("permissions", token.permissions)
        .with("cnf", token.jkt.map(|jkt| json!({ "jkt": jkt })))
        .with("jti", Some(token.jti));
    let claims = match token.profile {
        AccessTokenProfile::Auth0 => claims.with("azp", Some(token.client_id)).with("gty", token.grant),
        AccessTokenProfile::Rfc9068 => claims.with("client_id", Some(token.client_id)),
    };
    claims.0
}

fn audiences(token: &AccessTokenClaims<'_>) -> Value {
    match token.userinfo_audience.filter(|_| token.scope.contains("openid")) {
        Some(userinfo) => vec![token.audience, userinfo].into(),
        None => token.audience.into(),
    }
}

/// `at_hash` and `c_hash` for RS256: the left half of the SHA-256 digest (OpenID Connect Core 3.1.3.6).
pub fn half_hash(token: &str) -> String {
    URL_SAFE_NO_PAD.encode(&Sha256::digest(token.as_bytes())[..16])
}

struct Claims(Map<String, Value>);

impl Claims {
    fn about(subject: &str) -> Self {
        Claims(Map::new()).with("sub", Some(subject))
    }

    fn with(mut self, name: &str, value: Option<impl Into<Value>>) -> Self {
        if let Some(value) = value {
            self.0.insert(name.to_owned(), value.into());
        }
        self
    }

    fn issued(self, issuer: &str, at: i64, lifetime: u64) -> Self {
        self.with("iss", Some(issuer)).with("iat", Some(at)).with("exp", Some(at.saturating_add_unsigned(lifetime)))
    }

    /// OpenID Connect Core 5.1, with Auth0's `nickname`.
    fn profile(self, profile: &ProfileClaims<'_>, told: Told<'_>) -> Self {
        self.told(told, "profile", "name", profile.name)
            .told(told, "profile", "nickname", profile.nickname)
            .told(told, "profile", "given_name", profile.given_name)
            .told(told, "profile", "family_name", profile.family_name)
            .told(told, "profile", "picture", profile.picture)
            .told(told, "profile", "updated_at", profile.updated_at)
            .told(told, "email", "email", profile.email)
            .told(told, "email", "email_verified", profile.email.map(|_| profile.email_verified))
            .told(told, "phone", "phone_number", profile.phone_number)
            .told(told, "phone", "phone_number_verified", profile.phone_number.map(|_| profile.phone_verified))
    }

    /// A claim that the scope tells, or its own name.
    fn told(self, told: Told<'_>, scope: &str, name: &str, value: Option<impl Into<Value>>) -> Self {
        let is_told = told.scope.contains(scope) || told.requested.contains(name);
        if is_told { self.with(name, value) } else { self }
    }
}

#[cfg(test)]
mod tests;
