//! Which mail server.

use std::fmt;
use std::str::FromStr;

use protocol::this_machine::stays_on_this_machine;
use url::Url;

use super::Malformed;

/// `smtps://…`, or `smtp://…` with STARTTLS. It is a secret and read from one, so it is not shown at all.
#[derive(Clone, PartialEq, Eq)]
pub struct SmtpUrl {
    url: Url,
    security: Security,
}

/// How the way to the server is secured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// Upgraded before anything is said; no mail leaves where that is refused.
    StartTls,
    /// Not at all.
    Off,
}

impl SmtpUrl {
    /// How the way to the server is secured.
    pub fn security(&self) -> Security {
        self.security
    }

    /// Whether somebody on the network could read along.
    pub fn is_readable_by_others(&self) -> bool {
        self.security == Security::Off && !stays_on_this_machine(&self.url)
    }

    /// The address in the dialect of lettre, password included.
    pub(crate) fn for_lettre(&self) -> String {
        let mut url = self.url.clone();
        url.set_query((self.security == Security::StartTls).then_some("tls=required"));
        url.into()
    }
}

impl fmt::Debug for SmtpUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpUrl").field("security", &self.security).finish_non_exhaustive()
    }
}

impl FromStr for SmtpUrl {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        // Not quoted: it may hold a password.
        let malformed = || Malformed::new("write smtps://USER:PASSWORD@HOST:465, or smtp://… to upgrade by STARTTLS");
        let url =
            Url::parse(text).ok().filter(|url| url.has_host() && url.fragment().is_none()).ok_or_else(malformed)?;
        let security = match (url.scheme(), url.query()) {
            ("smtps", None) => Security::Tls,
            ("smtp", Some("tls=off")) => Security::Off,
            ("smtp", None) if stays_on_this_machine(&url) => Security::Off,
            ("smtp", None | Some("tls=required")) => Security::StartTls,
            _ => return Err(malformed()),
        };
        if matches!(url.path(), "" | "/") { Ok(SmtpUrl { url, security }) } else { Err(malformed()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, security: Security, for_lettre: &str) {
        let url: SmtpUrl = text.parse().unwrap_or_else(|malformed| panic!("{text}: {malformed}"));
        assert_eq!((url.security(), url.for_lettre().as_str()), (security, for_lettre), "{text}");
    }

    #[test]
    fn a_server_elsewhere_is_spoken_to_over_tls_unless_somebody_says_otherwise() {
        check("smtps://me:p%40ss@mail.example.com", Security::Tls, "smtps://me:p%40ss@mail.example.com");
        check("smtp://mail.example.com:2525", Security::StartTls, "smtp://mail.example.com:2525?tls=required");
        check("smtp://mail.example.com?tls=off", Security::Off, "smtp://mail.example.com");
        check("smtp://localhost:2525", Security::Off, "smtp://localhost:2525");
        check("smtp://localhost:2525?tls=required", Security::StartTls, "smtp://localhost:2525?tls=required");
        check("smtp://127.0.0.1:2525/", Security::Off, "smtp://127.0.0.1:2525/");
    }

    #[test]
    fn what_crosses_a_network_in_clear_is_known() {
        let readable = |text: &str| text.parse::<SmtpUrl>().unwrap().is_readable_by_others();
        assert!(readable("smtp://mail.example.com?tls=off"));
        assert!(!readable("smtp://mail.example.com"));
        assert!(!readable("smtp://localhost"));
    }

    #[test]
    fn anything_else_is_refused_and_not_quoted() {
        for text in [
            "",
            "mail.example.com:25",
            "http://me:hunter2@mail.example.com",
            "smtp:///",
            "smtps://mail.example.com?tls=off",
            "smtp://mail.example.com?tls=opportunistic",
            "smtp://mail.example.com/path",
        ] {
            let refused = text.parse::<SmtpUrl>().expect_err(text).to_string();
            assert_eq!(refused, "write smtps://USER:PASSWORD@HOST:465, or smtp://… to upgrade by STARTTLS", "{text}");
        }
        let shown = format!("{:?}", "smtps://me:hunter2@mail.example.com".parse::<SmtpUrl>().unwrap());
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}
