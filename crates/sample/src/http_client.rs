//! How `openidconnect` reaches the provider.

use std::future::Future;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::time::Duration;

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::redirect::Policy;
use url::{Host, Url};

use crate::Error;

/// No document of a provider comes near this size.
const MAX_BODY_BYTES: usize = 1024 * 1024;
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// Follows no redirects, waits ten seconds at most, and reads one mebibyte at most.
#[derive(Clone)]
pub(crate) struct HttpClient(reqwest::Client);

/// The provider gave no whole answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HttpError {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("the answer is longer than {MAX_BODY_BYTES} bytes")]
    TooLong,
}

impl HttpClient {
    /// A client for the provider at `issuer`.
    pub(crate) fn new(issuer: &Url) -> Result<Self, Error> {
        let builder = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .timeout(TIMEOUT)
            .connect_timeout(CONNECT_TIMEOUT);
        let builder = with_roots_if_needed(builder, issuer);
        let client = with_localhost_names(builder, issuer).build();
        client.map(HttpClient).map_err(|error| Error::HttpClient(Box::new(error)))
    }

    async fn send(client: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let mut response = client.execute(request.try_into()?).await?;
        let mut answer = HttpResponse::default();
        *answer.status_mut() = response.status();
        *answer.headers_mut() = std::mem::take(response.headers_mut());
        while let Some(chunk) = response.chunk().await? {
            if answer.body().len() + chunk.len() > MAX_BODY_BYTES {
                return Err(HttpError::TooLong);
            }
            answer.body_mut().extend_from_slice(&chunk);
        }
        Ok(answer)
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(Self::send(self.0.clone(), request))
    }
}

/// A provider on plain HTTP is reached without certificates, and a bare machine may have none to load.
fn with_roots_if_needed(builder: reqwest::ClientBuilder, issuer: &Url) -> reqwest::ClientBuilder {
    if issuer.scheme() == "http" { builder.tls_certs_only([]) } else { builder }
}

/// Browsers take `auth.localhost` for this machine (RFC 6761 6.3); many system resolvers do not know it.
fn with_localhost_names(builder: reqwest::ClientBuilder, issuer: &Url) -> reqwest::ClientBuilder {
    match issuer.host() {
        Some(Host::Domain(name)) if name.ends_with(".localhost") => {
            // Port 0 leaves the port of the URL in place.
            let here = [SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), SocketAddr::from((Ipv6Addr::LOCALHOST, 0))];
            builder.resolve_to_addrs(name, &here)
        }
        _ => builder,
    }
}
