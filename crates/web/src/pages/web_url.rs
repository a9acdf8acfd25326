//! Addresses a page may lead to.

use serde::Serialize;
use url::Url;

/// An absolute `http` or `https` address, kept byte for byte as it was given.
///
/// Every `href`, `src` and form action that does not point at ourselves is one, so that `javascript:`, `data:` and
/// their relatives cannot reach a page, whatever was registered or imported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct WebUrl<'a>(&'a str);

impl<'a> WebUrl<'a> {
    /// Reads it as a browser does; `None` for any other scheme and for what is no absolute address.
    pub fn new(text: &'a str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        matches!(url.scheme(), "http" | "https").then_some(WebUrl(text))
    }

    /// The address.
    pub fn as_str(&self) -> &'a str {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::WebUrl;

    fn check(text: &str, accepted: bool) {
        assert_eq!(WebUrl::new(text).map(|url| url.as_str().to_owned()), accepted.then(|| text.to_owned()), "{text:?}");
    }

    #[test]
    fn only_web_addresses_are_accepted() {
        check("https://app.example/callback?x=1", true);
        check("http://localhost:3000/", true);
        check("HTTPS://APP.EXAMPLE/", true);
        check("javascript:alert(1)", false);
        check("  JaVaScRiPt:alert(1)", false);
        check("java\nscript:alert(1)", false);
        check("data:text/html,x", false);
        check("vbscript:x", false);
        check("file:///etc/passwd", false);
        check("com.example.app://callback", false);
        check("/relative", false);
        check("//app.example/", false);
        check("", false);
    }
}
