//! Which URLs we may be sent to by somebody who configured one, or by a document that names one.

use protocol::this_machine::is_this_machine;
use thiserror::Error;
use url::Url;

use crate::addresses::AddressPolicy;

/// Why a URL is not used. The texts are fit to be shown to an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum UrlRefused {
    /// It does not parse, or has no host.
    #[error("must be an absolute URL with a host")]
    NotAUrl,
    /// It is neither `https`, nor `http` to this machine, nor `http` with the operator's consent.
    #[error("must be an https URL")]
    NotHttps,
    /// It carries a user, a password or a fragment.
    #[error("must not contain a user name or a fragment")]
    Ornamented,
    /// Its host is in a network that is not public and not allowed.
    #[error("has a host in a private network that this deployment does not allow")]
    PrivateNetwork,
}

/// What an operator allows of URLs.
#[derive(Clone, Debug)]
pub(crate) struct UrlPolicy {
    pub(crate) allow_http: bool,
    pub(crate) addresses: AddressPolicy,
}

impl UrlPolicy {
    /// Checks what can be checked without a look-up; what a name resolves to is checked at each connection.
    pub(crate) fn check(&self, text: &str) -> Result<Url, UrlRefused> {
        let url = Url::parse(text).map_err(|_| UrlRefused::NotAUrl)?;
        let host = url.host().ok_or(UrlRefused::NotAUrl)?;
        match url.scheme() {
            "https" => {}
            "http" if self.allow_http || is_this_machine(&host) => {}
            _ => return Err(UrlRefused::NotHttps),
        }
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(UrlRefused::Ornamented);
        }
        self.addresses.check_host(&host).map_err(|_| UrlRefused::PrivateNetwork)?;
        Ok(url)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, allow_http: bool, expected: Result<(), UrlRefused>) {
        let policy = UrlPolicy { allow_http, addresses: AddressPolicy::new(&[]) };
        assert_eq!(policy.check(text).map(|_| ()), expected, "{text}");
    }

    #[test]
    fn endpoints_are_https_urls_of_public_hosts() {
        check("https://idp.example/authorize?tenant=a", false, Ok(()));
        check("https://idp.example", false, Ok(()));
        check("http://idp.example/token", false, Err(UrlRefused::NotHttps));
        check("http://idp.example/token", true, Ok(()));
        check("javascript:alert(1)", true, Err(UrlRefused::NotAUrl));
        check("javascript://idp.example/%0aalert(1)", true, Err(UrlRefused::NotHttps));
        check("https://user@idp.example/", false, Err(UrlRefused::Ornamented));
        check("https://idp.example/#a", false, Err(UrlRefused::Ornamented));
        check("/token", false, Err(UrlRefused::NotAUrl));
        check("https://169.254.169.254/token", false, Err(UrlRefused::PrivateNetwork));
        check("https://localhost/token", false, Err(UrlRefused::PrivateNetwork));
    }
}
