use crate::client_authentication::PresentedSecret;
use crate::client_metadata::GrantType;
use crate::scope::ScopeSet;

/// An authorization code to exchange (RFC 6749 4.1.3).
#[derive(Clone, Debug)]
pub struct AuthorizationCodeRequest {
    /// The code.
    pub code: PresentedSecret,
    /// Must be the one of the authorization request, if that named one.
    pub redirect_uri: Option<String>,
    /// RFC 7636 4.5.
    pub code_verifier: Option<PresentedSecret>,
}

/// A refresh token to exchange (RFC 6749 6).
#[derive(Clone, Debug)]
pub struct RefreshTokenRequest {
    /// The refresh token.
    pub refresh_token: PresentedSecret,
    /// Narrows what was granted.
    pub scope: Option<ScopeSet>,
    /// The API the access token shall be for.
    pub audience: Option<String>,
}

/// A client that asks on its own behalf (RFC 6749 4.4.2).
#[derive(Clone, Debug)]
pub struct ClientCredentialsRequest {
    /// The API the access token shall be for.
    pub audience: Option<String>,
    /// Narrows what the client was granted.
    pub scope: Option<ScopeSet>,
}

/// A person's password, collected by the client (RFC 6749 4.3.2, and Auth0's form of it that names a connection).
#[derive(Clone, Debug)]
pub struct PasswordRequest {
    /// The connection to ask; without one, the tenant's default directory.
    pub realm: Option<String>,
    /// As typed.
    pub username: String,
    /// As typed.
    pub password: PresentedSecret,
    /// The API the access token shall be for.
    pub audience: Option<String>,
    /// What the client wants.
    pub scope: Option<ScopeSet>,
}

/// A token request (RFC 6749 3.2), apart from who sends it.
#[derive(Clone, Debug)]
pub enum TokenRequest {
    /// See [`AuthorizationCodeRequest`].
    AuthorizationCode(AuthorizationCodeRequest),
    /// See [`RefreshTokenRequest`].
    RefreshToken(RefreshTokenRequest),
    /// See [`ClientCredentialsRequest`].
    ClientCredentials(ClientCredentialsRequest),
    /// See [`PasswordRequest`].
    Password(PasswordRequest),
}

impl TokenRequest {
    /// The grant type that the client must be registered for. A `password` request that names a realm counts as
    /// `password-realm`: the choice of the connection is what that grant type allows.
    pub fn grant_type(&self) -> GrantType {
        match self {
            TokenRequest::AuthorizationCode(_) => GrantType::AuthorizationCode,
            TokenRequest::RefreshToken(_) => GrantType::RefreshToken,
            TokenRequest::ClientCredentials(_) => GrantType::ClientCredentials,
            TokenRequest::Password(PasswordRequest { realm: None, .. }) => GrantType::Password,
            TokenRequest::Password(PasswordRequest { realm: Some(_), .. }) => GrantType::PasswordRealm,
        }
    }
}

/// Why a token request cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenRequestRefused {
    /// The grant type wants this parameter.
    #[error("{0} is missing")]
    MissingParameter(&'static str),
    /// No grant type of the token endpoint has this name.
    #[error("the grant_type is not supported")]
    UnsupportedGrantType,
    /// No grant type was named.
    #[error("grant_type is missing")]
    MissingGrantType,
}

/// Reads a token request from its parameters. An empty value counts as absent (RFC 6749 3.2).
pub fn parse<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<TokenRequest, TokenRequestRefused> {
    let fields = Fields(|name: &str| field(name).filter(|value| !value.is_empty()));
    let grant_type = fields.text("grant_type").ok_or(TokenRequestRefused::MissingGrantType)?;
    match GrantType::from_wire(&grant_type) {
        Some(GrantType::AuthorizationCode) => fields.authorization_code().map(TokenRequest::AuthorizationCode),
        Some(GrantType::RefreshToken) => fields.refresh_token().map(TokenRequest::RefreshToken),
        Some(GrantType::ClientCredentials) => Ok(TokenRequest::ClientCredentials(fields.client_credentials())),
        Some(GrantType::Password) => fields.password(fields.text("realm")).map(TokenRequest::Password),
        Some(GrantType::PasswordRealm) => {
            fields.required("realm").and_then(|realm| fields.password(Some(realm))).map(TokenRequest::Password)
        }
        Some(GrantType::Implicit) | None => Err(TokenRequestRefused::UnsupportedGrantType),
    }
}

struct Fields<F>(F);

impl<'a, F: Fn(&str) -> Option<&'a str>> Fields<F> {
    fn text(&self, name: &str) -> Option<String> {
        (self.0)(name).map(str::to_owned)
    }

    fn scope(&self) -> Option<ScopeSet> {
        (self.0)("scope").map(ScopeSet::parse)
    }

    fn secret(&self, name: &str) -> Option<PresentedSecret> {
        (self.0)(name).and_then(PresentedSecret::new)
    }

    fn required(&self, name: &'static str) -> Result<String, TokenRequestRefused> {
        self.text(name).ok_or(TokenRequestRefused::MissingParameter(name))
    }

    fn required_secret(&self, name: &'static str) -> Result<PresentedSecret, TokenRequestRefused> {
        self.secret(name).ok_or(TokenRequestRefused::MissingParameter(name))
    }

    fn authorization_code(&self) -> Result<AuthorizationCodeRequest, TokenRequestRefused> {
        Ok(AuthorizationCodeRequest {
            code: self.required_secret("code")?,
            redirect_uri: self.text("redirect_uri"),
            code_verifier: self.secret("code_verifier"),
        })
    }

    fn refresh_token(&self) -> Result<RefreshTokenRequest, TokenRequestRefused> {
        Ok(RefreshTokenRequest {
            refresh_token: self.required_secret("refresh_token")?,
            scope: self.scope(),
            audience: self.text("audience"),
        })
    }

    fn client_credentials(&self) -> ClientCredentialsRequest {
        ClientCredentialsRequest { audience: self.text("audience"), scope: self.scope() }
    }

    fn password(&self, realm: Option<String>) -> Result<PasswordRequest, TokenRequestRefused> {
        Ok(PasswordRequest {
            realm,
            username: self.required("username")?,
            password: self.required_secret("password")?,
            audience: self.text("audience"),
            scope: self.scope(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REALM_GRANT: &str = "http://auth0.com/oauth/grant-type/password-realm";

    fn read(fields: &[(&str, &'static str)]) -> Result<TokenRequest, TokenRequestRefused> {
        parse(|name| fields.iter().find(|(known, _)| *known == name).map(|(_, value)| *value))
    }

    fn check_refusal(fields: &[(&str, &'static str)], expected: TokenRequestRefused) {
        assert_eq!(read(fields).map(|request| request.grant_type()), Err(expected), "{fields:?}");
    }

    #[test]
    fn a_code_is_read_with_its_verifier() {
        let read = read(&[
            ("grant_type", "authorization_code"),
            ("code", "c0de"),
            ("redirect_uri", "https://app.example/cb"),
            ("code_verifier", "v"),
        ]);
        let Ok(TokenRequest::AuthorizationCode(request)) = read else { panic!("{read:?}") };
        assert_eq!(request.code.expose(), "c0de");
        assert_eq!(request.redirect_uri.as_deref(), Some("https://app.example/cb"));
        assert_eq!(request.code_verifier.as_ref().map(PresentedSecret::expose), Some("v"));
    }

    #[test]
    fn a_refresh_token_is_read_with_its_narrower_scope() {
        let read = read(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", "r"),
            ("scope", "openid"),
            ("audience", "https://api.example/"),
        ]);
        let Ok(TokenRequest::RefreshToken(request)) = read else { panic!("{read:?}") };
        assert_eq!(request.refresh_token.expose(), "r");
        assert_eq!(request.scope, Some(ScopeSet::parse("openid")));
        assert_eq!(request.audience.as_deref(), Some("https://api.example/"));
    }

    #[test]
    fn client_credentials_need_nothing_but_the_grant_type() {
        let read = read(&[("grant_type", "client_credentials"), ("scope", ""), ("audience", "")]);
        let Ok(TokenRequest::ClientCredentials(request)) = read else { panic!("{read:?}") };
        assert_eq!((request.scope, request.audience), (None, None));
    }

    #[test]
    fn naming_a_realm_needs_the_grant_type_that_allows_it() {
        let person = [("username", "ada"), ("password", "hunter2")];
        let with = |more: &[(&'static str, &'static str)]| read(&[&person[..], more].concat());
        let cases = [
            (with(&[("grant_type", "password")]), GrantType::Password, None),
            (with(&[("grant_type", "password"), ("realm", "staff")]), GrantType::PasswordRealm, Some("staff")),
            (with(&[("grant_type", REALM_GRANT), ("realm", "staff")]), GrantType::PasswordRealm, Some("staff")),
        ];
        for (read, grant_type, realm) in cases {
            let request = read.expect("complete");
            assert_eq!(request.grant_type(), grant_type);
            let TokenRequest::Password(request) = request else { panic!("{request:?}") };
            assert_eq!((request.username.as_str(), request.password.expose()), ("ada", "hunter2"));
            assert_eq!(request.realm.as_deref(), realm);
        }
    }

    #[test]
    fn te_06_what_is_unknown_or_missing_is_refused() {
        use TokenRequestRefused::{MissingGrantType, MissingParameter, UnsupportedGrantType};
        check_refusal(&[("code", "c")], MissingGrantType);
        check_refusal(&[("grant_type", "")], MissingGrantType);
        check_refusal(&[("grant_type", "implicit")], UnsupportedGrantType);
        check_refusal(&[("grant_type", "Authorization_Code"), ("code", "c")], UnsupportedGrantType);
        check_refusal(&[("grant_type", "authorization_code"), ("code", "")], MissingParameter("code"));
        check_refusal(&[("grant_type", "refresh_token")], MissingParameter("refresh_token"));
        check_refusal(&[("grant_type", "password"), ("password", "p")], MissingParameter("username"));
        check_refusal(&[("grant_type", "password"), ("username", "u")], MissingParameter("password"));
        check_refusal(&[("grant_type", REALM_GRANT), ("username", "u"), ("password", "p")], MissingParameter("realm"));
    }

    #[test]
    fn secrets_do_not_show() {
        let requests = [
            read(&[("grant_type", "authorization_code"), ("code", "hunter2"), ("code_verifier", "hunter2")]),
            read(&[("grant_type", "refresh_token"), ("refresh_token", "hunter2")]),
            read(&[("grant_type", "password"), ("username", "ada"), ("password", "hunter2")]),
        ];
        for request in requests {
            let shown = format!("{:?}", request.expect("complete"));
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }
}
