//! Who calls the Management API, and what they may do.

use keys::TokenRefused;
use model::ClientId;
use model::client::Client;
use model::event::EventType;
use protocol::management_scope::ManagementScope;
use protocol::payload::{self, Expectations, PayloadRefused};
use protocol::scope::ScopeSet;
use serde_json::{Map, Value};
use store::StoreError;

use super::Refused;
use crate::events::{EventBuilder, event};
use crate::limits::{self, Limited, Standing, Subject};
use crate::machines::speaks_for_itself;
use crate::signing_keys::{self, OwnTokenRefused};
use crate::tokens::confirmed_key;
use crate::{InternalError, RequestContext, Services};

/// How far the clock of another node of ours may be ahead.
const LEEWAY_SECONDS: i64 = 60;

/// A machine client with a token for the Management API.
#[derive(Clone, Debug)]
pub struct Caller {
    client: Client,
    scope: ScopeSet,
}

/// Why a bearer token does not make a caller.
#[derive(Debug, thiserror::Error)]
pub enum CallerRefused {
    /// None of our keys signed it as an access token.
    #[error(transparent)]
    Untrusted(TokenRefused),
    /// Its time, its issuer or its audience is not right.
    #[error(transparent)]
    Unacceptable(#[from] PayloadRefused),
    /// It is bound to a key, and came without a proof, which nobody here asks for.
    #[error("the token is bound to a key")]
    BoundToKey,
    /// It names no client, or one that no longer exists.
    #[error("the token's client does not exist")]
    UnknownClient,
    /// The work could not be done.
    #[error(transparent)]
    Internal(#[from] InternalError),
}

impl From<StoreError> for CallerRefused {
    fn from(error: StoreError) -> Self {
        CallerRefused::Internal(error.into())
    }
}

impl From<OwnTokenRefused> for CallerRefused {
    fn from(refused: OwnTokenRefused) -> Self {
        match refused {
            OwnTokenRefused::Untrusted(why) => CallerRefused::Untrusted(why),
            OwnTokenRefused::Internal(error) => CallerRefused::Internal(error),
        }
    }
}

impl Caller {
    /// Believes an access token that we issued for the Management API (RFC 6750 2.1).
    ///
    /// A user's token makes a caller without any scope: nothing here is for end users.
    pub async fn authenticate(svc: &Services, cx: &RequestContext, bearer: &str) -> Result<Caller, CallerRefused> {
        let claims = signing_keys::verify(svc, bearer, &["JWT", "at+jwt"]).await?;
        let audience = svc.settings.management_audience();
        let expected =
            Expectations { issuer: &svc.settings.issuer, audience: &audience, leeway_seconds: LEEWAY_SECONDS };
        payload::check(&claims, &expected, cx.now.seconds())?;
        if confirmed_key(&claims).is_some() {
            return Err(CallerRefused::BoundToKey);
        }
        let client_id = text(&claims, "azp").or_else(|| text(&claims, "client_id"));
        let client_id = ClientId::new(client_id.ok_or(CallerRefused::UnknownClient)?);
        let found = store::clients::find(&mut svc.store.read().await?, &client_id).await?;
        let client = found.ok_or(CallerRefused::UnknownClient)?.client;
        let scope = if speaks_for_itself(&claims, &client_id) { granted(&claims) } else { ScopeSet::default() };
        Ok(Caller { client, scope })
    }

    /// Takes one call from what the client may do.
    pub async fn take_call(&self, svc: &Services, cx: &RequestContext) -> Result<Standing, Limited> {
        limits::take(svc, cx, &Subject::Caller(&self.client.client_id)).await
    }

    /// Goes on only if the token carries this scope.
    pub fn require(&self, scope: ManagementScope) -> Result<(), Refused> {
        self.require_any(&[scope])
    }

    /// Goes on only if the token carries one of these scopes.
    pub fn require_any(&self, scopes: &[ManagementScope]) -> Result<(), Refused> {
        if scopes.iter().any(|scope| self.has(*scope)) {
            return Ok(());
        }
        Err(Refused::InsufficientScope { expected: scopes.to_vec() })
    }

    /// Whether the token carries this scope.
    pub(super) fn has(&self, scope: ManagementScope) -> bool {
        scope.granted(&self.scope)
    }

    /// What the token carries.
    pub(super) fn scope(&self) -> &ScopeSet {
        &self.scope
    }

    /// The record of a change that this caller makes.
    pub(super) fn event(&self, svc: &Services, cx: &RequestContext, operation: &'static str, id: &str) -> EventBuilder {
        let written = event(svc, cx, EventType::ManagementWrite).client(&self.client).describe(sentence(operation));
        written.detail("operation", operation).detail("id", id)
    }
}

fn text<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    claims.get(name).and_then(Value::as_str)
}

fn granted(claims: &Map<String, Value>) -> ScopeSet {
    ScopeSet::parse(text(claims, "scope").unwrap_or_default())
}

/// `update_client` as a sentence: `Update client`.
fn sentence(operation: &str) -> String {
    let words = operation.replace('_', " ");
    words[..1].to_uppercase() + &words[1..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_read_as_sentences() {
        assert_eq!(sentence("rotate_client_secret"), "Rotate client secret");
    }
}
