//! Our registration at the provider of a connection, with its secret opened.

use keys::ClientSecretKey;
use model::provider::{ClientAuthentication, Provider};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use store::connections::StoredConnection;
use upstream::sign_in::Registration;

use crate::error::OrInternal;
use crate::{InternalError, RequestContext, Services, connection_secrets};

/// How long a JWT in place of a secret is good for, seconds. It is made for one call.
const SIGNED_SECRET_LIFETIME: i64 = 300;

/// A connection with a provider, and what our client there proves itself with.
pub(crate) struct Access<'a> {
    stored: &'a StoredConnection,
    provider: &'a Provider,
    secret: Option<SecretString>,
    redirect_uri: String,
}

impl<'a> Access<'a> {
    /// Opens the secret of a connection's provider; `None` where the connection has no provider.
    pub(crate) fn to(
        svc: &Services,
        cx: &RequestContext,
        stored: &'a StoredConnection,
    ) -> Result<Option<Self>, InternalError> {
        let Some(provider) = &stored.connection.provider else { return Ok(None) };
        let held = connection_secrets::of_provider(svc, stored)?;
        let secret = match (&provider.client_authentication, held) {
            (ClientAuthentication::SignedSecret { team_id, key_id }, Some(key)) => {
                let claims = signed_secret_claims(cx, provider, team_id);
                Some(signed_secret(key_id, &key, &claims)?)
            }
            (_, held) => held,
        };
        Ok(Some(Access { stored, provider, secret, redirect_uri: redirect_uri(svc) }))
    }

    pub(crate) fn provider(&self) -> &'a Provider {
        self.provider
    }

    pub(crate) fn registration(&self) -> Registration<'_> {
        Registration {
            connection_id: &self.stored.connection.id,
            connection: &self.stored.connection.name,
            provider: self.provider,
            secret: self.secret.as_ref(),
            redirect_uri: &self.redirect_uri,
        }
    }
}

/// Where every provider sends browsers back to: Auth0's path, so that what is registered there need not change.
fn redirect_uri(svc: &Services) -> String {
    format!("{}login/callback", svc.settings.issuer)
}

fn signed_secret_claims(cx: &RequestContext, provider: &Provider, team_id: &str) -> Map<String, Value> {
    let now = cx.now.seconds();
    let claims = [
        ("iss", json!(team_id)),
        ("sub", json!(provider.client_id)),
        ("aud", json!(provider.issuer)),
        ("iat", json!(now)),
        ("exp", json!(now + SIGNED_SECRET_LIFETIME)),
    ];
    claims.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn signed_secret(key_id: &str, key: &SecretString, claims: &Map<String, Value>) -> Result<SecretString, InternalError> {
    let key = ClientSecretKey::from_pem(key_id, key.expose_secret()).or_internal("reading a provider's key")?;
    key.sign(claims).map(SecretString::from).or_internal("signing a client secret")
}
