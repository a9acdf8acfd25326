//! A source's issuer: the URL everything else is derived from.

use thiserror::Error;
use url::Url;

use crate::urls::{UrlPolicy, UrlRefused};

/// Why a URL cannot be the issuer of a source. The texts are fit to be shown to an administrator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum IssuerRefused {
    /// It does not parse, or has no host.
    #[error("the issuer must be an absolute URL with a host")]
    NotAUrl,
    /// It is neither `https`, nor `http` to this machine, nor `http` with the operator's consent.
    #[error("the issuer must be an https URL")]
    NotHttps,
    /// Tokens carry the issuer with its slash, and endpoints are resolved against it.
    #[error("the issuer must end with a slash")]
    NoTrailingSlash,
    /// It carries a user, a password, a query or a fragment (RFC 8414 2).
    #[error("the issuer must not contain a user name, a query or a fragment")]
    Ornamented,
    /// Its host is in a network that is not public and not allowed.
    #[error("the issuer's host is in a private network that this deployment does not allow")]
    PrivateNetwork,
}

impl From<UrlRefused> for IssuerRefused {
    fn from(refused: UrlRefused) -> Self {
        match refused {
            UrlRefused::NotAUrl => IssuerRefused::NotAUrl,
            UrlRefused::NotHttps => IssuerRefused::NotHttps,
            UrlRefused::Ornamented => IssuerRefused::Ornamented,
            UrlRefused::PrivateNetwork => IssuerRefused::PrivateNetwork,
        }
    }
}

/// A checked issuer.
#[derive(Clone, Debug)]
pub(crate) struct Issuer {
    text: String,
    url: Url,
}

impl Issuer {
    /// Checks what can be checked without a look-up.
    pub(crate) fn parse(text: &str, urls: &UrlPolicy) -> Result<Self, IssuerRefused> {
        let url = urls.check(text)?;
        if url.query().is_some() {
            return Err(IssuerRefused::Ornamented);
        }
        if !text.ends_with('/') {
            return Err(IssuerRefused::NoTrailingSlash);
        }
        Ok(Issuer { text: text.to_owned(), url })
    }

    /// As it was configured; what `iss` must equal, byte for byte.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// The URL of an endpoint, given without a leading slash.
    pub(crate) fn endpoint(&self, path: &str) -> Url {
        self.url.join(path).expect("endpoints are relative paths, and the issuer has a host")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::addresses::AddressPolicy;

    fn urls(allow_http: bool, allowed: &[&str]) -> UrlPolicy {
        let networks: Vec<_> = allowed.iter().map(|network| network.parse().expect("a network")).collect();
        UrlPolicy { allow_http, addresses: AddressPolicy::new(&networks) }
    }

    fn check(text: &str, allow_http: bool, allowed: &[&str], expected: Result<(), IssuerRefused>) {
        let outcome = Issuer::parse(text, &urls(allow_http, allowed));
        assert_eq!(outcome.map(|_| ()), expected, "{text}");
    }

    #[test]
    fn an_issuer_is_an_https_url_with_a_slash() {
        check("https://old.eu.auth0.com/", false, &[], Ok(()));
        check("https://old.example/tenants/a/", false, &[], Ok(()));
        check("https://old.eu.auth0.com", false, &[], Err(IssuerRefused::NoTrailingSlash));
        check("http://old.eu.auth0.com/", false, &[], Err(IssuerRefused::NotHttps));
        check("http://old.eu.auth0.com/", true, &[], Ok(()));
        check("ftp://old.eu.auth0.com/", true, &[], Err(IssuerRefused::NotHttps));
        check("https://user:pw@old.example/", false, &[], Err(IssuerRefused::Ornamented));
        check("https://old.example/?a=/", false, &[], Err(IssuerRefused::Ornamented));
        check("https://old.example/#/", false, &[], Err(IssuerRefused::Ornamented));
        check("old.example/", false, &[], Err(IssuerRefused::NotAUrl));
        check("data:/", false, &[], Err(IssuerRefused::NotAUrl));
    }

    #[test]
    fn private_hosts_are_refused_in_every_spelling() {
        for host in [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "localhost",
            "localhost.",
            "LOCALHOST",
            "a.localhost",
            "169.254.169.254",
            "10.0.0.7",
            "[fd00::1]",
            "0.0.0.0",
        ] {
            check(&format!("https://{host}/"), false, &[], Err(IssuerRefused::PrivateNetwork));
        }
    }

    #[test]
    fn this_machine_needs_no_tls_but_the_operators_consent() {
        for host in ["127.0.0.1:3001", "localhost:3001", "old.localhost"] {
            check(&format!("http://{host}/"), false, &["127.0.0.0/8"], Ok(()));
        }
        check("http://10.0.0.7/", false, &["10.0.0.0/8"], Err(IssuerRefused::NotHttps));
    }

    #[test]
    fn endpoints_stay_below_the_issuer() {
        let issuer = Issuer::parse("https://old.example/t/", &urls(false, &[])).expect("an issuer");
        assert_eq!(issuer.endpoint("oauth/token").as_str(), "https://old.example/t/oauth/token");
        assert_eq!(issuer.endpoint("api/v2/users/auth0%7Ca").as_str(), "https://old.example/t/api/v2/users/auth0%7Ca");
    }
}
