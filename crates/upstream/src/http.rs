//! The bounded HTTP client: no redirects, no proxies from the environment, checked addresses, capped answers.

use std::error::Error;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use model::Timestamp;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use thiserror::Error;
use url::{Url, form_urlencoded};

use crate::addresses::{AddressPolicy, AddressRefused, FilteringResolver};
use crate::answer::{Garbage, UnavailableReason};

/// The largest answer that is read. A user with a generous amount of metadata is a tenth of it.
const LARGEST_ANSWER: usize = 256 * 1024;

/// A host that swallows packets must not use up the time of the whole question, because the next address of the
/// same name may be well.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

/// The address of the person who signs in. Auth0 believes it from clients it was told to trust, and counts attempts
/// by it; without it, it would count them all against this broker.
const FORWARDED_FOR: &str = "auth0-forwarded-for";

/// What an operator decides about outgoing connections.
#[derive(Clone, Debug, Default)]
pub struct HttpSettings {
    /// Networks that are dialled although they are not public. Loopback is one of them.
    pub allow_private_networks: Vec<IpNet>,
    /// Whether an issuer on another machine may be `http`. What TLS proves (that an ID token comes from the
    /// source, that nobody reads the password) is then up to the network.
    pub allow_http: bool,
}

/// The HTTP client cannot be built, mostly because the system has no root certificates.
#[derive(Debug, Error)]
#[error("cannot set up outgoing HTTPS; are the system's CA certificates installed?")]
pub struct HttpSetupError(#[source] Box<dyn Error + Send + Sync>);

#[derive(Clone, Debug)]
pub(crate) struct HttpClient {
    client: Client,
    addresses: AddressPolicy,
}

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct HttpAnswer {
    pub(crate) status: u16,
    /// `None` where it does not declare JSON or is none.
    pub(crate) json: Option<Value>,
    retry_after_seconds: Option<u64>,
    rate_limit_reset: Option<i64>,
}

impl HttpClient {
    pub(crate) fn new(addresses: AddressPolicy) -> Result<Self, HttpSetupError> {
        HttpClient::from(builder(&addresses), addresses)
    }

    fn from(builder: ClientBuilder, addresses: AddressPolicy) -> Result<Self, HttpSetupError> {
        let client = builder.build().map_err(|error| HttpSetupError(error.into()))?;
        Ok(HttpClient { client, addresses })
    }

    pub(crate) async fn post_form(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        forwarded_for: Option<IpAddr>,
    ) -> Result<HttpAnswer, UnavailableReason> {
        let mut request = self.client.post(url.clone()).form(form);
        if let Some(address) = forwarded_for {
            request = request.header(FORWARDED_FOR, address.to_string());
        }
        self.send(url, request).await
    }

    /// Posts a form as a client that proves itself in the header. Id and secret are encoded as a form before they are
    /// joined (RFC 6749 2.3.1).
    pub(crate) async fn post_form_as(
        &self,
        url: &Url,
        form: &[(&str, &str)],
        client_id: &str,
        secret: &SecretString,
    ) -> Result<HttpAnswer, UnavailableReason> {
        let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        let (name, password) = (encoded(client_id), encoded(secret.expose_secret()));
        self.send(url, self.client.post(url.clone()).basic_auth(name, Some(password)).form(form)).await
    }

    pub(crate) async fn get(&self, url: &Url, bearer: &SecretString) -> Result<HttpAnswer, UnavailableReason> {
        self.send(url, self.client.get(url.clone()).bearer_auth(bearer.expose_secret())).await
    }

    /// Fetches a document that is the same for everybody.
    pub(crate) async fn get_public(&self, url: &Url) -> Result<HttpAnswer, UnavailableReason> {
        self.send(url, self.client.get(url.clone())).await
    }

    async fn send(&self, url: &Url, request: RequestBuilder) -> Result<HttpAnswer, UnavailableReason> {
        let host = url.host().ok_or(UnavailableReason::Misconfigured)?;
        // A literal address is dialled without asking the resolver.
        self.addresses.check_host(&host).map_err(|AddressRefused| UnavailableReason::AddressRefused)?;
        let response = request.header(ACCEPT, "application/json").send().await.map_err(|error| reason_of(&error))?;
        read(response).await
    }
}

fn builder(addresses: &AddressPolicy) -> ClientBuilder {
    Client::builder()
        .user_agent("landbridge")
        .redirect(redirect::Policy::none())
        .no_proxy()
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .dns_resolver(FilteringResolver(addresses.clone()))
}

async fn read(mut response: Response) -> Result<HttpAnswer, UnavailableReason> {
    let headers = response.headers();
    let mut answer = HttpAnswer {
        status: response.status().as_u16(),
        json: None,
        retry_after_seconds: number(headers, RETRY_AFTER.as_str()),
        rate_limit_reset: number(headers, "x-ratelimit-reset"),
    };
    if declares_json(headers) {
        answer.json = serde_json::from_slice(&body(&mut response).await?).ok();
    }
    Ok(answer)
}

async fn body(response: &mut Response) -> Result<Vec<u8>, UnavailableReason> {
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|_| UnavailableReason::Garbage(Garbage::CutOff))? {
        if bytes.len() + chunk.len() > LARGEST_ANSWER {
            return Err(UnavailableReason::Garbage(Garbage::TooLarge));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn number<T: std::str::FromStr>(headers: &HeaderMap, name: &str) -> Option<T> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

fn declares_json(headers: &HeaderMap) -> bool {
    let declared = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    media_type == "application/json" || (media_type.starts_with("application/") && media_type.ends_with("+json"))
}

impl HttpAnswer {
    /// How long the source wants to be left alone: `Retry-After` in seconds, else until `X-RateLimit-Reset`
    /// (epoch seconds), which Auth0 sends with every answer. The date form of `Retry-After` is not read.
    pub(crate) fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        let until_reset = || u64::try_from(self.rate_limit_reset?.saturating_sub(now.seconds())).ok();
        self.retry_after_seconds.or_else(until_reset).map(Duration::from_secs)
    }
}

fn reason_of(error: &reqwest::Error) -> UnavailableReason {
    let mut chain = std::iter::successors(error.source(), |&cause| cause.source());
    if let Some(reason) = chain.find_map(reason_of_cause) {
        return reason;
    }
    if error.is_timeout() { UnavailableReason::Timeout } else { UnavailableReason::Unreachable }
}

fn reason_of_cause(cause: &(dyn Error + 'static)) -> Option<UnavailableReason> {
    if cause.is::<AddressRefused>() {
        return Some(UnavailableReason::AddressRefused);
    }
    if cause.is::<rustls::Error>() {
        return Some(UnavailableReason::Tls);
    }
    // `io::Error::source` skips the error it wraps.
    let wrapped = cause.downcast_ref::<io::Error>()?.get_ref()?;
    reason_of_cause(wrapped)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, Issuer, KeyPair, SanType, date_time_ymd};
    use reqwest::Certificate;
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;

    use super::*;

    fn check_retry_after(retry_after_seconds: Option<u64>, rate_limit_reset: Option<i64>, expected: Option<u64>) {
        let answer = HttpAnswer { status: 429, json: None, retry_after_seconds, rate_limit_reset };
        assert_eq!(answer.retry_after(Timestamp::from_millis(1_000_500)), expected.map(Duration::from_secs));
    }

    #[test]
    fn retry_after_wins_over_the_reset_of_the_rate_limit() {
        check_retry_after(None, None, None);
        check_retry_after(Some(7), Some(1_030), Some(7));
        check_retry_after(None, Some(1_030), Some(30));
        check_retry_after(None, Some(900), None);
        check_retry_after(None, Some(i64::MIN), None);
    }

    async fn check_failure(client: &HttpClient, url: &str, expected: UnavailableReason) {
        let url = url.parse().expect(url);
        assert_eq!(client.get(&url, &"token".into()).await.err(), Some(expected), "{url}");
    }

    /// SS-02 (CVE-2026-55671 of Zitadel): what was allowed when it was looked at counts for nothing when it is dialled.
    #[tokio::test]
    async fn ss_02_a_private_address_is_refused_when_it_is_dialled_by_number_or_by_name() {
        let everything: IpNet = "0.0.0.0/0".parse().expect("a network");
        let strict = HttpClient::new(AddressPolicy::new(&[])).expect("an HTTP client");
        check_failure(&strict, "http://127.0.0.1:1/", UnavailableReason::AddressRefused).await;
        let client = HttpClient { addresses: AddressPolicy::new(&[everything]), ..strict };
        check_failure(&client, "http://a.localhost:1/", UnavailableReason::AddressRefused).await;
        check_failure(&client, "https://a.localhost:1/", UnavailableReason::AddressRefused).await;
    }

    /// A server for `localhost` whose certificate, made like this, comes from an authority. Answers an empty object.
    async fn tls_server(authority: &Issuer<'_, KeyPair>, change: impl FnOnce(&mut CertificateParams)) -> u16 {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::new(["localhost".to_owned()]).expect("a name");
        change(&mut params);
        let certificate = params.signed_by(&key, authority).expect("a certificate");
        let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key in DER");
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .and_then(|config| config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key))
            .expect("a certificate with its key");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                let _asked = stream.read(&mut [0; 4096]).await;
                let answer = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
                stream.write_all(answer).await.expect("room in the buffer");
                let _closed = stream.shutdown().await;
            }
        });
        port
    }

    fn authority() -> CertifiedIssuer<'static, KeyPair> {
        let mut params = CertificateParams::new(Vec::new()).expect("no name");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().expect("a key")).expect("a certificate")
    }

    /// SS-04 (CVE-2026-35563): the settings of every outgoing call, with one more authority than the system has.
    #[tokio::test]
    async fn ss_04_a_certificate_must_be_of_that_name_of_that_day_and_vouched_for() {
        let (known, unknown) = (authority(), authority());
        let addresses = AddressPolicy::new(&["127.0.0.0/8".parse().expect("a network")]);
        let trusted = Certificate::from_der(known.der()).expect("a certificate");
        let client = HttpClient::from(builder(&addresses).tls_certs_merge([trusted]), addresses).expect("a client");
        let url = |port: u16| format!("https://localhost:{port}/").parse::<Url>().expect("a URL");

        let sound = tls_server(&known, |_| {}).await;
        assert_eq!(client.get_public(&url(sound)).await.map(|answer| answer.status), Ok(200));
        let elsewhere = |params: &mut CertificateParams| {
            params.subject_alt_names = vec![SanType::DnsName("other.example".try_into().expect("a name"))];
        };
        let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2020, 1, 1);
        let to_come = |params: &mut CertificateParams| params.not_before = date_time_ymd(4000, 1, 1);
        for (flaw, port) in [
            ("another name", tls_server(&known, elsewhere).await),
            ("over", tls_server(&known, expired).await),
            ("to come", tls_server(&known, to_come).await),
            ("vouched for by a stranger", tls_server(&unknown, |_| {}).await),
        ] {
            assert_eq!(client.get_public(&url(port)).await.err(), Some(UnavailableReason::Tls), "{flaw}");
        }
    }

    fn check_json(content_type: &str, expected: bool) {
        let headers = HeaderMap::from_iter([(CONTENT_TYPE, content_type.parse().expect("a header value"))]);
        assert_eq!(declares_json(&headers), expected, "{content_type}");
    }

    #[test]
    fn json_is_what_declares_itself_as_json() {
        check_json("application/json", true);
        check_json("Application/JSON; charset=utf-8", true);
        check_json("application/problem+json", true);
        check_json("text/html", false);
        check_json("text/json", false);
        check_json("text/html; application/json", false);
        check_json("", false);
    }
}
