//! The public URL.

use std::fmt;
use std::str::FromStr;

use protocol::this_machine::stays_on_this_machine;
use url::Url;

use super::{Malformed, text_setting};

/// The public URL of the broker, verbatim in `iss` (RFC 8414 2).
///
/// It is `https`, or `http` on a loopback host; it has a host, ends in a slash and has nothing after it. Relying parties
/// compare issuers as text, so only the normal form of a URL is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer(String);

text_setting!(Issuer, { "type": "string", "format": "uri", "pattern": "^https?://[^/?#]+/$" });

impl Issuer {
    /// The text, with its trailing slash.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The host alone.
    pub fn host(&self) -> String {
        let url = Url::parse(&self.0).expect("only a URL was taken");
        url.host_str().expect("only a URL with a host was taken").to_owned()
    }

    /// Whether browsers come over TLS.
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl Default for Issuer {
    fn default() -> Self {
        Issuer("http://localhost:3000/".to_owned())
    }
}

impl fmt::Display for Issuer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Issuer {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let url = web_url(text)?;
        check_credentials(&url)?;
        check_ending(text, &url)?;
        check_scheme(text, &url)?;
        Ok(Issuer(text.to_owned()))
    }
}

fn web_url(text: &str) -> Result<Url, Malformed> {
    Url::parse(text)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https"))
        .ok_or_else(|| Malformed::new(format!("{text:?} is not a URL such as https://login.example.com/")))
}

fn check_credentials(url: &Url) -> Result<(), Malformed> {
    if url.username().is_empty() && url.password().is_none() {
        return Ok(());
    }
    // Not quoted: it may hold a password.
    Err(Malformed::new("an issuer has no user name and no password in it"))
}

fn check_ending(text: &str, url: &Url) -> Result<(), Malformed> {
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Malformed::new(format!("{text:?} must not have a query or a fragment")));
    }
    if url.path() != "/" {
        return Err(Malformed::new(format!(
            "{text:?} must not have a path, because pages and endpoints are served at the root of a host"
        )));
    }
    if !text.ends_with('/') {
        return Err(Malformed::new(format!("{text:?} must end in a slash; write {url}")));
    }
    if text != url.as_str() {
        return Err(Malformed::new(format!("{text:?} is not in the form in which clients compare it; write {url}")));
    }
    Ok(())
}

fn check_scheme(text: &str, url: &Url) -> Result<(), Malformed> {
    if url.scheme() == "https" || stays_on_this_machine(url) {
        return Ok(());
    }
    Err(Malformed::new(format!(
        "{text:?} is plain http, which is for localhost only; use https and set server.tls, or terminate TLS in front \
         of the broker, where the issuer is https all the same"
    )))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check_refused, check_taken};
    use super::*;

    #[test]
    fn an_issuer_is_https_or_on_this_machine() {
        for text in [
            "https://login.example.com/",
            "https://login.example.com:8443/",
            "http://localhost:3000/",
            "http://old.localhost:3000/",
            "http://127.0.0.1:3000/",
            "http://[::1]/",
        ] {
            check_taken::<Issuer>(text);
        }
    }

    #[test]
    fn the_slash_is_asked_for() {
        check_refused::<Issuer>(
            "https://login.example.com",
            r#""https://login.example.com" must end in a slash; write https://login.example.com/"#,
        );
    }

    #[test]
    fn wp_06_plain_http_is_refused_elsewhere() {
        for host in ["login.example.com", "10.0.0.1", "localhost.example.com", "notlocalhost"] {
            let text = format!("http://{host}/");
            let expected = format!(
                "{text:?} is plain http, which is for localhost only; use https and set server.tls, or terminate TLS \
                 in front of the broker, where the issuer is https all the same"
            );
            check_refused::<Issuer>(&text, &expected);
        }
    }

    #[test]
    fn anything_after_the_host_is_refused() {
        check_refused::<Issuer>(
            "https://a.example/?x=1",
            r#""https://a.example/?x=1" must not have a query or a fragment"#,
        );
        check_refused::<Issuer>(
            "https://a.example/#x",
            r#""https://a.example/#x" must not have a query or a fragment"#,
        );
        check_refused::<Issuer>(
            "https://a.example/auth/",
            r#""https://a.example/auth/" must not have a path, because pages and endpoints are served at the root of a host"#,
        );
    }

    #[test]
    fn other_spellings_of_a_url_are_refused_with_the_normal_one() {
        check_refused::<Issuer>(
            "https://Login.Example.com:443/",
            r#""https://Login.Example.com:443/" is not in the form in which clients compare it; write https://login.example.com/"#,
        );
    }

    #[test]
    fn what_is_no_web_address_is_refused() {
        for text in ["", "login.example.com", "/", "ftp://login.example.com/", "localhost:3000"] {
            check_refused::<Issuer>(text, &format!("{text:?} is not a URL such as https://login.example.com/"));
        }
    }

    #[test]
    fn a_password_in_it_is_not_quoted() {
        check_refused::<Issuer>("https://me:secret@a.example/", "an issuer has no user name and no password in it");
    }
}
