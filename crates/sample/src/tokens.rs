//! The tokens of a signed-in person, and what must hold before they are kept.

use openidconnect::core::{CoreIdToken, CoreJsonWebKey, CoreJwsSigningAlgorithm, CoreTokenResponse};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, Nonce, NonceVerifier, OAuth2TokenResponse, RefreshToken,
    SignatureVerificationError, TokenResponse,
};

use crate::claims::Claims;

/// Tokens whose ID token has been verified. Has no `Debug`.
pub(crate) struct Tokens {
    pub(crate) id_token: CoreIdToken,
    pub(crate) claims: Claims,
    pub(crate) access_token: AccessToken,
    pub(crate) refresh_token: Option<RefreshToken>,
    /// The granted scope, where the provider says that it differs from the one asked for (RFC 6749 5.1).
    pub(crate) scope: Option<String>,
    /// How often they have been refreshed.
    pub(crate) refreshes: u32,
}

impl Tokens {
    /// The tokens of a sign-in. `claims` are what verifying the answer's ID token brought.
    pub(crate) fn of_sign_in(answer: &CoreTokenResponse, claims: Claims) -> Option<Self> {
        Some(Tokens {
            id_token: answer.id_token()?.clone(),
            claims,
            access_token: answer.access_token().clone(),
            refresh_token: answer.refresh_token().cloned(),
            scope: scope(answer),
            refreshes: 0,
        })
    }

    /// Takes over a refresh. What the answer does not bring stays as it is (RFC 6749 6, OpenID Connect Core 12.2).
    pub(crate) fn renew(&mut self, answer: &CoreTokenResponse, claims: Option<Claims>) {
        if let Some((id_token, claims)) = answer.id_token().zip(claims) {
            self.id_token = id_token.clone();
            self.claims = claims;
        }
        self.access_token = answer.access_token().clone();
        self.refresh_token = answer.refresh_token().or(self.refresh_token.as_ref()).cloned();
        self.scope = scope(answer).or(self.scope.take());
        self.refreshes += 1;
    }
}

fn scope(answer: &CoreTokenResponse) -> Option<String> {
    let scopes = answer.scopes()?.iter().map(|scope| scope.as_str());
    Some(scopes.collect::<Vec<_>>().join(" "))
}

/// Why nobody is identified by an answer of the token endpoint.
#[derive(Debug, thiserror::Error)]
pub(crate) enum IdentityRefused {
    #[error("the answer has no ID token")]
    Missing,
    #[error("the ID token is signed with a key the provider does not publish")]
    UnknownKey,
    #[error("the ID token does not hold: {0}")]
    Claims(ClaimsVerificationError),
    #[error("the payload of the ID token is not in canonical base64url")]
    Unreadable,
    #[error("the access token is not the one the ID token was issued with")]
    OtherAccessToken,
    #[error("the ID token is about somebody else")]
    OtherPerson,
}

impl From<SignatureVerificationError> for IdentityRefused {
    fn from(error: SignatureVerificationError) -> Self {
        ClaimsVerificationError::SignatureVerification(error).into()
    }
}

impl From<ClaimsVerificationError> for IdentityRefused {
    fn from(error: ClaimsVerificationError) -> Self {
        match error {
            ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey) => {
                IdentityRefused::UnknownKey
            }
            other => IdentityRefused::Claims(other),
        }
    }
}

/// What the `nonce` of an ID token must be.
#[derive(Clone, Copy)]
pub(crate) enum NonceCheck<'a> {
    /// At sign-in it is there, and it is this one (OpenID Connect Core 3.1.3.7).
    Required(&'a Nonce),
    /// After a refresh it may be absent, and otherwise is the one of the sign-in (OpenID Connect Core 12.2).
    IfPresent(&'a Nonce),
}

impl NonceVerifier for NonceCheck<'_> {
    fn verify(self, presented: Option<&Nonce>) -> Result<(), String> {
        match (self, presented) {
            (NonceCheck::IfPresent(_), None) => Ok(()),
            (NonceCheck::Required(expected) | NonceCheck::IfPresent(expected), _) => expected.verify(presented),
        }
    }
}

/// Checks `at_hash`: that the access token belongs to the ID token (OpenID Connect Core 3.1.3.8).
pub(crate) fn check_access_token(
    expected: &AccessTokenHash,
    answer: &CoreTokenResponse,
    algorithm: &CoreJwsSigningAlgorithm,
    key: &CoreJsonWebKey,
) -> Result<(), IdentityRefused> {
    match AccessTokenHash::from_token(answer.access_token(), algorithm, key) {
        Ok(actual) if actual == *expected => Ok(()),
        _ => Err(IdentityRefused::OtherAccessToken),
    }
}

#[cfg(test)]
mod tests {
    use openidconnect::{Nonce, NonceVerifier};

    use super::NonceCheck;

    #[test]
    fn only_a_refresh_may_come_without_a_nonce() {
        let [ours, other] = ["ours", "other"].map(|text| Nonce::new(text.to_owned()));
        assert!(NonceCheck::Required(&ours).verify(Some(&ours)).is_ok());
        assert!(NonceCheck::Required(&ours).verify(Some(&other)).is_err());
        assert!(NonceCheck::Required(&ours).verify(None).is_err());
        assert!(NonceCheck::IfPresent(&ours).verify(Some(&ours)).is_ok());
        assert!(NonceCheck::IfPresent(&ours).verify(Some(&other)).is_err());
        assert!(NonceCheck::IfPresent(&ours).verify(None).is_ok());
    }
}
