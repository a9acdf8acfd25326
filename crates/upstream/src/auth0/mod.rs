//! An Auth0 tenant, or anything that speaks its dialect, as a source: asked by the `password-realm` grant as a
//! confidential client, and through the Management API for what tokens do not carry.

mod id_token;
mod management;
mod oauth_error;
mod password;
mod profile;

use secrecy::SecretString;
use serde_json::Value;

pub(crate) use self::management::ManagementToken;
use self::management::Reading;
use self::password::Proof;
use crate::answer::{DirectoryAnswer, Garbage, Setback, SourceAnswer, UnavailableReason};
use crate::attempt::PasswordAttempt;
use crate::gate::Stopwatch;
use crate::http::{HttpAnswer, HttpClient};
use crate::issuer::Issuer;
use crate::profile::SourceProfile;

/// One tenant, for one question.
pub(crate) struct Tenant<'a> {
    pub(crate) http: &'a HttpClient,
    pub(crate) issuer: Issuer,
    pub(crate) client_id: &'a str,
    pub(crate) secret: &'a SecretString,
    pub(crate) realm: &'a str,
    pub(crate) read_profiles: bool,
    pub(crate) management_token: &'a ManagementToken,
    pub(crate) watch: Stopwatch,
}

impl Tenant<'_> {
    pub(crate) async fn check_password(&self, attempt: &PasswordAttempt<'_>) -> Result<SourceAnswer, Setback> {
        let tokens = match self.prove(attempt).await? {
            Proof::Given(tokens) => tokens,
            Proof::Refused(answer) => return Ok(answer),
        };
        let described = self.describe(&tokens).await?;
        let profile = self.complete(described).await?;
        if !is_whom_we_asked_about(&profile, attempt) {
            return Err(Garbage::OtherPerson.into());
        }
        if profile.blocked == Some(true) {
            return Ok(SourceAnswer::Blocked);
        }
        // A tenant asks for them where an application wants them; here, nobody would ever ask again.
        if !profile.multifactor.is_empty() {
            return Ok(SourceAnswer::MfaRequired);
        }
        Ok(SourceAnswer::Verified(Box::new(profile)))
    }

    /// Adds what only the directory knows, where we may read it.
    async fn complete(&self, described: SourceProfile) -> Result<SourceProfile, Setback> {
        if !self.read_profiles {
            return Ok(described);
        }
        match self.read_user(&described.user_id).await? {
            Reading::Found(user) => Ok(*user),
            Reading::Absent | Reading::NotAllowed => {
                tracing::warn!("the source does not let us read this person's profile; metadata is not carried over");
                Ok(described)
            }
        }
    }

    pub(crate) async fn find_by_email(&self, email: &str) -> Result<DirectoryAnswer, Setback> {
        match self.read_user_by_email(email).await? {
            Reading::Found(user) => Ok(DirectoryAnswer::Found(user)),
            Reading::Absent => Ok(DirectoryAnswer::Absent),
            Reading::NotAllowed => Err(UnavailableReason::OurCredentials.into()),
        }
    }

    fn throttled(&self, answer: &HttpAnswer) -> Setback {
        Setback::Throttled { retry_after: answer.retry_after(self.watch.now()) }
    }
}

fn is_whom_we_asked_about(profile: &SourceProfile, attempt: &PasswordAttempt<'_>) -> bool {
    match attempt.expected {
        Some(user_id) => profile.user_id == *user_id,
        None => profile.answers_to(attempt.username),
    }
}

/// The JSON of an answer whose status promises some.
fn json_of(answer: HttpAnswer) -> Result<Value, Garbage> {
    answer.json.ok_or(Garbage::NotJson)
}
