//! The Management API, for what tokens do not carry.

use std::time::Duration;

use model::address::FoldedEmail;
use model::{Timestamp, UserId};
use protocol::client_metadata::GrantType;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;
use url::form_urlencoded;

use super::oauth_error::OAuthError;
use super::{Tenant, json_of, profile};
use crate::answer::{Garbage, Setback, UnavailableReason};
use crate::profile::SourceProfile;

/// A token is not used in the last moments before it expires.
const SAFETY_MARGIN: Duration = Duration::from_mins(1);

/// What the directory says.
pub(super) enum Reading<T> {
    Found(T),
    Absent,
    /// Our client has no grant or no scope for this.
    NotAllowed,
}

impl<T> Reading<T> {
    fn and_then<U>(self, next: impl FnOnce(T) -> Result<Reading<U>, Setback>) -> Result<Reading<U>, Setback> {
        match self {
            Reading::Found(content) => next(content),
            Reading::Absent => Ok(Reading::Absent),
            Reading::NotAllowed => Ok(Reading::NotAllowed),
        }
    }
}

/// The access token for the Management API, kept until shortly before it expires. While one question fetches
/// it, the others wait for that instead of asking as well.
#[derive(Debug, Default)]
pub(crate) struct ManagementToken(Mutex<Option<Kept>>);

#[derive(Debug)]
struct Kept {
    token: SecretString,
    usable_until: Timestamp,
}

/// RFC 6749 5.1.
#[derive(Deserialize)]
struct Issued {
    access_token: SecretString,
    #[serde(default)]
    expires_in: u64,
}

impl Tenant<'_> {
    /// The user with this id. An answer about any other is garbage.
    pub(super) async fn read_user(&self, user_id: &UserId) -> Result<Reading<Box<SourceProfile>>, Setback> {
        let resource = self.read(&format!("api/v2/users/{}", percent_encoded(user_id.as_str()))).await?;
        resource.and_then(|user| {
            let user = profile::from_user(user.as_object().ok_or(Garbage::Malformed)?)?;
            if user.user_id == *user_id { Ok(Reading::Found(Box::new(user))) } else { Err(Garbage::OtherPerson.into()) }
        })
    }

    /// The one user of our realm who has this address. Auth0 compares the address with its case, and stores
    /// those of database users in lower case.
    pub(super) async fn read_user_by_email(&self, email: &str) -> Result<Reading<Box<SourceProfile>>, Setback> {
        let email = FoldedEmail::of(email);
        let path = format!("api/v2/users-by-email?email={}", percent_encoded(email.as_str()));
        self.read(&path).await?.and_then(|users| {
            let users = users.as_array().ok_or(Garbage::Malformed)?;
            only_one_of(self.realm, &email, users)
        })
    }

    /// Reads a resource; a token that is refused is replaced once.
    async fn read(&self, path: &str) -> Result<Reading<Value>, Setback> {
        for _ in 0..2 {
            let Some(token) = self.token().await? else { return Ok(Reading::NotAllowed) };
            match self.read_with(&token, path).await? {
                Some(reading) => return Ok(reading),
                None => self.management_token.forget(&token).await,
            }
        }
        Err(UnavailableReason::OurCredentials.into())
    }

    /// `None` where the token is not accepted (any more).
    async fn read_with(&self, token: &SecretString, path: &str) -> Result<Option<Reading<Value>>, Setback> {
        let answer = self.http.get(&self.issuer.endpoint(path), token).await?;
        match answer.status {
            200 => Ok(Some(Reading::Found(json_of(answer)?))),
            401 => Ok(None),
            // Without JSON it is not the API that speaks, but something in front of it.
            403 => Ok(Some(json_of(answer).map(|_| Reading::NotAllowed)?)),
            404 => Ok(Some(json_of(answer).map(|_| Reading::Absent)?)),
            429 => Err(self.throttled(&answer)),
            status => Err(UnavailableReason::Status(status).into()),
        }
    }

    /// The kept token, or a new one. `None` where our client may not have one.
    async fn token(&self) -> Result<Option<SecretString>, Setback> {
        let mut kept = self.management_token.0.lock().await;
        let now = self.watch.now();
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.usable_until) {
            return Ok(Some(kept.token.clone()));
        }
        let Some(issued) = self.request_token().await? else { return Ok(None) };
        let usable_until = now.plus_seconds(issued.expires_in).minus(SAFETY_MARGIN);
        *kept = Some(Kept { token: issued.access_token.clone(), usable_until });
        Ok(Some(issued.access_token))
    }

    async fn request_token(&self) -> Result<Option<Issued>, Setback> {
        let audience = self.issuer.endpoint("api/v2/");
        let form = [
            ("grant_type", GrantType::ClientCredentials.as_str()),
            ("client_id", self.client_id),
            ("client_secret", self.secret.expose_secret()),
            ("audience", audience.as_str()),
        ];
        let answer = self.http.post_form(&self.issuer.endpoint("oauth/token"), &form, None).await?;
        match answer.status {
            200 => Ok(Some(serde_json::from_value(json_of(answer)?).map_err(|_| Garbage::Malformed)?)),
            400 | 401 | 403 => no_token(&OAuthError::of(answer)?).map(|()| None),
            429 => Err(self.throttled(&answer)),
            status => Err(UnavailableReason::Status(status).into()),
        }
    }
}

impl ManagementToken {
    /// Forgets this token, unless another has taken its place.
    async fn forget(&self, refused: &SecretString) {
        let mut kept = self.0.lock().await;
        if kept.as_ref().is_some_and(|kept| kept.token.expose_secret() == refused.expose_secret()) {
            *kept = None;
        }
    }
}

/// `Ok` where the refusal clearly says that our client may not read the directory.
fn no_token(error: &OAuthError) -> Result<(), Setback> {
    match error.error.as_str() {
        _ if error.is_about_our_secret() => Err(UnavailableReason::OurCredentials.into()),
        "access_denied" | "unauthorized_client" => Ok(()),
        _ => {
            error.log_unknown();
            Err(UnavailableReason::UnknownError.into())
        }
    }
}

/// An address may belong to people of other connections too; those are not ours to move.
fn only_one_of(realm: &str, email: &FoldedEmail, users: &[Value]) -> Result<Reading<Box<SourceProfile>>, Setback> {
    let mut found = None;
    for user in users {
        let user = profile::from_user(user.as_object().ok_or(Garbage::Malformed)?)?;
        if user.profile.folded_email().as_ref() != Some(email) {
            return Err(Garbage::OtherPerson.into());
        }
        let is_of_our_realm = user.identities.iter().any(|identity| identity.connection == realm);
        if is_of_our_realm && found.replace(user).is_some() {
            return Err(Garbage::Ambiguous.into());
        }
    }
    Ok(found.map_or(Reading::Absent, |user| Reading::Found(Box::new(user))))
}

/// All but letters, digits and `*-._` as `%XX`, fit for a path segment and for a query.
fn percent_encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>().replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use super::percent_encoded;

    #[test]
    fn ids_become_one_path_segment() {
        assert_eq!(percent_encoded("auth0|a b/c+d?e#f%"), "auth0%7Ca%20b%2Fc%2Bd%3Fe%23f%25");
    }
}
