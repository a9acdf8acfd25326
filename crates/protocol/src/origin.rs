//! Web origins, as browsers spell them in `Origin` (RFC 6454 6.2), and the names of their hosts.

use url::{Host, Url};

/// The origin of an `http` or `https` address; `None` for any other. Default ports are left out and hosts are in lower
/// case, as in what a browser sends.
pub fn origin_of(address: &str) -> Option<String> {
    let url = Url::parse(address).ok()?;
    matches!(url.scheme(), "http" | "https").then(|| url.origin().ascii_serialization())
}

/// A host name in its one spelling; none for anything else.
pub fn host_name(text: &str) -> Option<String> {
    match Host::parse(text.trim()).ok()? {
        Host::Domain(name) if !name.is_empty() && name.len() <= 253 => Some(name.to_ascii_lowercase()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{host_name, origin_of};

    fn check(address: &str, expected: Option<&str>) {
        assert_eq!(origin_of(address).as_deref(), expected, "{address}");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port_as_a_browser_sends_them() {
        check("https://app.example/callback?x#y", Some("https://app.example"));
        check("https://APP.example:443", Some("https://app.example"));
        check("http://localhost:3000/", Some("http://localhost:3000"));
        check("https://bücher.example/", Some("https://xn--bcher-kva.example"));
        check("https://user@app.example.evil.example/", Some("https://app.example.evil.example"));
        check("com.example.app:/callback", None);
        check("file:///etc/passwd", None);
        check("null", None);
        check("", None);
    }

    fn check_host(text: &str, expected: Option<&str>) {
        assert_eq!(host_name(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn a_host_name_has_one_spelling() {
        check_host("ACME.example ", Some("acme.example"));
        check_host("9188040d-6c67-4c5b-b112-36a304b66dad", Some("9188040d-6c67-4c5b-b112-36a304b66dad"));
        check_host("straße.example", Some("xn--strae-oqa.example"));
        for text in [
            "",
            "a b",
            "acme.example/x",
            "acme.example:443",
            "user@acme.example",
            "10.0.0.1",
            "[::1]",
            "*.acme.example?",
        ] {
            check_host(text, None);
        }
    }
}
