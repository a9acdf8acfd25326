//! A provider's metadata document (OpenID Connect Discovery 1.0 3 and 4, RFC 8414).

use serde::Deserialize;
use thiserror::Error;
use url::Url;

use model::provider::FixedEndpoints;

use crate::answer::{Garbage, Setback, UnavailableReason};
use crate::http::HttpAnswer;
use crate::urls::{UrlPolicy, UrlRefused};

/// Where a provider is asked, checked.
#[derive(Debug)]
pub(crate) struct Metadata {
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) jwks_uri: Option<Url>,
    pub(crate) userinfo_endpoint: Option<Url>,
    pub(crate) end_session_endpoint: Option<Url>,
    /// Whether every answer carries `iss` (RFC 9207 3).
    pub(crate) promises_issuer: bool,
}

/// Why a metadata document is not used. The texts are fit to be shown to an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MetadataRefused {
    /// It is not an object with what it must hold.
    #[error("the provider's metadata document lacks an issuer, authorization_endpoint, token_endpoint or jwks_uri")]
    Incomplete,
    /// Its `issuer` is another (OpenID Connect Discovery 4.3).
    #[error("the provider's metadata document is of another issuer")]
    Issuer,
    /// One of its endpoints may not be used.
    #[error("the {0} of the provider {1}")]
    Endpoint(&'static str, UrlRefused),
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    end_session_endpoint: Option<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Metadata {
    /// Reads a document that must be of this issuer.
    pub(crate) fn of_issuer(answer: HttpAnswer, issuer: &str, urls: &UrlPolicy) -> Result<Self, MetadataRefused> {
        let (document_issuer, metadata) = Self::read(answer, urls)?;
        if document_issuer == issuer { Ok(metadata) } else { Err(MetadataRefused::Issuer) }
    }

    /// Reads a document, with the issuer it names.
    pub(crate) fn read(answer: HttpAnswer, urls: &UrlPolicy) -> Result<(String, Self), MetadataRefused> {
        let document = answer.json.and_then(|json| serde_json::from_value::<Document>(json).ok());
        let document = document.ok_or(MetadataRefused::Incomplete)?;
        let promises_issuer = document.authorization_response_iss_parameter_supported;
        let endpoints = FixedEndpoints {
            authorization: document.authorization_endpoint,
            token: document.token_endpoint,
            jwks: Some(document.jwks_uri),
            userinfo: document.userinfo_endpoint,
            end_session: document.end_session_endpoint,
        };
        let metadata = Metadata { promises_issuer, ..Self::written_down(&endpoints, urls)? };
        Ok((document.issuer, metadata))
    }

    /// Takes endpoints that somebody has written down.
    pub(crate) fn written_down(endpoints: &FixedEndpoints, urls: &UrlPolicy) -> Result<Self, MetadataRefused> {
        let check = |name, text: &str| urls.check(text).map_err(|refused| MetadataRefused::Endpoint(name, refused));
        let check_any = |name, text: Option<&String>| text.map(|text| check(name, text)).transpose();
        Ok(Metadata {
            authorization_endpoint: check("authorization_endpoint", &endpoints.authorization)?,
            token_endpoint: check("token_endpoint", &endpoints.token)?,
            jwks_uri: check_any("jwks_uri", endpoints.jwks.as_ref())?,
            userinfo_endpoint: check_any("userinfo_endpoint", endpoints.userinfo.as_ref())?,
            end_session_endpoint: check_any("end_session_endpoint", endpoints.end_session.as_ref())?,
            promises_issuer: false,
        })
    }
}

impl From<MetadataRefused> for Setback {
    fn from(refused: MetadataRefused) -> Self {
        match refused {
            MetadataRefused::Incomplete => Garbage::Malformed.into(),
            MetadataRefused::Issuer => Garbage::WrongIssuer.into(),
            MetadataRefused::Endpoint(_, UrlRefused::PrivateNetwork) => UnavailableReason::AddressRefused.into(),
            MetadataRefused::Endpoint(..) => UnavailableReason::Misconfigured.into(),
        }
    }
}
