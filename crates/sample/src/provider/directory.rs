//! Finding the provider, and remembering what was found.

use std::sync::{Arc, RwLock};

use openidconnect::core::{CoreClient, CoreTokenResponse};
use openidconnect::{ClientId, ClientSecret, DiscoveryError, IssuerUrl, RedirectUrl};

use super::Provider;
use super::metadata::{Metadata, client_authentication};
use crate::claims::Claims;
use crate::failure::Failure;
use crate::http_client::{HttpClient, HttpError};
use crate::tokens::{IdentityRefused, NonceCheck};
use crate::{Error, Settings};

/// The one provider we know by name. It is asked for its configuration when a request first needs it, and again at the
/// next request as long as it does not answer.
pub(crate) struct Directory {
    settings: Arc<Settings>,
    http_client: HttpClient,
    issuer: IssuerUrl,
    known: RwLock<Option<Arc<Provider>>>,
}

impl Directory {
    pub(crate) fn new(settings: Arc<Settings>) -> Result<Self, Error> {
        let issuer = IssuerUrl::new(settings.issuer.clone()).map_err(Error::Issuer)?;
        let http_client = HttpClient::new(issuer.url())?;
        Ok(Directory { settings, http_client, issuer, known: RwLock::default() })
    }

    /// The provider, if it has answered before.
    pub(crate) fn known(&self) -> Option<Arc<Provider>> {
        self.known.read().expect("no holder of this lock panics").clone()
    }

    /// The provider, asked now if it has not answered before.
    pub(crate) async fn provider(&self) -> Result<Arc<Provider>, Failure> {
        match self.known() {
            Some(provider) => Ok(provider),
            None => self.discover().await,
        }
    }

    /// What the ID token of `answer` says, once it is proven. If it is signed with a key we have not seen, the provider
    /// has rotated its keys and is asked for them once (OpenID Connect Core 10.1.1).
    pub(crate) async fn identify(
        &self,
        provider: &Provider,
        answer: &CoreTokenResponse,
        nonce: NonceCheck<'_>,
    ) -> Result<Claims, Failure> {
        match provider.verify(answer, nonce) {
            Err(IdentityRefused::UnknownKey) => Ok(self.discover().await?.verify(answer, nonce)?),
            outcome => Ok(outcome?),
        }
    }

    async fn discover(&self) -> Result<Arc<Provider>, Failure> {
        let metadata =
            Metadata::discover_async(self.issuer.clone(), &self.http_client).await.map_err(not_discovered)?;
        let provider = Arc::new(self.read(metadata)?);
        *self.known.write().expect("no holder of this lock panics") = Some(Arc::clone(&provider));
        Ok(provider)
    }

    fn read(&self, metadata: Metadata) -> Result<Provider, Failure> {
        let token_endpoint = metadata.token_endpoint().cloned();
        let token_endpoint = token_endpoint.ok_or_else(|| Failure::Unusable("it names no token endpoint".into()))?;
        let extensions = metadata.additional_metadata().clone();
        let authentication = client_authentication(&metadata);
        let client_id = ClientId::new(self.settings.client_id.clone());
        let client_secret = self.settings.client_secret.clone().map(ClientSecret::new);
        let client = CoreClient::from_provider_metadata(metadata, client_id, client_secret)
            .set_auth_type(authentication)
            .set_token_uri(token_endpoint)
            .set_redirect_uri(RedirectUrl::from_url(self.settings.callback_url()));
        Ok(Provider {
            settings: Arc::clone(&self.settings),
            http_client: self.http_client.clone(),
            issuer: self.issuer.clone(),
            client,
            extensions,
        })
    }
}

fn not_discovered(error: DiscoveryError<HttpError>) -> Failure {
    match error {
        DiscoveryError::Request(error) => Failure::Unreachable(error),
        other => Failure::Unusable(Box::new(other)),
    }
}
