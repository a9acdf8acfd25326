//! The `password-realm` grant.

use std::time::Duration;

use protocol::client_metadata::GrantType;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::oauth_error::OAuthError;
use super::{Tenant, id_token, json_of, profile};
use crate::answer::{Garbage, Setback, SourceAnswer, UnavailableReason};
use crate::attempt::PasswordAttempt;
use crate::http::HttpAnswer;
use crate::profile::{ProfileOrigin, SourceProfile};

/// What the source made of a password.
pub(super) enum Proof {
    Given(Tokens),
    Refused(SourceAnswer),
}

/// A successful answer of the token endpoint (RFC 6749 5.1, OIDC Core 3.1.3.3).
#[derive(Deserialize)]
pub(super) struct Tokens {
    id_token: Option<SecretString>,
    access_token: Option<SecretString>,
}

impl Tenant<'_> {
    pub(super) async fn prove(&self, attempt: &PasswordAttempt<'_>) -> Result<Proof, Setback> {
        let form = [
            ("grant_type", GrantType::PasswordRealm.as_str()),
            ("client_id", self.client_id),
            ("client_secret", self.secret.expose_secret()),
            ("username", attempt.username),
            ("password", attempt.password.expose_secret()),
            ("realm", self.realm),
            ("scope", "openid profile email"),
        ];
        let answer = self.http.post_form(&self.issuer.endpoint("oauth/token"), &form, attempt.end_user_ip).await?;
        let retry_after = answer.retry_after(self.watch.now());
        match answer.status {
            200 => Ok(Proof::Given(serde_json::from_value(json_of(answer)?).map_err(|_| Garbage::Malformed)?)),
            400 | 401 | 403 => refusal(&OAuthError::of(answer)?, retry_after).map(Proof::Refused),
            429 => throttling(answer, retry_after).map(Proof::Refused),
            status => Err(UnavailableReason::Status(status).into()),
        }
    }

    /// Who has given the proof, as the tokens say.
    pub(super) async fn describe(&self, tokens: &Tokens) -> Result<SourceProfile, Setback> {
        if let Some(id_token) = &tokens.id_token {
            let claims = id_token::claims(id_token, self.issuer.as_str(), self.client_id, self.watch.now())?;
            return Ok(profile::from_claims(&claims, ProfileOrigin::IdToken)?);
        }
        let access_token = tokens.access_token.as_ref().ok_or(Garbage::Malformed)?;
        let answer = self.http.get(&self.issuer.endpoint("userinfo"), access_token).await?;
        match answer.status {
            200 => {
                let claims = json_of(answer)?;
                let claims = claims.as_object().ok_or(Garbage::Malformed)?;
                Ok(profile::from_claims(claims, ProfileOrigin::UserInfo)?)
            }
            429 => Err(self.throttled(&answer)),
            status => Err(UnavailableReason::Status(status).into()),
        }
    }
}

/// Goes by the words and not by the status: servers of this dialect refuse with 400, 401 or 403.
fn refusal(error: &OAuthError, retry_after: Option<Duration>) -> Result<SourceAnswer, Setback> {
    if error.says_blocked() {
        return Ok(SourceAnswer::Blocked);
    }
    if error.is_about_our_secret() {
        return Err(UnavailableReason::OurCredentials.into());
    }
    match error.error.as_str() {
        "invalid_grant" => Ok(SourceAnswer::WrongPassword),
        "password_leaked" => Ok(SourceAnswer::Breached),
        "mfa_required" => Ok(SourceAnswer::MfaRequired),
        // About this person at this address, and thus an answer: were it taken for a limit on us, ten wrong
        // passwords for one account would stop everybody's move.
        "too_many_attempts" => Ok(SourceAnswer::Throttled { retry_after }),
        "too_many_requests" => Err(Setback::Throttled { retry_after }),
        "unauthorized_client" => Err(UnavailableReason::OurCredentials.into()),
        _ => {
            error.log_unknown();
            Err(UnavailableReason::UnknownError.into())
        }
    }
}

/// A 429 is a limit on us unless it says otherwise; a proxy's has no JSON.
fn throttling(answer: HttpAnswer, retry_after: Option<Duration>) -> Result<SourceAnswer, Setback> {
    match OAuthError::of(answer) {
        Ok(error) if error.error == "too_many_attempts" => Ok(SourceAnswer::Throttled { retry_after }),
        _ => Err(Setback::Throttled { retry_after }),
    }
}
